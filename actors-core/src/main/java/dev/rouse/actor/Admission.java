package dev.rouse.actor;

/// What may still come to one shard from outside, for who takes that in, such as its sockets: its limits, and the
/// account of what they refuse. Owning shard only.
public final class Admission {
    private final LocalSystem local;

    Admission(LocalSystem local) {
        this.local = local;
    }

    /// That of the calling function's shard.
    ///
    /// @throws OutsideFunctionException outside a function
    public static Admission current() {
        return Cell.current("Admission.current").local.admission;
    }

    /// The limits of the system.
    public Limits limits() {
        return local.limits;
    }

    /// Counts among [ActorSystem#refusals] what a limit has refused, and tells the Flight Recorder if that listens.
    ///
    /// @param limit its name in [Limits]
    /// @param owner says by its text who was refused
    public void refused(String limit, long value, Object owner) {
        local.system.countRefusal();
        Events.overload(limit, value, owner, local.shard);
    }
}
