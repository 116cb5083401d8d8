package dev.rouse.io;

import java.time.Duration;
import java.util.function.LongSupplier;

/// How much of a shard's time one listener may spend on refusing peers. Owning shard only.
///
/// Each refusal takes some system calls, and more peers may come than a shard could refuse if it did nothing else. So
/// after each batch follows a rest, a multiple of the time that the batch took: those who have been let in keep nearly
/// all of the shard. Peers that come meanwhile wait in the backlog.
final class RefusalPace {

    /// Peers that are refused in one batch before others have their turn. A guess.
    static final int BATCH = 16;

    /// So many times as long as a batch lasts the rest after it: a twentieth of the time is spent on refusing. A
    /// guess.
    static final int REST = 19;

    /// The longest rest: when the machine has stopped the shard during a batch, peers do not pay for that with more
    /// than this. A guess.
    static final long LONGEST_REST_NANOS = Duration.ofMillis(100).toNanos();

    private final LongSupplier nanoTime;
    private boolean rests;
    private long beganNanos;
    private long overNanos;

    RefusalPace(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// Whether the rest after the last batch is not over yet.
    boolean rests() {
        if (rests && restNanos() <= 0) {
            rests = false;
        }
        return rests;
    }

    /// What is left of the rest.
    long restNanos() {
        return overNanos - nanoTime.getAsLong();
    }

    void endRest() {
        rests = false;
    }

    /// A batch begins.
    void begin() {
        beganNanos = nanoTime.getAsLong();
    }

    /// The batch is over, and the rest begins.
    void end() {
        long now = nanoTime.getAsLong();
        overNanos = now + Math.min(REST * (now - beganNanos), LONGEST_REST_NANOS);
        rests = true;
    }
}
