package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Turn;
import org.jspecify.annotations.Nullable;

/// What may still come to one shard from outside, for who takes that in, such as its sockets: its limits, the account
/// of what they refuse, and reports of what was done wrong. Owning shard only, save where said.
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

    /// That of the calling function's shard; null outside a function.
    public static @Nullable Admission currentOrNull() {
        Cell cell = Cell.currentOrNull();
        return cell == null ? null : cell.local.admission;
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

    /// Has a turn of the shard count and report, as its system's policy says, a violation that was found when
    /// nobody was there any more to be given an exception for it. Any thread; nothing happens once the shard has
    /// ended.
    ///
    /// @param culprit by what it is known: of each one the first report is logged
    /// @param what what happened, with `name=value` for whom and where; the code and the remedy are added
    public void report(Violation violation, String culprit, String what) {
        Turn report = new Turn() {
            @Override
            protected void run() {
                local.system.rules().report(violation, culprit, what, null);
            }
        };
        local.shard.submit(new Command() {
            @Override
            protected void execute() {
                local.shard.ready(report);
            }

            @Override
            protected void refused() {
                // the system is closed, and with it all that anybody has left open
            }
        });
    }
}
