package dev.rouse.examples.chat;

/// How many lines a client may send: a burst at once, then a steady rate. Time is given in by the caller.
final class TokenBucket {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final long capacityNanos;
    private final long costNanos;
    private long creditNanos;
    private long lastNanos;

    /// `burst` lines at once and `perSecond` lines for ever.
    TokenBucket(int burst, int perSecond, long nowNanos) {
        this.costNanos = NANOS_PER_SECOND / perSecond;
        this.capacityNanos = burst * costNanos;
        this.creditNanos = capacityNanos;
        this.lastNanos = nowNanos;
    }

    /// Pays for one line; false when it is one too many.
    boolean tryTake(long nowNanos) {
        creditNanos = Math.min(capacityNanos, creditNanos + Math.max(0, nowNanos - lastNanos));
        lastNanos = nowNanos;
        if (creditNanos < costNanos) {
            return false;
        }
        creditNanos -= costNanos;
        return true;
    }
}
