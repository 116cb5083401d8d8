package dev.rouse.actor;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One [Rouse#withTimeout] that a cell is in. Owning shard only.
///
/// It measures where the time of its cell goes, for the message at its end; cells without one do not pay for that.
final class Timeout extends Deadline {
    private final Duration timeout;
    private final long startNanos;
    private long waitingNanos;
    private long queuedNanos;

    /// What the cell was suspended for when this expired; null if it was not suspended.
    private @Nullable Object awaited;

    private @Nullable Grace grace;
    private boolean replaced;

    private Timeout(Cell cell, Duration timeout) {
        super(cell, cell.deadline);
        this.timeout = timeout;
        this.startNanos = cell.local.shard.clock().nanoTime();
    }

    /// @throws LimitExceededException if the shard has no timer left
    static Timeout enter(Cell cell, Duration timeout) {
        Timeout entered = new Timeout(cell, timeout);
        cell.local.schedule(entered, Durations.toNanos(timeout), cell);
        cell.deadline = entered;
        return entered;
    }

    void leave() {
        cell.local.shard.cancel(this);
        if (grace != null) {
            cell.local.shard.cancel(grace);
        }
        if (!replaced) {
            cell.deadline = outer;
        }
        if (expired) {
            Thread.interrupted(); // meant for what was within
        }
    }

    @Override
    protected void onExpiry() {
        expired = true;
        awaited = cell.awaited();
        cell.cancelFunctions(this);
        cell.interrupt();
    }

    /// Cancels what was started within, now that the body has failed.
    void cancelChildren() {
        cell.cancelChildren(this);
    }

    void add(long waiting, long queued) {
        waitingNanos += waiting;
        queuedNanos += queued;
    }

    @Override
    RouseException interruption() {
        RouseException interruption = exceeded("");
        grace = cell.beginGrace(this);
        return interruption;
    }

    /// As [Cell#interruptionBehind], for what the body has thrown, before it leaves.
    @Nullable
    RouseException interruptionBehind(Throwable thrown) {
        boolean wasTold = expired && !replaced && !cell.isInterrupted();
        if (!wasTold || !Cell.isInterrupt(thrown)) {
            return cell.interruptionBehind(thrown);
        }
        RouseException behind = exceeded("");
        behind.initCause(thrown);
        return behind;
    }

    /// @param more what is to be said beyond that the time is over
    RouseException exceeded(String more) {
        long runningNanos = cell.local.shard.clock().nanoTime() - startNanos - waitingNanos - queuedNanos;
        return new DeadlineExceededException(
                cell.path(),
                timeout,
                awaited == null ? "nothing, it ran" : Waits.describe(cell, awaited),
                "running=" + millis(runningNanos) + ", waiting=" + millis(waitingNanos) + ", queued="
                        + millis(queuedNanos) + more);
    }

    private static String millis(long nanos) {
        return nanos / 1_000_000 + "ms";
    }

    @Override
    void replace() {
        replaced = true;
    }
}
