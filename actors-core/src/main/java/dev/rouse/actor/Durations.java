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

    /// @throws IllegalArgumentException if it is not above zero
    static long requirePositive(String what, Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException(what + " must be above zero: value=" + duration);
        }
        return toNanos(duration);
    }

    /// The deadline, as a reading of the clock. At most 146 years ahead, so that the difference to any other
    /// reading can't overflow.
    static long deadlineNanos(long nowNanos, long afterNanos) {
        return nowNanos + Math.min(afterNanos, Long.MAX_VALUE / 2);
    }
}
