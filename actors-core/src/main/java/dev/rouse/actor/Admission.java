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

    /// Whether functions of the shard wait for room already: [Limits#functionsPerShard] is reached, and what comes
    /// now would only wait behind them.
    public boolean isFull() {
        return local.slots.areAwaited();
    }

    /// @param action is called on the shard whenever it is [full][#isFull] no longer; it must not suspend. It takes
    ///     the place of the one before
    public void onRoom(Runnable action) {
        local.slots.onRoom(action);
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
