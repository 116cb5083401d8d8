package dev.rouse.io;

import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Rouse;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Shard;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class TlsTasksTest extends SocketTest {

    private static Cutoff cutoff(ByteStream below, Duration time) {
        return Cutoff.start(Objects.requireNonNull(Shard.current()), below, time);
    }

    @Test
    void asManyStepsWaitAsTheLimitAndNotOneMore() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        try (ThreadPoolExecutor one = TlsTasks.threads(1, 2)) {
            join(system.spawn(() -> {
                Cutoff cutoff = cutoff(new PacedStream(), Duration.ofMinutes(1));
                Runnable step = () -> await(held);
                List<Task<Void>> taken = List.of(
                        spawn(() -> TlsTasks.run(step, cutoff, one)),
                        spawn(() -> TlsTasks.run(step, cutoff, one)),
                        spawn(() -> TlsTasks.run(step, cutoff, one)));
                sleepFor(Duration.ZERO);
                assertThatThrownBy(() -> TlsTasks.run(step, cutoff, one))
                        .isInstanceOf(RejectedExecutionException.class);
                held.countDown();
                awaitAll(taken);
                cutoff.cancel();
            }));
        }
    }

    @Test
    void whoIsOneTooManyIsToldWhy() {
        PacedStream below = new PacedStream();
        assertThat(TlsFailures.overloaded(TlsParty.server(below)))
                .hasMessage("tls handshake refused: tls stream, side=server, local=127.0.0.1:1, remote=127.0.0.1:2,"
                        + " limit=1024; so many steps of handshakes wait to be computed, accept fewer connections at a"
                        + " time");
    }

    @Test
    void aStepThatOutlastsTheCutoffIsNotWaitedFor() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        try (ThreadPoolExecutor one = TlsTasks.threads(1, 2)) {
            assertThat(join(system.spawn(() -> {
                        Cutoff cutoff = cutoff(new PacedStream(), Duration.ofMillis(2));
                        TlsTasks.run(() -> await(held), cutoff, one);
                        return cutoff.isExpired();
                    })))
                    .isTrue();
            held.countDown();
        }
    }

    @Test
    void aStepThatOutlastsTheCutoffIsNotWaitedForAlsoWhereTheStreamFailsToClose() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        ByteStream stubborn = new WrappedStream(new PacedStream()) {
            @Override
            public void close() {
                throw new IllegalStateException("cannot close");
            }
        };
        try (ThreadPoolExecutor one = TlsTasks.threads(1, 2)) {
            Task<Boolean> task = system.spawn(() -> {
                Cutoff cutoff = cutoff(stubborn, Duration.ofMillis(2));
                TlsTasks.run(() -> await(held), cutoff, one);
                return cutoff.isExpired();
            });
            try {
                assertThat(join(task)).isTrue();
            } finally {
                held.countDown();
            }
        }
    }

    @Test
    void aStepThatNobodyWaitsForAnyMoreMakesRoomAndIsNotDone() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        AtomicInteger done = new AtomicInteger();
        try (ThreadPoolExecutor one = TlsTasks.threads(1, 2)) {
            join(system.spawn(() -> {
                Cutoff late = cutoff(new PacedStream(), Duration.ofMinutes(1));
                Task<Void> first = spawn(() -> TlsTasks.run(() -> await(held), late, one));
                Task<Void> cancelled = spawn(() -> TlsTasks.run(done::incrementAndGet, late, one));
                sleepFor(Duration.ZERO);
                assertThat(one.getQueue()).hasSize(1);
                cancelled.cancel();
                TlsTasks.run(done::incrementAndGet, cutoff(new PacedStream(), Duration.ofMillis(2)), one);
                assertThat(one.getQueue()).isEmpty();
                held.countDown();
                Rouse.await(first);
                late.cancel();
            }));
        }
        assertThat(done).hasValue(0);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatAStepThrowsIsThrownToItsFunction() throws Exception {
        assertThatThrownBy(() -> join(system.spawn(() -> TlsTasks.run(
                        () -> {
                            throw new IllegalArgumentException("no such protocol");
                        },
                        cutoff(new PacedStream(), Duration.ofMinutes(1))))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such protocol");
    }
}
