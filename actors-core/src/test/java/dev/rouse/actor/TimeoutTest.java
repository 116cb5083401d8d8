package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// withTimeout, sleepFor and join with a limit. Deadlines beside other times are in `DeadlineScenariosTest` of the test
/// kit.
class TimeoutTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(5);

    @Test
    void aBodyThatReturnsInTimeWins() {
        assertThat(system.spawn(() -> withTimeout(LONG, () -> "value")).join()).isEqualTo("value");
    }

    @Test
    void aValueWinsOverADeadlineThatHasPassed() {
        assertThat(system.spawn(() -> withTimeout(SHORT, () -> {
                            try {
                                sleepFor(LONG);
                                return "slept";
                            } catch (DeadlineExceededException _) {
                                return "value";
                            }
                        }))
                        .join())
                .isEqualTo("value");
    }

    @Test
    void theDeadlineEndsTheWaitThatTheBodyIsIn() {
        Task<Void> task = system.spawn(() -> withTimeout(SHORT, () -> {
            sleepFor(LONG);
            return null;
        }));
        assertThatThrownBy(task::join).isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void theDeadlineCancelsTheChildrenThatWereStartedWithinOnly() {
        AtomicBoolean inside = new AtomicBoolean();
        Gate gate = new Gate();
        Task<String> task = system.spawn(() -> {
            Task<String> outside = spawn(() -> {
                gate.await();
                return "outside goes on";
            });
            try {
                withTimeout(
                        SHORT,
                        () -> await(spawn(() -> {
                            try {
                                sleepFor(LONG);
                                return "";
                            } catch (CancelledException e) {
                                inside.set(true);
                                throw e;
                            }
                        })));
            } catch (DeadlineExceededException _) {
                gate.open();
            }
            return await(outside);
        });
        assertThat(task.join()).isEqualTo("outside goes on");
        assertThat(inside).isTrue();
    }

    @Test
    void anOuterDeadlineEndsWhatAnInnerOneEncloses() {
        Task<Void> task = system.spawn(() -> withTimeout(
                SHORT,
                () -> withTimeout(LONG, () -> {
                    sleepFor(LONG);
                    return null;
                })));
        assertThatThrownBy(task::join)
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("timeout=5ms");
    }

    @Test
    void anInnerDeadlineLeavesTheOuterBodyAlone() {
        assertThat(system.spawn(() -> withTimeout(LONG, () -> {
                            try {
                                withTimeout(SHORT, () -> {
                                    sleepFor(LONG);
                                    return null;
                                });
                            } catch (DeadlineExceededException _) {
                                sleepFor(Duration.ofNanos(1));
                                return "goes on";
                            }
                            return "";
                        }))
                        .join())
                .isEqualTo("goes on");
    }

    @Test
    void afterItsEndADeadlineIsGone() {
        ActorSystem oneTimer = open(limits -> limits.withTimersPerShard(1));
        assertThat(oneTimer.spawn(() -> {
                            for (int i = 0; i < 3; i++) {
                                withTimeout(LONG, () -> 1);
                            }
                            sleepFor(Duration.ofNanos(1));
                            return "goes on";
                        })
                        .join())
                .isEqualTo("goes on");
    }

    @Test
    void aCheckedExceptionOfTheBodyIsWrapped() {
        assertThatThrownBy(() -> system.spawn(() -> withTimeout(LONG, () -> {
                            throw new IOException("no disk");
                        }))
                        .join())
                .isInstanceOf(TaskFailedException.class)
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void aTimeoutOfZeroEndsTheFirstWait() {
        assertThatThrownBy(() -> system.spawn(() -> withTimeout(Duration.ZERO, () -> {
                            sleepFor(LONG);
                            return null;
                        }))
                        .join())
                .isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void joinGivesUpInTimeAndTheFunctionGoesOn() throws TimeoutException {
        Gate gate = new Gate();
        Task<Integer> task = system.spawn(() -> {
            gate.await();
            return 1;
        });
        assertThatThrownBy(() -> task.join(SHORT)).isInstanceOf(TimeoutException.class);
        gate.open();
        assertThat(task.join(LONG)).isEqualTo(1);
    }

    @Test
    void aDurationLongerThanTheClockReachesDoesNotEndAtOnceWhateverTheClockSays() {
        for (long origin : new long[] {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE - 1}) {
            AtomicLong now = new AtomicLong(origin);
            try (ActorSystem handDriven =
                    ActorSystem.builder().shards(1).clock(now::get).build()) {
                Task<Void> sleeper = handDriven.spawn(() -> sleepFor(Duration.ofSeconds(Long.MAX_VALUE)));
                Gate asleep = new Gate();
                Task<Void> oneHour = handDriven.spawn(() -> {
                    spawn(asleep::open);
                    sleepFor(Duration.ofHours(1));
                });
                handDriven.spawn(asleep::await).join();
                now.addAndGet(Duration.ofDays(365).toNanos());
                handDriven.spawn(() -> {}).join(); // makes the shard look at its clock
                oneHour.join();
                assertThat(sleeper.isDone()).isFalse();
            }
        }
    }

    @Test
    void aSleepIsNeverShorterThanAskedFor() {
        AtomicLong now = new AtomicLong();
        try (ActorSystem handDriven =
                ActorSystem.builder().shards(1).clock(now::get).build()) {
            Gate asleep = new Gate();
            Task<Void> sleeper = handDriven.spawn(() -> {
                spawn(asleep::open);
                sleepFor(Duration.ofSeconds(1));
            });
            handDriven.spawn(asleep::await).join();
            now.set(Duration.ofSeconds(1).toNanos() - 1);
            for (int i = 0; i < 10; i++) {
                handDriven.spawn(() -> {}).join();
            }
            assertThat(sleeper.isDone()).isFalse();
            now.addAndGet(Duration.ofMillis(2).toNanos());
            handDriven.spawn(() -> {}).join();
            sleeper.join();
        }
    }

    @Test
    void anAskInsideEndsWithTheDeadlineAroundIt() {
        List<Object> kept = new ArrayList<>();
        assertThatThrownBy(() -> system.spawn(() -> {
                            ActorRef<Object> silent = spawnActor("silent", () -> (message, _) -> kept.add(message));
                            return withTimeout(
                                    Duration.ofMillis(5), () -> await(silent.ask(Duration.ofHours(1), reply -> reply)));
                        })
                        .join())
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("waited for=ask of /");
    }

    @Test
    void anAskOfAChildInheritsTheDeadlineInWhichThatWasStarted() {
        List<Object> kept = new ArrayList<>();
        AtomicReference<Task<Object>> asked = new AtomicReference<>();
        ActorRef<Object> silent = system.spawnActor("silent", () -> (message, _) -> kept.add(message));
        assertThatThrownBy(() -> system.spawn(() -> withTimeout(
                                Duration.ofMillis(5),
                                () -> await(spawn(() -> {
                                    asked.set(silent.ask(Duration.ofHours(1), reply -> reply));
                                    return await(asked.get());
                                }))))
                        .join())
                .isInstanceOf(DeadlineExceededException.class);
        assertThatThrownBy(() -> asked.get().join()).isInstanceOf(AskTimeoutException.class);
    }
}
