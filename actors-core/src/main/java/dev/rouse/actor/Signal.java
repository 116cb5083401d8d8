package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// A rendezvous between one function and one source of events on the same shard: the primitive below every wait for
/// something outside.
///
/// Used again and again: [#await] consumes what [#fire] has set. Subclass it to carry the result of the event without
/// another object. Owning shard only: the one on which it is awaited.
public class Signal {
    private @Nullable Cell waiter;
    private boolean fired;

    public Signal() {}

    /// Suspends the calling function until [#fire]; returns at once if it has been fired since the last time.
    ///
    /// @throws CancelledException if the function is cancelled first, or [DeadlineExceededException] if its
    ///     deadline passes; the source must then be told not to fire any more
    /// @throws OutsideFunctionException outside a function
    /// @throws ViolationException if another function waits for it already
    public final void await() {
        Cell cell = Cell.current("await");
        if (waiter != null) {
            throw cell.local
                    .system
                    .rules()
                    .refused(
                            Violation.SECOND_WAITER,
                            "another function waits already: waiting=" + waiter.path() + ", refused=" + cell.path());
        }
        while (!fired) {
            cell.throwIfInterrupted();
            waiter = cell;
            try {
                cell.suspend(this);
            } finally {
                waiter = null;
            }
        }
        fired = false;
    }

    /// Whether a function waits for it now.
    public final boolean isAwaited() {
        return waiter != null;
    }

    /// Resumes the function that waits, or lets the next [#await] return at once. O(1), never suspends.
    ///
    /// @throws ViolationException if a function waits for it, and the caller is not on the shard of that one; while
    ///     none waits, nobody can tell
    public final void fire() {
        Cell cell = waiter;
        if (cell == null) {
            fired = true;
        } else {
            requireOnShardOf(cell);
            fired = true;
            cell.wake();
        }
    }

    private static void requireOnShardOf(Cell cell) {
        if (!cell.local.shard.isCurrent()) {
            throw cell.local
                    .system
                    .rules()
                    .refused(
                            Violation.FOREIGN_TOUCH,
                            "a signal was fired from outside the shard where it is awaited: waiting=" + cell.path()
                                    + ", shard=" + cell.local.shard);
        }
    }
}
