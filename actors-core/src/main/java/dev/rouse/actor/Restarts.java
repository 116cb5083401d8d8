package dev.rouse.actor;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What the supervision of one actor has counted: its budget, its backoff, and what it has logged. Owning shard only.
final class Restarts {
    private final Supervision supervision;

    /// The times of the last restarts, as many as the budget allows within its window: a ring.
    private long @Nullable [] times;

    private final long withinNanos;
    private long total;

    /// Restarts without a quiet period between.
    private int inARow;

    /// When the last restart was over.
    private long startedNanos;

    private long loggedNanos;
    private boolean hasLogged;
    private int leftOut;

    Restarts(Supervision supervision) {
        this.supervision = supervision;
        this.withinNanos = Durations.toNanos(supervision.within());
    }

    /// Counts a restart; false when the budget does not allow it.
    boolean take(long nowNanos) {
        long[] ring = times;
        if (ring == null) {
            ring = new long[supervision.restarts()];
            times = ring;
        }
        int slot = (int) (total % ring.length); // which is that of the restart so many ago
        if (total >= ring.length && nowNanos - ring[slot] < withinNanos) {
            return false;
        }
        ring[slot] = nowNanos;
        total++;
        inARow = inARow > 0 && nowNanos - startedNanos < withinNanos ? inARow + 1 : 1;
        return true;
    }

    /// The restarts since the last quiet period.
    int inARow() {
        return inARow;
    }

    /// How long to wait before the restart that was taken last.
    long backoffNanos(RandomGenerator random) {
        return supervision.backoffNanos(inARow, random);
    }

    /// The restart that was taken last is over.
    void done(long nowNanos) {
        startedNanos = nowNanos;
    }

    /// Whether a failure is to be logged now; else it is counted as left out.
    boolean mayLog(long nowNanos) {
        if (hasLogged && nowNanos - loggedNanos < Supervision.LOG_INTERVAL.toNanos()) {
            leftOut++;
            return false;
        }
        hasLogged = true;
        loggedNanos = nowNanos;
        return true;
    }

    /// The failures left out of the log since this was called last.
    int takeLeftOut() {
        int count = leftOut;
        leftOut = 0;
        return count;
    }
}
