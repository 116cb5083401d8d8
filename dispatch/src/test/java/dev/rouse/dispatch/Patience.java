package dev.rouse.dispatch;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waits that end: with what was waited for, or after 30 s with a failure that shows all threads.
final class Patience {
    static final Duration LIMIT = Duration.ofSeconds(30);

    private Patience() {}

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
                throw exhausted("latch still at " + latch.getCount());
            }
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    /// For outside threads: looks again and again.
    static void until(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        for (int looks = 0; !condition.getAsBoolean(); looks++) {
            if (System.nanoTime() - start > LIMIT.toNanos()) {
                throw exhausted(what);
            }
            if (looks < 1_000) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(50_000);
            }
        }
    }

    static void join(Thread thread) {
        try {
            if (!thread.join(LIMIT)) {
                throw exhausted("thread still runs: " + thread);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    private static AssertionError exhausted(String what) {
        StringBuilder text = new StringBuilder("waited for " + LIMIT + " in vain: " + what);
        for (Map.Entry<Thread, StackTraceElement[]> thread :
                Thread.getAllStackTraces().entrySet()) {
            text.append("\n\n").append(thread.getKey());
            for (StackTraceElement frame : thread.getValue()) {
                text.append("\n    at ").append(frame);
            }
        }
        return new AssertionError(text.toString());
    }
}
