package dev.rouse.actor;

import java.time.Duration;

/// From the `Duration` of the interface to the nanoseconds inside.
final class Durations {
    private Durations() {}

    /// Saturates at about 292 years instead of overflowing; below zero is zero.
    static long toNanos(Duration duration) {
        if (duration.isNegative()) {
            return 0;
        }
        return duration.toSeconds() >= Long.MAX_VALUE / 1_000_000_000L ? Long.MAX_VALUE : duration.toNanos();
    }

    /// The deadline, as a reading of the clock; saturates.
    static long deadlineNanos(long nowNanos, long afterNanos) {
        long deadline = nowNanos + afterNanos;
        return deadline - nowNanos < 0 || (afterNanos > 0 && deadline < nowNanos) ? Long.MAX_VALUE : deadline;
    }
}
