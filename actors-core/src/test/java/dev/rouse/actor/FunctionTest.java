package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.Driver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class FunctionTest extends SystemTest {
    @Test
    void theWaitersOfATaskAreForItsOwnShardOnly() {
        Gate gate = new Gate();
        FunctionCell task = (FunctionCell) (Task<?>) system.spawn(gate::await);
        Waiter waiter = _ -> {};
        for (Action use : List.<Action>of(
                () -> task.addWaiter(waiter), () -> task.removeWaiter(waiter), () -> task.forEachWaiter(_ -> {}))) {
            assertThatThrownBy(use::run).isInstanceOf(AssertionError.class).hasMessageContaining("shard");
        }
        assertThat(task.isDone()).isFalse();
        gate.open();
        task.join();
    }

    /// Each of them is paid for by every function that waits.
    @Test
    void aFunctionThatWaitsHasFewFramesOfTheRuntimeOnItsStack() {
        StackTraceElement[] stack = system.spawn(() -> {
                    Task<Void> waiting = spawn(() -> new Signal().await());
                    sleepFor(Duration.ZERO);
                    Driver holding = Objects.requireNonNull(((FunctionCell) (Task<?>) waiting).suspendedDriver());
                    waiting.cancel();
                    return holding.stackTrace();
                })
                .join();
        assertThat(stack)
                .filteredOn(frame -> frame.getClassName().startsWith("dev.rouse."))
                .filteredOn(frame -> !frame.getClassName().startsWith(getClass().getName()))
                .hasSizeLessThanOrEqualTo(10);
    }

    @Test
    void aFunctionReturnsItsValue() {
        assertThat(system.spawn(() -> 42).join()).isEqualTo(42);
    }

    @Test
    void aFunctionMayReturnNull() {
        assertThat(system.spawn(() -> (String) null).join()).isNull();
    }

    @Test
    void aChildRunsOnTheShardOfItsParent() {
        ActorSystem two = open(2, limits -> limits);
        for (int i = 0; i < 4; i++) {
            assertThat(two.spawn(() -> {
                                LocalSystem mine = Cell.current("test").local;
                                return await(spawn(() -> Cell.current("test").local)) == mine;
                            })
                            .join())
                    .isTrue();
        }
    }

    @Test
    void rootsAreSpreadOverTheShards() {
        ActorSystem two = open(2, limits -> limits);
        int first = two.spawn(() -> Cell.current("test").local.shard.index()).join();
        int second = two.spawn(() -> Cell.current("test").local.shard.index()).join();
        assertThat(first).isNotEqualTo(second);
    }

    @Test
    void aFunctionEndsOnlyAfterItsChildren() {
        Gate gate = new Gate();
        CountDownLatch bodyEnded = new CountDownLatch(1);
        Task<String> parent = system.spawn(() -> {
            spawn(() -> {
                bodyEnded.countDown();
                gate.await();
            });
            return "value";
        });
        join(bodyEnded);
        assertThat(parent.isDone()).isFalse();
        gate.open();
        assertThat(parent.join()).isEqualTo("value");
    }

    @Test
    void aFailedFunctionCancelsItsChildrenAndEndsAfterThem() {
        List<String> order = new ArrayList<>();
        Task<Void> parent = system.spawn(() -> {
            spawn(() -> {
                try {
                    sleepFor(Duration.ofHours(1));
                } catch (CancelledException e) {
                    order.add("child cancelled");
                    throw e;
                }
            });
            spawn(() -> {}); // lets the first one begin
            sleepFor(Duration.ofNanos(1));
            order.add("parent fails");
            throw new IllegalStateException("broken");
        });
        assertThatThrownBy(parent::join).isInstanceOf(IllegalStateException.class);
        assertThat(order).containsExactly("parent fails", "child cancelled");
    }

    @Test
    void childActorsAreStoppedWhenTheFunctionEnds() {
        AtomicReference<ActorRef<String>> child = new AtomicReference<>();
        system.spawn(() -> child.set(spawnActor("child", () -> (String _, ActorContext<String> _) -> {})))
                .join();
        assertThat(child.get().terminated().isDone()).isTrue();
    }

    @Test
    void anUncheckedExceptionReachesTheAwaiterAsItIs() {
        IllegalStateException broken = new IllegalStateException("broken");
        Task<String> task = system.spawn(() -> await(spawn(() -> {
            throw broken;
        })));
        assertThatThrownBy(task::join).isSameAs(broken);
    }

    @Test
    void aFailureShowsTheStackOfTheCalleeAndThatOfTheAwaiter() {
        Task<Integer> task = system.spawn(() -> await(spawn(FunctionTest::failDeepInside)));
        assertThatThrownBy(task::join).satisfies(e -> {
            assertThat(e.getStackTrace()[0].getMethodName()).isEqualTo("failDeepInside");
            assertThat(e.getSuppressed()[0].getStackTrace())
                    .anyMatch(frame ->
                            frame.getMethodName().contains("aFailureShowsTheStackOfTheCalleeAndThatOfTheAwaiter"));
        });
    }

    private static int failDeepInside() {
        throw new IllegalStateException("broken");
    }

    @Test
    void aFailureThatManyAwaitKeepsTheFirstPlacesOnly() {
        IllegalStateException broken = new IllegalStateException("broken");
        Task<Void> task = system.spawn(() -> {
            throw broken;
        });
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(task::join).isSameAs(broken);
        }
        assertThat(broken.getSuppressed()).hasSize(8);
    }

    @Test
    void aCheckedExceptionReachesTheAwaiterInsideATaskFailedException() {
        Task<Void> task = system.spawn(() -> {
            throw new IOException("no disk");
        });
        assertThatThrownBy(task::join).isInstanceOf(TaskFailedException.class).hasCauseInstanceOf(IOException.class);
    }

    @Test
    void aStackOverflowFailsItsFunctionOnly() {
        assertThatThrownBy(() -> system.spawn(() -> recurse(1)).join()).isInstanceOf(StackOverflowError.class);
        assertThat(system.spawn(() -> 1).join()).isEqualTo(1);
    }

    @SuppressWarnings("InfiniteRecursion") // that is the point
    private static int recurse(int depth) {
        return recurse(depth + 1) + 1;
    }

    @Test
    void anErrorFailsItsFunctionOnly() {
        OutOfMemoryError simulated = new OutOfMemoryError("simulated");
        assertThatThrownBy(() -> system.spawn(() -> {
                            throw simulated;
                        })
                        .join())
                .isSameAs(simulated);
        assertThat(system.spawn(() -> 1).join()).isEqualTo(1);
    }

    @Test
    void oneHundredThousandNestedFunctionsReturnThroughAllLevels() {
        assertThat(system.spawn(() -> nested(100_000)).join()).isEqualTo(100_000);
    }

    private static int nested(int levels) {
        return levels == 0 ? 0 : await(spawn(() -> nested(levels - 1))) + 1;
    }

    @Test
    void oneHundredThousandNestedFunctionsFailThroughAllLevels() {
        assertThatThrownBy(() -> system.spawn(() -> nestedFailing(100_000)).join())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("bottom");
    }

    private static int nestedFailing(int levels) {
        if (levels == 0) {
            throw new IllegalStateException("bottom");
        }
        return await(spawn(() -> nestedFailing(levels - 1))) + 1;
    }

    @Test
    void oneHundredThousandFunctionsThatWaitForTheirChildOnlyEndFromTheLeafUp() {
        Gate gate = new Gate();
        CountDownLatch atTheLeaf = new CountDownLatch(1);
        Task<Void> root = system.spawn(() -> chain(100_000, atTheLeaf, gate));
        join(atTheLeaf);
        assertThat(root.isDone()).isFalse();
        gate.open();
        root.join();
    }

    static void chain(int levels, CountDownLatch atTheLeaf, Gate gate) {
        if (levels == 0) {
            atTheLeaf.countDown();
            gate.await();
        } else {
            spawn(() -> chain(levels - 1, atTheLeaf, gate));
        }
    }

    @Test
    void oneFunctionMayHaveVeryManyChildren() {
        Task<Integer> task = system.spawn(() -> {
            int[] ran = {0};
            List<Task<Void>> children = new ArrayList<>();
            for (int i = 0; i < 200_000; i++) {
                children.add(spawn(() -> {
                    ran[0]++;
                }));
            }
            Rouse.awaitAll(children);
            return ran[0];
        });
        assertThat(task.join()).isEqualTo(200_000);
    }

    @Test
    void aTaskMayBeAwaitedByManyAndAgainAfterItsEnd() {
        Gate gate = new Gate();
        Task<Integer> task = system.spawn(() -> {
            Task<Integer> shared = spawn(() -> {
                gate.await();
                return 7;
            });
            Task<Integer> a = spawn(() -> await(shared));
            Task<Integer> b = spawn(() -> await(shared));
            Task<Integer> c = spawn(() -> await(shared));
            spawn(gate::open);
            return await(a) + await(b) + await(c) + await(shared);
        });
        assertThat(task.join()).isEqualTo(28);
    }

    @Test
    void aTaskOfAnotherShardCanBeAwaited() {
        ActorSystem two = open(2, limits -> limits);
        Gate gate = new Gate();
        Task<Integer> there = two.spawn(() -> {
            gate.await();
            return 5;
        });
        Task<Integer> here = two.spawn(() -> await(there) + 1);
        gate.open();
        assertThat(here.join()).isEqualTo(6);
    }

    @Test
    void aTaskOfAnotherSystemCanBeAwaited() {
        ActorSystem other = open(limits -> limits);
        Gate gate = new Gate();
        Task<Integer> there = other.spawn(() -> {
            gate.await();
            return 5;
        });
        Task<Integer> here = system.spawn(() -> await(there) + 1);
        gate.open();
        assertThat(here.join()).isEqualTo(6);
    }

    @Test
    void aCompletionStageCanBeAwaited() {
        CompletableFuture<String> future = new CompletableFuture<>();
        Task<String> task = system.spawn(() -> await(future));
        future.complete("value");
        assertThat(task.join()).isEqualTo("value");
    }

    @Test
    void theFailureOfACompletionStageIsThrownWithoutItsWrapper() {
        CompletableFuture<String> failed = CompletableFuture.supplyAsync(() -> {
            throw new IllegalStateException("broken");
        });
        Task<String> task = system.spawn(() -> await(failed.thenApply(value -> value)));
        assertThatThrownBy(task::join).isInstanceOf(IllegalStateException.class).hasMessage("broken");
    }

    @Test
    void aTaskCompletesItsFutureWithItsValueOrItsFailure() {
        assertThat(system.spawn(() -> 1).toCompletableFuture().join()).isEqualTo(1);
        assertThatThrownBy(() -> system.spawn(() -> {
                            throw new IllegalStateException("broken");
                        })
                        .toCompletableFuture()
                        .join())
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void theInterruptOfOneFunctionDoesNotReachTheNext() {
        system.spawn(() -> Thread.currentThread().interrupt()).join();
        assertThat(system.spawn(() -> Thread.currentThread().isInterrupted()).join())
                .isFalse();
    }

    static void join(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
