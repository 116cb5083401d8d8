package dev.rouse.examples.chat;

import dev.rouse.dispatch.Clock;
import java.time.Duration;

/// A clock that stands still until a test lets time pass. One thread steps it, any thread reads it.
final class SteppedClock implements Clock {
    /// A timer comes up to a tick of its shard, about a millisecond, after its deadline.
    private static final Duration LATEST = Duration.ofMillis(2);

    private volatile long nanos;

    @Override
    public long nanoTime() {
        return nanos;
    }

    /// A little more than `time`: a timer that was started with it is due then.
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread steps it
    void pass(Duration time) {
        nanos += time.plus(LATEST).toNanos();
    }
}
