package dev.rouse.testkit;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/// One thread of a simulation: whether it could go on, and whether it is the one that does. Under the lock of its
/// [SimulatedWorld].
class Member {
    final String name;

    /// Its position among the members.
    final int number;

    /// Null for a shard, which any of its threads may have.
    final @Nullable Thread thread;

    private final Timeline time;

    /// Signalled when it is granted the simulation.
    private final Condition turn;

    private boolean granted;
    private boolean waits;
    private boolean ended;
    private long wakeNanos;
    private long pausedUntilNanos = Long.MIN_VALUE;
    private @Nullable CountDownLatch latch;
    private boolean woken;

    Member(String name, int number, @Nullable Thread thread, Timeline time, Condition turn) {
        this.name = name;
        this.number = number;
        this.thread = thread;
        this.time = time;
        this.turn = turn;
    }

    final boolean isGranted() {
        return granted;
    }

    final boolean hasEnded() {
        return ended;
    }

    final void end() {
        ended = true;
    }

    final void wake() {
        woken = true;
    }

    /// Until then it does not go on, whatever comes. A later end of a pause holds.
    final void pauseUntil(long nanos) {
        pausedUntilNanos = Math.max(pausedUntilNanos, nanos);
    }

    final boolean isPaused() {
        return pausedUntilNanos > time.nanoTime();
    }

    final boolean canGoOn() {
        return !ended && !isPaused() && (isReady() || (wakeNanos != Timeline.FOREVER && time.nanoTime() >= wakeNanos));
    }

    private boolean isReady() {
        CountDownLatch awaited = latch;
        return !waits || woken || (awaited != null && awaited.getCount() == 0);
    }

    /// When it goes on by itself, if nothing comes before; it can't at once.
    final long goesOnAtNanos() {
        return goesOnAtNanos(wakeNanos);
    }

    /// As [#goesOnAtNanos()], but for what only looks after others, which would go on for as long as they wait.
    long goesOnForItselfAtNanos() {
        return goesOnAtNanos();
    }

    final long goesOnAtNanos(long wokenAtNanos) {
        if (ended) {
            return Timeline.FOREVER;
        }
        return isReady() ? pausedUntilNanos : Math.max(wokenAtNanos, pausedUntilNanos);
    }

    final void waitUntil(long timeoutNanos) {
        waits = true;
        wakeNanos = time.after(timeoutNanos);
    }

    final void waitFor(CountDownLatch awaited, long timeoutNanos) {
        latch = awaited;
        waitUntil(timeoutNanos);
    }

    final void grant() {
        granted = true;
        turn.signalAll();
    }

    final void awaitGrant() {
        while (!granted) {
            turn.awaitUninterruptibly();
        }
        granted = false;
        waits = false;
        woken = false;
        latch = null;
    }
}
