package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// What a function may do once its cancellation, or the end of its deadline, was thrown.
class GraceTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(2);

    private final List<String> seen = new CopyOnWriteArrayList<>();

    private ActorSystem withGrace(Duration grace) {
        return open(limits -> limits.withCancelGrace(grace));
    }

    /// Cancels the function once it has suspended, and returns how it has ended.
    private static void cancelOnceItWaits(ActorSystem on, Action body) {
        CountDownLatch waits = new CountDownLatch(1);
        Task<Void> task = on.spawn(() -> {
            spawn(waits::countDown);
            body.run();
        });
        FunctionTest.join(waits);
        task.cancel();
        assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
    }

    @Test
    void cleanupMaySleepAwaitAskAndSpawn() {
        ActorRef<ReplyTo<String>> echo = system.spawnActor("echo", () -> (replyTo, _) -> replyTo.reply("answer"));
        cancelOnceItWaits(system, () -> {
            try {
                sleepFor(LONG);
            } finally {
                sleepFor(Duration.ofNanos(1));
                seen.add(await(spawn(() -> {
                    sleepFor(Duration.ofNanos(1));
                    return "child";
                })));
                seen.add(await(echo.ask(replyTo -> replyTo)));
            }
        });
        assertThat(seen).containsExactly("child", "answer");
    }

    @Test
    void theCancellationIsThrownOnce() {
        AtomicInteger thrown = new AtomicInteger();
        CountDownLatch waits = new CountDownLatch(1);
        Task<Integer> task = system.spawn(() -> {
            spawn(waits::countDown);
            for (int i = 0; i < 3; i++) {
                try {
                    sleepFor(i == 0 ? LONG : Duration.ofNanos(1));
                } catch (CancelledException _) {
                    thrown.incrementAndGet();
                }
            }
            return 1;
        });
        FunctionTest.join(waits);
        task.cancel();
        assertThat(task.join()).isEqualTo(1);
        assertThat(thrown).hasValue(1);
    }

    @Test
    void theWaitThatOutlastsTheGraceIsCut() {
        cancelOnceItWaits(withGrace(SHORT), () -> {
            try {
                sleepFor(LONG);
            } catch (CancelledException _) {
                try {
                    sleepFor(LONG);
                } catch (CancelledException e) {
                    seen.add(e.getMessage());
                    throw e;
                }
            }
        });
        assertThat(seen)
                .containsExactly("cancelled: path=/GraceTest-function, the time for its cleanup is over,"
                        + " cancelGrace=2ms; let the exception unwind the function");
    }

    @Test
    void afterTheGraceEachWaitThrowsAndOthersGoOnMeanwhile() {
        ActorSystem system = withGrace(Duration.ofNanos(1));
        AtomicBoolean enough = new AtomicBoolean();
        CountDownLatch waits = new CountDownLatch(1);
        Task<Void> stubborn = system.spawn(() -> {
            spawn(waits::countDown);
            while (!enough.get()) {
                try {
                    sleepFor(LONG);
                } catch (CancelledException _) {
                    // swallowed
                }
            }
        });
        FunctionTest.join(waits);
        stubborn.cancel();
        system.spawn(() -> enough.set(true)).join(); // the shard is not held by the loop
        stubborn.join();
    }

    @Test
    void childrenAreCancelledWithTheirParentAndNotWhenItsCleanupIsDone() {
        cancelOnceItWaits(system, () -> {
            Task<Void> child = spawn(() -> {
                try {
                    sleepFor(LONG);
                } finally {
                    seen.add("child");
                }
            });
            try {
                sleepFor(LONG);
            } finally {
                assertThatThrownBy(() -> await(child)).isInstanceOf(CancelledException.class);
                seen.add("parent");
            }
        });
        assertThat(seen).containsExactly("child", "parent");
    }

    @Test
    void aCancellationReachesAllLevelsAtOnce() {
        cancelOnceItWaits(system, () -> {
            Gate bottomCancelled = new Gate();
            spawn(() -> {
                spawn(() -> {
                    try {
                        sleepFor(LONG);
                    } finally {
                        bottomCancelled.open();
                    }
                });
                try {
                    sleepFor(LONG);
                } finally {
                    bottomCancelled.await();
                    seen.add("middle");
                }
            });
            sleepFor(LONG);
        });
        assertThat(seen).containsExactly("middle");
    }

    @Test
    void actorsBelowServeTheCleanupAndAreStoppedAfterIt() {
        cancelOnceItWaits(system, () -> {
            ActorRef<ReplyTo<String>> store = spawnActor("store", () -> (replyTo, _) -> replyTo.reply("flushed"));
            try {
                sleepFor(LONG);
            } finally {
                seen.add(await(store.ask(replyTo -> replyTo)));
                seen.add("store ended=" + store.terminated().isDone());
                spawn(() -> seen.add("store ended later=" + store.terminated().isDone()));
            }
        });
        assertThat(seen).startsWith("flushed", "store ended=false");
    }

    @Test
    void whatTheCleanupHasStartedIsCancelledAtTheEndOfTheGraceAndHasNoGraceOfItsOwn() {
        cancelOnceItWaits(withGrace(SHORT), () -> {
            try {
                sleepFor(LONG);
            } finally {
                Task<Void> late = spawn(() -> {
                    try {
                        sleepFor(LONG);
                    } catch (CancelledException e) {
                        seen.add("late child");
                        assertThatThrownBy(() -> sleepFor(Duration.ofNanos(1)))
                                .hasMessageContaining("the time for its cleanup is over");
                        seen.add("without a grace");
                        throw e;
                    }
                });
                assertThatThrownBy(() -> await(late)).isInstanceOf(CancelledException.class);
            }
        });
        assertThat(seen).containsExactly("late child", "without a grace");
    }

    @Test
    void aResultThatAFunctionReturnsInSpiteOfItsCancellationWins() {
        CountDownLatch waits = new CountDownLatch(1);
        Task<String> task = system.spawn(() -> {
            spawn(waits::countDown);
            try {
                sleepFor(LONG);
                return "slept";
            } catch (CancelledException _) {
                sleepFor(Duration.ofNanos(1));
                return "value";
            }
        });
        FunctionTest.join(waits);
        task.cancel();
        assertThat(task.join()).isEqualTo("value");
    }

    @Test
    void aDeadlineWithinTheCleanupCounts() {
        cancelOnceItWaits(system, () -> {
            try {
                sleepFor(LONG);
            } finally {
                assertThatThrownBy(() -> withTimeout(SHORT, () -> {
                            sleepFor(LONG);
                            return 1;
                        }))
                        .isInstanceOf(DeadlineExceededException.class);
                sleepFor(Duration.ofNanos(1));
                seen.add("goes on");
            }
        });
        assertThat(seen).containsExactly("goes on");
    }

    @Test
    void theCleanupOfABodyWhoseDeadlineHasPassedMayWait() {
        Task<String> task = system.spawn(() -> {
            try {
                withTimeout(SHORT, () -> {
                    try {
                        sleepFor(LONG);
                    } finally {
                        sleepFor(Duration.ofNanos(1));
                        seen.add("cleaned up");
                    }
                    return null;
                });
            } catch (DeadlineExceededException _) {
                sleepFor(Duration.ofNanos(1)); // outside, there is neither deadline nor grace
                return "goes on";
            }
            return "";
        });
        assertThat(task.join()).isEqualTo("goes on");
        assertThat(seen).containsExactly("cleaned up");
    }

    @Test
    void theCleanupOfABodyWhoseDeadlineHasPassedIsCutAtTheEndOfTheGrace() {
        Task<Void> task = withGrace(SHORT)
                .spawn(() -> withTimeout(SHORT, () -> {
                    try {
                        sleepFor(LONG);
                    } finally {
                        sleepFor(LONG);
                    }
                    return null;
                }));
        assertThatThrownBy(task::join)
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageEndingWith("the time for its cleanup is over, cancelGrace=2ms; let the exception unwind the"
                        + " function");
    }

    @Test
    void anOuterDeadlineThatPassesDuringTheCleanupOfAnInnerOneIsThrownOnceToo() {
        AtomicLong now = new AtomicLong();
        ActorSystem handDriven = opened(ActorSystem.builder().shards(1).clock(now::get));
        Task<List<String>> task = handDriven.spawn(() -> {
            try {
                withTimeout(
                        Duration.ofMillis(10),
                        () -> withTimeout(SHORT, () -> {
                            try {
                                sleepFor(LONG);
                            } catch (DeadlineExceededException e) {
                                seen.add(e.toString().contains("timeout=2ms") ? "inner" : "outer");
                                try {
                                    sleepFor(LONG);
                                } catch (DeadlineExceededException outer) {
                                    seen.add(outer.toString().contains("timeout=10ms") ? "outer" : "inner");
                                    sleepFor(Duration.ofNanos(1));
                                }
                            }
                            throw new IllegalStateException("body");
                        }));
            } catch (IllegalStateException e) {
                seen.add(e.getMessage());
            }
            sleepFor(Duration.ofNanos(1));
            return seen;
        });
        while (!task.isDone()) {
            now.addAndGet(1_000_000);
            handDriven.spawn(() -> {}).join(); // the shard has looked at its clock, and what that has woken has run
        }
        assertThat(task.join()).containsExactly("inner", "outer", "body");
    }

    @Test
    void aStoppedActorsHandlerAndOnStopMayWait() {
        CountDownLatch waits = new CountDownLatch(1);
        ActorRef<String> actor = system.spawnActor("actor", () -> new Actor<>() {
            @Override
            public void receive(String message, ActorContext<String> context) {
                spawn(waits::countDown);
                try {
                    sleepFor(LONG);
                } finally {
                    sleepFor(Duration.ofNanos(1));
                    seen.add("handler");
                }
            }

            @Override
            public void onStop(ActorContext<String> context) {
                sleepFor(Duration.ofNanos(1));
                seen.add("onStop");
            }
        });
        actor.tell("a");
        FunctionTest.join(waits);
        actor.stop();
        actor.terminated().join();
        assertThat(seen).containsExactly("handler", "onStop");
    }

    @Test
    void onStopOfAnIdleActorMayWaitButNotForLongerThanTheGrace() {
        CountDownLatch started = new CountDownLatch(1);
        ActorRef<String> actor = withGrace(SHORT).spawnActor("actor", () -> new Actor<>() {
            @Override
            public void receive(String message, ActorContext<String> context) {
                started.countDown();
            }

            @Override
            public void onStop(ActorContext<String> context) {
                sleepFor(Duration.ofNanos(1));
                seen.add("waited");
                try {
                    sleepFor(LONG);
                } catch (CancelledException _) {
                    seen.add("cut");
                }
            }
        });
        actor.tell("a");
        FunctionTest.join(started);
        actor.stop();
        actor.terminated().join();
        assertThat(seen).containsExactly("waited", "cut");
    }

    @Test
    void onStopHasAGraceOfItsOwnHoweverLongTheHandlerHasTaken() {
        CountDownLatch waits = new CountDownLatch(1);
        ActorRef<String> actor = open(limits -> limits.withCancelGrace(Duration.ofMillis(20)))
                .spawnActor("actor", () -> new Actor<>() {
                    @Override
                    public void receive(String message, ActorContext<String> context) {
                        spawn(waits::countDown);
                        for (int i = 0; i < 2; i++) {
                            try {
                                sleepFor(LONG);
                            } catch (CancelledException e) {
                                seen.add(e.toString().contains("cancelGrace") ? "over" : "told");
                            }
                        }
                    }

                    @Override
                    public void onStop(ActorContext<String> context) {
                        sleepFor(Duration.ofNanos(1));
                        seen.add("waited");
                    }
                });
        actor.tell("a");
        FunctionTest.join(waits);
        actor.stop();
        actor.terminated().join();
        assertThat(seen).containsExactly("told", "over", "waited");
    }

    @Test
    void onStopOfAnActorThatIsStoppedWhileItRestartsMayWait() {
        CountDownLatch stopping = new CountDownLatch(1);
        Gate stopped = new Gate();
        ActorOptions options = ActorOptions.defaults().withSupervision(Supervision.restart());
        ActorRef<String> actor = system.spawnActor("actor", options, () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                context.spawnActor("child", () -> new Actor<String>() {
                    @Override
                    public void receive(String message, ActorContext<String> own) {}

                    @Override
                    public void onStop(ActorContext<String> own) {
                        spawn(stopping::countDown);
                        stopped.await();
                    }
                });
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                sleepFor(Duration.ofNanos(1)); // so that the child has started
                throw new IllegalStateException("broken");
            }

            @Override
            public void onStop(ActorContext<String> context) {
                sleepFor(Duration.ofNanos(1));
                seen.add("stopped");
            }
        });
        try (RecordedLog _ = new RecordedLog()) {
            actor.tell("fail");
            FunctionTest.join(stopping);
            actor.stop();
            stopped.open();
            actor.terminated().join();
        }
        assertThat(seen).containsExactly("stopped");
    }

    @Test
    void aGraceLeavesNoTimerBehind() {
        ActorSystem twoTimers = open(limits -> limits.withTimersPerShard(2));
        for (int i = 0; i < 5; i++) {
            cancelOnceItWaits(twoTimers, () -> sleepFor(LONG));
        }
        assertThatThrownBy(() -> twoTimers
                        .spawn(() -> withTimeout(Duration.ofNanos(1), () -> {
                            sleepFor(LONG);
                            return 1;
                        }))
                        .join())
                .isInstanceOf(DeadlineExceededException.class);
        twoTimers
                .spawn(() -> withTimeout(LONG, () -> {
                    sleepFor(Duration.ofNanos(1));
                    return 1;
                }))
                .join();
    }

    @Test
    void withoutATimerForItTheGraceIsOverAtOnce() {
        ActorSystem noTimer = open(limits -> limits.withTimersPerShard(1));
        Gate never = new Gate();
        CountDownLatch asleep = new CountDownLatch(1);
        Task<Void> taker = noTimer.spawn(() -> {
            spawn(asleep::countDown);
            sleepFor(LONG);
        });
        FunctionTest.join(asleep);
        cancelOnceItWaits(noTimer, () -> {
            try {
                never.await();
            } finally {
                assertThatThrownBy(never::await).hasMessageContaining("the time for its cleanup is over");
                seen.add("over");
            }
        });
        assertThat(seen).containsExactly("over");
        taker.cancel();
    }
}
