package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// The time that the cleanup of an interrupted cell has for its own waits: [Limits#cancelGrace] from the moment at
/// which the interruption was thrown. When it is over, each further wait throws at once. Owning shard only.
///
/// A cell that lives within the grace of one above it gets no more than what is left of that: so the time that all
/// cleanup below a cancelled cell takes has a bound, however it nests.
final class Grace extends Deadline {
    /// What was interrupted; null for the whole cell, by a cancellation or a halt.
    private final @Nullable Timeout timeout;

    private final long endNanos;

    private Grace(Cell cell, @Nullable Timeout timeout, long endNanos) {
        super(cell, timeout == null ? null : timeout.outer);
        this.timeout = timeout;
        this.endNanos = endNanos;
    }

    /// Where the shard has no timer left, the grace is over at once.
    static Grace begin(Cell cell, @Nullable Timeout timeout) {
        long nowNanos = cell.local.shard.clock().nanoTime();
        long nanos = Math.min(cell.local.graceNanos, leftAbove(cell, timeout, nowNanos));
        Grace grace = new Grace(cell, timeout, Durations.deadlineNanos(nowNanos, nanos));
        grace.expired = nanos <= 0 || !cell.local.shard.schedule(grace, grace.endNanos);
        return grace;
    }

    private static long leftAbove(Cell cell, @Nullable Timeout timeout, long nowNanos) {
        long left = Long.MAX_VALUE;
        Deadline each = timeout == null ? cell.scope() : timeout.enclosing();
        for (; each != null; each = each.enclosing()) {
            if (each instanceof Grace grace) {
                left = Math.min(left, grace.endNanos - nowNanos);
            }
        }
        return left;
    }

    @Override
    protected void onExpiry() {
        expired = true;
        cell.cancelChildren(this);
        cell.interrupt();
    }

    /// Lets others run first: code that swallows this in a loop would else hold its shard for ever.
    @Override
    RouseException interruption() {
        cell.yieldTurn();
        String more = "the time for its cleanup is over, cancelGrace="
                + cell.local.limits.cancelGrace().toMillis() + "ms; let the exception unwind the function";
        return timeout == null
                ? new CancelledException("cancelled: path=" + cell.path() + ", " + more)
                : timeout.exceeded(", " + more);
    }

    @Override
    void replace() {
        if (timeout != null) {
            timeout.replace();
        }
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // a deadline is itself only
    boolean isPartOf(Deadline other) {
        return super.isPartOf(other) || timeout == other;
    }
}
