package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.awaitAny;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CancellationTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);

    @Test
    void aFunctionThatWasCancelledBeforeItBeganNeverRuns() {
        AtomicBoolean ran = new AtomicBoolean();
        Task<Boolean> task = system.spawn(() -> {
            Task<Void> child = spawn(() -> ran.set(true));
            child.cancel();
            try {
                await(child);
                return false;
            } catch (CancelledException _) {
                return true;
            }
        });
        assertThat(task.join()).isTrue();
        assertThat(ran).isFalse();
    }

    @Test
    void cancelEndsAnAwaitOfATask() {
        cancelsWhileItWaits(() -> await(spawn(() -> sleepFor(LONG))));
    }

    @Test
    void cancelEndsAnAwaitOfAStage() {
        cancelsWhileItWaits(() -> await(new CompletableFuture<>()));
    }

    @Test
    void cancelEndsASleep() {
        cancelsWhileItWaits(() -> sleepFor(LONG));
    }

    @Test
    void cancelEndsAnAwaitAll() {
        cancelsWhileItWaits(() -> awaitAll(List.of(spawn(() -> sleepFor(LONG)), spawn(() -> sleepFor(LONG)))));
    }

    @Test
    void cancelEndsAnAwaitAny() {
        cancelsWhileItWaits(() -> awaitAny(List.of(spawn(() -> sleepFor(LONG)), spawn(() -> sleepFor(LONG)))));
    }

    @Test
    void cancelEndsABoundedFanOut() {
        cancelsWhileItWaits(() -> awaitAll(List.of(1, 2, 3), 2, item -> {
            sleepFor(LONG);
            return item;
        }));
    }

    @Test
    void cancelEndsAnAwaitOfATaskOfAnotherShardAndLeavesNothingThere() {
        ActorSystem two = open(2, limits -> limits);
        Gate gate = new Gate();
        Task<Void> there = two.spawn(gate::await);
        for (int i = 0; i < 10; i++) {
            CountDownLatch waiting = new CountDownLatch(1);
            Task<Void> here = two.spawn(() -> {
                spawn(waiting::countDown);
                await(there);
            });
            FunctionTest.join(waiting);
            here.cancel();
            assertThatThrownBy(here::join).isInstanceOf(CancelledException.class);
        }
        Outcome<?> remote = (Outcome<?>) there;
        CompletableFuture<Boolean> hasWaiters = new CompletableFuture<>();
        remote.local.shard.submit(new Outcome.OwnerCommand() {
            @Override
            protected void execute() {
                hasWaiters.complete(remote.hasWaiters());
            }
        });
        assertThat(hasWaiters.join()).isFalse();
        gate.open();
    }

    private void cancelsWhileItWaits(Action wait) {
        CountDownLatch waiting = new CountDownLatch(1);
        Task<Void> task = system.spawn(() -> {
            spawn(waiting::countDown); // runs when this function has suspended
            wait.run();
        });
        FunctionTest.join(waiting);
        task.cancel();
        assertThatThrownBy(task::join)
                .isInstanceOf(CancelledException.class)
                .hasMessageStartingWith("cancelled: path=/CancellationTest-function");
    }

    @Test
    void aResultThatIsThereFirstWins() {
        Task<String> task = system.spawn(() -> {
            Task<String> child = spawn(() -> "there");
            sleepFor(Duration.ofNanos(1));
            ((Outcome<?>) Cell.current("test")).cancel();
            return await(child);
        });
        assertThat(task.join()).isEqualTo("there");
    }

    @Test
    void resultsThatAreAllThereFirstWin() {
        Task<List<String>> task = system.spawn(() -> {
            Task<String> child = spawn(() -> "there");
            sleepFor(Duration.ofNanos(1));
            Cell.current("test").cancel();
            return awaitAll(List.of(child));
        });
        assertThat(task.join()).containsExactly("there");
    }

    @Test
    void aFunctionThatSwallowsItsCancellationMeetsItAgainAtEachWaitAfterTheGrace() {
        ActorSystem system = open(limits -> limits.withCancelGrace(Duration.ofNanos(1)));
        CountDownLatch waiting = new CountDownLatch(1);
        Task<Integer> task = system.spawn(() -> {
            spawn(waiting::countDown);
            int met = 0;
            for (int i = 0; i < 3; i++) {
                try {
                    sleepFor(LONG);
                } catch (CancelledException _) {
                    met++;
                }
            }
            return met;
        });
        FunctionTest.join(waiting);
        task.cancel();
        assertThat(task.join()).isEqualTo(3);
    }

    @Test
    void cancelReachesTheChildrenOfAFunctionWhoseBodyHasEnded() {
        CountDownLatch waiting = new CountDownLatch(1);
        AtomicBoolean cancelled = new AtomicBoolean();
        Task<Void> task = system.spawn(() -> {
            spawn(() -> {
                try {
                    spawn(waiting::countDown);
                    sleepFor(LONG);
                } catch (CancelledException e) {
                    cancelled.set(true);
                    throw e;
                }
            });
        });
        FunctionTest.join(waiting);
        task.cancel();
        task.join(); // its own body had ended well
        assertThat(cancelled).isTrue();
    }

    @Test
    void cancelReachesTheLeafOfAChainOfOneHundredThousandFunctions() {
        Gate never = new Gate();
        CountDownLatch atTheLeaf = new CountDownLatch(1);
        Task<Void> root = system.spawn(() -> FunctionTest.chain(100_000, atTheLeaf, never));
        FunctionTest.join(atTheLeaf);
        root.cancel();
        root.join();
        assertThat(system.spawn(() -> 1).join()).isEqualTo(1);
    }

    @Test
    void cancelUnwindsOneHundredThousandNestedAwaits() {
        Gate never = new Gate();
        CountDownLatch atTheLeaf = new CountDownLatch(1);
        Task<Void> root = system.spawn(() -> awaitChain(100_000, atTheLeaf, never));
        FunctionTest.join(atTheLeaf);
        root.cancel();
        assertThatThrownBy(root::join).isInstanceOf(CancelledException.class);
    }

    private static void awaitChain(int levels, CountDownLatch atTheLeaf, Gate gate) {
        if (levels == 0) {
            spawn(atTheLeaf::countDown);
            gate.await();
        } else {
            await(spawn(() -> awaitChain(levels - 1, atTheLeaf, gate)));
        }
    }

    @Test
    void oneOfManySiblingsCanBeCancelledWhileTheOthersGoOn() {
        Task<Integer> task = system.spawn(() -> {
            Gate gate = new Gate();
            AtomicInteger finished = new AtomicInteger();
            List<Task<Void>> children = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                children.add(spawn(() -> {
                    gate.await();
                    finished.incrementAndGet();
                }));
            }
            sleepFor(Duration.ofNanos(1));
            for (int i = 0; i < 1_000; i += 3) {
                children.get(i).cancel();
            }
            sleepFor(Duration.ofNanos(1));
            gate.open();
            for (int i = 0; i < 1_000; i++) {
                if (i % 3 != 0) {
                    await(children.get(i));
                }
            }
            return finished.get();
        });
        assertThat(task.join()).isEqualTo(666);
    }

    @Test
    void aCancelledFunctionCanNotBeCancelledTwice() {
        CountDownLatch waiting = new CountDownLatch(1);
        AtomicInteger seen = new AtomicInteger();
        Task<Void> task = system.spawn(() -> {
            spawn(waiting::countDown);
            try {
                sleepFor(LONG);
            } finally {
                seen.incrementAndGet();
            }
        });
        FunctionTest.join(waiting);
        task.cancel();
        task.cancel();
        assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
        task.cancel();
        assertThat(seen).hasValue(1);
    }

    @Test
    void aCancelledSleepLeavesNoTimerBehind() {
        ActorSystem oneTimer = open(limits -> limits.withTimersPerShard(1));
        for (int i = 0; i < 3; i++) {
            CountDownLatch waiting = new CountDownLatch(1);
            Task<Void> task = oneTimer.spawn(() -> {
                spawn(waiting::countDown);
                sleepFor(LONG);
            });
            FunctionTest.join(waiting);
            task.cancel();
            assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
        }
    }

    @Test
    void anInterruptOfTheJoiningThreadEndsTheJoinOnly() throws InterruptedException {
        Gate gate = new Gate();
        Task<Integer> task = system.spawn(() -> {
            gate.await();
            return 1;
        });
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread joining = new Thread(() -> {
            Thread.currentThread().interrupt();
            assertThatThrownBy(task::join)
                    .isInstanceOf(CancelledException.class)
                    .hasMessage("interrupted while joining: task=/CancellationTest-function");
            interrupted.set(Thread.currentThread().isInterrupted());
        });
        joining.start();
        joining.join();
        assertThat(interrupted).isTrue();
        gate.open();
        assertThat(task.join()).isEqualTo(1);
    }

    @Test
    void cancellingWhatHasEndedDoesNothing() {
        Task<Integer> task = system.spawn(() -> 1);
        assertThat(task.join()).isEqualTo(1);
        task.cancel();
        system.spawn(() -> {}).join(); // on the same shard, after it
        assertThat(task.join()).isEqualTo(1);
    }
}
