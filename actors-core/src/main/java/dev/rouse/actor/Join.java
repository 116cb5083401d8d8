package dev.rouse.actor;

import dev.rouse.dispatch.Shard;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A plain thread that waits for an outcome.
final class Join implements Waiter, BlockedThread {
    private final Outcome<?> outcome;
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile boolean systemClosed;

    Join(Outcome<?> outcome) {
        this.outcome = outcome;
    }

    /// Waits for the end.
    void await() {
        try {
            await(Long.MAX_VALUE);
        } catch (TimeoutException e) {
            throw new AssertionError("292 years have passed", e);
        }
    }

    void await(Duration atMost) throws TimeoutException {
        await(Durations.toNanos(atMost));
    }

    private void await(long nanos) throws TimeoutException {
        if (outcome.isDone()) {
            return;
        }
        Shard shard = Shard.current();
        if (shard != null) {
            throw outcome.local
                    .system
                    .rules()
                    .refused(
                            Violation.JOIN_ON_SHARD,
                            "join would hold up a shard: shard=" + shard + ", task=" + outcome.path());
        }
        ActorSystem system = outcome.local.system;
        boolean ended = false;
        system.blockedThreads().add(this);
        try {
            outcome.whenDone(this);
            if (system.isTerminated()) {
                onSystemClosed();
            }
            if (!system.await(done, nanos)) {
                throw new TimeoutException("task has not ended in time: task=" + outcome.path() + ", after="
                        + TimeUnit.NANOSECONDS.toMillis(nanos) + "ms; it goes on, cancel() ends it");
            }
            if (systemClosed && !outcome.isDone()) {
                throw new SystemClosedException(system.name());
            }
            ended = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while joining: task=" + outcome.path());
        } finally {
            system.blockedThreads().remove(this);
            if (!ended) {
                outcome.isLeftBy(this); // which sees no failure that comes, or has come, too late
            }
        }
    }

    @Override
    public void onDone(Outcome<?> ended) {
        done.countDown();
    }

    @Override
    public void onSystemClosed() {
        systemClosed = true;
        done.countDown();
    }
}
