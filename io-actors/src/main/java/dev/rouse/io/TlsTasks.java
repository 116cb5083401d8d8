package dev.rouse.io;

import dev.rouse.actor.Rouse;
import dev.rouse.actor.Waker;
import dev.rouse.dispatch.spi.Conductor;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/// The threads on which TLS handshakes compute: signatures, key agreement, and the check of certificates, which takes
/// milliseconds and may block, since a trust manager may ask a server somewhere whether a certificate is revoked.
///
/// On the shard a storm of handshakes would come before everything else there for as long as it lasts; here the
/// system's scheduler gives the shards their share. As many threads as processors, for the whole process, since more
/// would compute no faster; they end when there is nothing to do. What waits for them is bounded, and whoever is one
/// too many is refused at once: waiting longer than the peers do helps nobody.
///
/// In a simulation everything runs in place.
final class TlsTasks {

    /// Steps of handshakes that wait, each a millisecond or so: some seconds of work, less than peers wait. A
    /// guess.
    static final int QUEUED = 1_024;

    /// After which an idle thread ends. A guess.
    private static final long IDLE_SECONDS = 10;

    private static final ThreadPoolExecutor THREADS =
            threads(Runtime.getRuntime().availableProcessors(), QUEUED);

    private TlsTasks() {}

    static ThreadPoolExecutor threads(int count, int queued) {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                count,
                count,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(queued),
                Thread.ofPlatform()
                        .daemon()
                        .inheritInheritableThreadLocals(false)
                        .name("rouse-tls-", 0)
                        .factory());
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /// Suspends the calling function until a step is done or the cutoff has expired: look which. In the latter case
    /// the step may still run, and what it works on must not be touched again. One that has not begun by then, or
    /// when the function is cancelled, makes room for others.
    ///
    /// What the step throws is thrown here.
    ///
    /// @throws RejectedExecutionException if too many wait
    static void run(Runnable step, Cutoff cutoff) {
        if (Conductor.current() == null) {
            run(step, cutoff, THREADS);
        } else {
            step.run();
        }
    }

    static void run(Runnable step, Cutoff cutoff, ThreadPoolExecutor threads) {
        Awaited awaited = new Awaited(step);
        boolean over = false;
        try {
            Rouse.<Boolean>suspend(waker -> {
                cutoff.alsoWakes(waker);
                awaited.waker = waker;
                threads.execute(awaited);
            });
            over = !cutoff.isExpired();
        } finally {
            if (!over) {
                threads.remove(awaited);
            }
        }
    }

    /// A step with the function that awaits it. The waker is written before the queue hands it to another thread.
    private static final class Awaited implements Runnable {
        private final Runnable step;
        private @Nullable Waker<Boolean> waker;

        Awaited(Runnable step) {
            this.step = step;
        }

        @Override
        public void run() {
            Waker<Boolean> function = Objects.requireNonNull(waker);
            try {
                step.run();
            } catch (Throwable e) {
                function.fail(e);
                return;
            }
            function.wake(true);
        }
    }

    /// What the engine asks to be computed. The engine keeps what fails, and throws it when it is used next.
    static void runAll(SSLEngine engine) {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }
}
