package dev.rouse.io;

import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Task;
import dev.rouse.dispatch.Shard;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
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
                Runnable step = () -> {
                    try {
                        held.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                };
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
                        TlsTasks.run(
                                () -> {
                                    try {
                                        held.await();
                                    } catch (InterruptedException e) {
                                        throw new AssertionError(e);
                                    }
                                },
                                cutoff,
                                one);
                        return cutoff.isExpired();
                    })))
                    .isTrue();
            held.countDown();
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
