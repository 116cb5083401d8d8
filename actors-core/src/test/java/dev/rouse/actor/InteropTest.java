package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.suspend;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/// Where other libraries meet functions: wakers, stages, futures and the executor of a shard.
class InteropTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final List<String> seen = new CopyOnWriteArrayList<>();

    // Wakers.

    @Test
    void aWakerResumesTheFunctionFromAnotherThread() {
        CompletableFuture<Waker<String>> source = new CompletableFuture<>();
        Task<String> task = system.spawn(() -> suspend(source::complete));
        assertThat(source.join().wake("value")).isTrue();
        assertThat(task.join()).isEqualTo("value");
    }

    @Test
    void aWakerMayBeUsedBeforeTheFunctionHasSuspended() {
        assertThat(system.spawn(() -> Rouse.<String>suspend(waker -> waker.wake("at once")))
                        .join())
                .isEqualTo("at once");
    }

    @Test
    void aWakerMayGiveNull() {
        assertThat(system.spawn(() -> Rouse.<@Nullable String>suspend(waker -> waker.wake(null)))
                        .join())
                .isNull();
    }

    @Test
    void theFailureOfAWakerIsThrownWhereTheFunctionWaits() {
        IllegalStateException broken = new IllegalStateException("broken");
        assertThatThrownBy(() ->
                        system.spawn(() -> suspend(waker -> waker.fail(broken))).join())
                .isSameAs(broken);
        assertThatThrownBy(() -> system.spawn(() -> suspend(waker -> waker.fail(new IOException("no disk"))))
                        .join())
                .isInstanceOf(TaskFailedException.class)
                .hasMessageContaining("no disk");
    }

    @Test
    void theFirstUseOfAWakerWinsAndLaterOnesAreRefused() {
        List<Boolean> taken = new ArrayList<>();
        String value = system.spawn(() -> Rouse.<String>suspend(waker -> {
                    taken.add(waker.wake("first"));
                    taken.add(waker.wake("second"));
                    taken.add(waker.fail(new IllegalStateException("third")));
                }))
                .join();
        assertThat(value).isEqualTo("first");
        assertThat(taken).containsExactly(true, false, false);
    }

    @Test
    void cancelEndsASuspensionAndRefusesItsWaker() {
        CompletableFuture<Waker<String>> source = new CompletableFuture<>();
        Task<String> task = system.spawn(() -> suspend(source::complete));
        Waker<String> waker = source.join();
        task.cancel();
        assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
        assertThat(waker.wake("late")).isFalse();
        assertThat(waker.fail(new IllegalStateException())).isFalse();
    }

    @Test
    void aDeadlineEndsASuspensionAndRefusesItsWaker() {
        CompletableFuture<Waker<String>> source = new CompletableFuture<>();
        Task<String> task = system.spawn(() -> withTimeout(Duration.ofMillis(1), () -> suspend(source::complete)));
        assertThatThrownBy(task::join).isInstanceOf(DeadlineExceededException.class);
        assertThat(source.join().wake("late")).isFalse();
    }

    @Test
    void whatRegistrationThrowsIsThrownAndTheWakerRefused() {
        CompletableFuture<Waker<String>> source = new CompletableFuture<>();
        Task<String> task = system.spawn(() -> suspend(waker -> {
            source.complete(waker);
            throw new IllegalStateException("no driver");
        }));
        assertThatThrownBy(task::join).isInstanceOf(IllegalStateException.class).hasMessage("no driver");
        assertThat(source.join().wake("late")).isFalse();
    }

    @Test
    void anAnswerThatCameFirstWinsOverACancellation() {
        Task<String> task = system.spawn(() -> Rouse.<String>suspend(waker -> {
            waker.wake("there");
            Cell.current("test").cancel();
        }));
        assertThat(task.join()).isEqualTo("there");
    }

    /// Returns what a function does that waits for an answer, which comes from another thread when the function was
    /// interrupted and is about to go on.
    private List<String> answeredWhenInterrupted(Consumer<Cell> interrupt, Action body, Runnable answer) {
        CountDownLatch waits = new CountDownLatch(1);
        Task<Void> task = system.spawn(() -> {
            spawn(waits::countDown); // runs once this has suspended
            body.run();
        });
        FunctionTest.join(waits);
        system.spawn(() -> {
                    interrupt.accept((Cell) (Task<?>) task); // it is ready by now, and runs after this
                    Thread thread = Thread.ofPlatform().start(answer);
                    while (thread.isAlive()) {
                        Thread.onSpinWait();
                    }
                })
                .join();
        task.join();
        return seen;
    }

    private static void expire(Cell cell) {
        ((Timeout) Objects.requireNonNull(cell.deadline)).onExpiry();
    }

    /// Takes the answer, and sees what it was told meanwhile at the next wait only.
    private void seeAnswerAndThenInterruption(Callable<String> wait) throws Exception {
        seen.add(wait.call());
        try {
            sleepFor(Duration.ofNanos(1));
            seen.add("not told");
        } catch (CancelledException | DeadlineExceededException e) {
            seen.add(e.getClass().getSimpleName());
        }
    }

    @Test
    void whoTakesAnAnswerSeesItsCancellationAtTheNextWait() {
        AtomicReference<Waker<String>> source = new AtomicReference<>();
        assertThat(answeredWhenInterrupted(
                        Cell::cancel,
                        () -> seeAnswerAndThenInterruption(() -> suspend(source::set)),
                        () -> seen.add("taken=" + source.get().wake("answer"))))
                .containsExactly("taken=true", "answer", "CancelledException");
    }

    @Test
    void whoTakesAnAnswerSeesThatItsDeadlineHasPassedAtTheNextWait() {
        AtomicReference<Waker<String>> source = new AtomicReference<>();
        assertThat(answeredWhenInterrupted(
                        InteropTest::expire,
                        () -> withTimeout(LONG, () -> {
                            seeAnswerAndThenInterruption(() -> suspend(source::set));
                            return 1;
                        }),
                        () -> seen.add("taken=" + source.get().wake("answer"))))
                .containsExactly("taken=true", "answer", "DeadlineExceededException");
    }

    @Test
    void whoTakesTheValueOfAStageSeesItsCancellationAtTheNextWait() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        assertThat(answeredWhenInterrupted(
                        Cell::cancel,
                        () -> seeAnswerAndThenInterruption(() -> await(stage)),
                        () -> stage.complete("answer")))
                .containsExactly("answer", "CancelledException");
    }

    /// Here the function has not begun to wait when both come.
    @Test
    void anAnswerThatAnotherThreadGaveDuringTheRegistrationWinsAndTheCancellationIsSeenAfterIt() {
        Task<Void> task = system.spawn(() -> seeAnswerAndThenInterruption(() -> suspend(waker -> {
            Thread thread = Thread.ofPlatform().start(() -> waker.wake("answer"));
            while (thread.isAlive()) {
                Thread.onSpinWait();
            }
            Cell.current("test").cancel();
        })));
        task.join();
        assertThat(seen).containsExactly("answer", "CancelledException");
    }

    @Test
    void aWakerThatIsKeptKeepsNothingElseAlive() {
        List<Waker<String>> kept = new ArrayList<>();
        WeakReference<ActorSystem> used = useAndClose(kept);
        Awaitility.await().untilAsserted(() -> {
            System.gc();
            assertThat(used.get()).isNull();
        });
        assertThat(kept)
                .hasSize(2)
                .allSatisfy(waker -> assertThat(waker.wake("late")).isFalse());
    }

    /// A system of its own, since that of the test is held by it.
    private static WeakReference<ActorSystem> useAndClose(List<Waker<String>> kept) {
        try (ActorSystem other = ActorSystem.builder().shards(1).build()) {
            other.spawn(() -> Rouse.<String>suspend(waker -> {
                        kept.add(waker);
                        waker.wake("used");
                    }))
                    .join();
            CompletableFuture<Waker<String>> source = new CompletableFuture<>();
            Task<String> given = other.spawn(() -> suspend(source::complete));
            kept.add(source.join());
            given.cancel();
            assertThatThrownBy(given::join).isInstanceOf(CancelledException.class);
            return new WeakReference<>(other);
        }
    }

    @Test
    void aCancelledFunctionDoesNotRegister() {
        AtomicInteger registered = new AtomicInteger();
        Task<Void> task = system.spawn(() -> {
            Cell.current("test").cancel();
            suspend(_ -> registered.incrementAndGet());
        });
        assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
        assertThat(registered).hasValue(0);
    }

    /// A waker that was told `true` gives its value to the function, one that was told `false` does not: also when
    /// they race with a cancellation and with each other. `-Drouse.test.seed=N` runs one seed again.
    @RepeatedTest(5)
    void aWakerIsTakenExactlyIfItSaysSo() {
        long seed = Long.getLong("rouse.test.seed", System.nanoTime());
        Random random = new Random(seed);
        ActorSystem two = open(2, limits -> limits);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < 500; round++) {
                CompletableFuture<Waker<Integer>> source = new CompletableFuture<>();
                Task<Integer> task = two.spawn(() -> suspend(source::complete));
                int pause = random.nextInt(200);
                CompletableFuture<Boolean> first = source.thenApplyAsync(waker -> waker.wake(1), threads);
                CompletableFuture<Boolean> second = source.thenApplyAsync(
                        waker -> {
                            spin(pause);
                            return waker.wake(2);
                        },
                        threads);
                if (random.nextBoolean()) {
                    source.join();
                    spin(random.nextInt(2_000));
                    task.cancel();
                }
                Integer value;
                try {
                    value = task.join();
                } catch (CancelledException _) {
                    value = null;
                }
                boolean begun = source.isDone() || value != null;
                if (!begun) {
                    continue; // cancelled before it ran: it has no waker
                }
                assertThat(first.join())
                        .as("seed=" + seed)
                        .isEqualTo(Integer.valueOf(1).equals(value));
                assertThat(second.join())
                        .as("seed=" + seed)
                        .isEqualTo(Integer.valueOf(2).equals(value));
            }
        }
    }

    private static void spin(int times) {
        for (int i = 0; i < times; i++) {
            Thread.onSpinWait();
        }
    }

    // Stages.

    @Test
    void anAwaitOfAStageThatWasGivenUpLeavesNothingOfTheFunctionWithTheStage() {
        CompletableFuture<String> longLived = new CompletableFuture<>();
        WeakReference<ActorSystem> used = awaitAndClose(longLived);
        Awaitility.await().untilAsserted(() -> {
            System.gc();
            assertThat(used.get()).isNull();
        });
        assertThat(longLived.getNumberOfDependents()).isEqualTo(1);
        longLived.complete("nobody waits");
    }

    private static WeakReference<ActorSystem> awaitAndClose(CompletableFuture<String> stage) {
        try (ActorSystem other = ActorSystem.builder().shards(1).build()) {
            Task<String> task = other.spawn(() -> withTimeout(Duration.ofMillis(1), () -> await(stage)));
            assertThatThrownBy(task::join).isInstanceOf(DeadlineExceededException.class);
            return new WeakReference<>(other);
        }
    }

    // Futures.

    @Test
    void theFutureOfACancelledTaskIsCancelled() {
        Task<Void> task = system.spawn(() -> sleepFor(LONG));
        CompletableFuture<Void> future = task.toCompletableFuture();
        task.cancel();
        Awaitility.await().until(future::isDone);
        assertThat(future).isCancelled();
    }

    @Test
    void aFutureFailsWithACheckedExceptionAsItIs() {
        CompletableFuture<?> future = system.spawn(() -> {
                    throw new IOException("no disk");
                })
                .toCompletableFuture();
        assertThatThrownBy(future::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IOException.class)
                .hasRootCauseMessage("no disk");
    }

    @Test
    void cancellingTheFutureDoesNotCancelTheTask() {
        Gate gate = new Gate();
        Task<Integer> task = system.spawn(() -> {
            gate.await();
            return 1;
        });
        task.toCompletableFuture().cancel(true);
        system.spawn(() -> {}).join(); // whatever the future has told the task has come by now
        gate.open();
        assertThat(task.join()).isEqualTo(1);
    }

    // The executor of a shard.

    @Test
    void commandsOfTheExecutorRunOnItsShardAsFunctions() {
        ActorSystem two = open(2, limits -> limits);
        Boolean same = two.spawn(() -> {
                    LocalSystem mine = Cell.current("test").local;
                    CompletableFuture<Integer> elsewhere = CompletableFuture.supplyAsync(() -> 1);
                    return await(elsewhere.thenApplyAsync(
                            _ -> {
                                await(spawn(() -> 1)); // only a function can
                                return Cell.current("test").local == mine;
                            },
                            Rouse.executor()));
                })
                .join();
        assertThat(same).isTrue();
    }

    @Test
    void commandsBeginInTheOrderInWhichTheyCame() {
        List<Integer> order = new ArrayList<>();
        var executor = system.spawn(Rouse::executor).join();
        CountDownLatch ended = new CountDownLatch(100);
        for (int i = 0; i < 100; i++) {
            int number = i;
            executor.execute(() -> {
                order.add(number); // on one shard
                ended.countDown();
            });
        }
        FunctionTest.join(ended);
        assertThat(order).hasSize(100).isSorted();
    }

    @Test
    void aCommandThatWaitsHoldsUpNoOther() {
        var executor = system.spawn(Rouse::executor).join();
        Gate gate = new Gate();
        CountDownLatch second = new CountDownLatch(1);
        executor.execute(gate::await);
        executor.execute(second::countDown);
        FunctionTest.join(second);
        gate.open();
    }

    @Test
    void allFunctionsOfAShardGetTheSameExecutor() {
        assertThat(system.spawn(Rouse::executor).join())
                .isSameAs(system.spawn(Rouse::executor).join());
    }

    @Test
    void aCommandThatThrowsACancellationOfAnotherTaskDoesNotStopTheExecutorOfAFullShard() {
        ActorSystem small = open(limits -> limits.withFunctionsPerShard(2));
        CountDownLatch later = new CountDownLatch(1);
        CompletableFuture<Boolean> begun = new CompletableFuture<>();
        try (RecordedLog log = new RecordedLog()) {
            small.spawn(() -> {
                        Executor executor = Rouse.executor(); // with this function the shard is full
                        executor.execute(() -> {
                            begun.complete(true);
                            throw new CancelledException("of another");
                        });
                        boolean unused = await(begun);
                        assertThat(unused).isTrue();
                        executor.execute(later::countDown);
                        while (later.getCount() > 0) {
                            sleepFor(Duration.ZERO);
                        }
                    })
                    .join();
            assertThat(log.messages()).singleElement().asString().startsWith("a command failed: executor=/executor");
        }
    }

    @Test
    void anExecutorGoesOnAfterAnExceptionOfItsOwnAndIsRestartedAfterAnError() {
        Supervision supervision = system.spawn(() -> {
                    assertThat(Rouse.executor()).isNotNull();
                    return Cell.current("test")
                            .local
                            .guardian
                            .childActors()
                            .getFirst()
                            .annex()
                            .supervision;
                })
                .join();
        assertThat(supervision.decide(new CancelledException("of another"))).isEqualTo(Supervision.Decision.RESUME);
        assertThat(supervision.decide(new OutOfMemoryError())).isEqualTo(Supervision.Decision.RESTART);
    }

    @Test
    void anExecutorThatHasStoppedSaysSoAndIsReplaced() {
        Executor stopped = system.spawn(Rouse::executor).join();
        system.spawn(() -> Cell.current("test").local.guardian.childActors().forEach(ActorCell::stop))
                .join();
        Executor fresh = system.spawn(() -> {
                    Rouse.sleepFor(Duration.ZERO);
                    return Rouse.executor();
                })
                .join();
        assertThatThrownBy(() -> stopped.execute(() -> {}))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessage("the executor has stopped: shard=test-shard-0; it failed too often, which the log shows,"
                        + " and Rouse.executor() gives another one");
        CountDownLatch ran = new CountDownLatch(1);
        fresh.execute(ran::countDown);
        FunctionTest.join(ran);
    }

    @Test
    void aCommandThatIsRejectedIsCountedOnce() {
        ActorSystem small = open(limits -> limits.withSpawnQueue(2));
        small.spawn(() -> {
                    Executor executor = Rouse.executor();
                    executor.execute(() -> {});
                    executor.execute(() -> {});
                    assertThatThrownBy(() -> executor.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
                })
                .join();
        assertThat(small.refusals()).isEqualTo(1);
    }

    @Test
    void anExecutorWithAFullQueueRejects() {
        ActorSystem small = open(limits -> limits.withSpawnQueue(2));
        String refused = small.spawn(() -> {
                    var executor = Rouse.executor();
                    executor.execute(() -> {});
                    executor.execute(() -> {});
                    try {
                        executor.execute(() -> {});
                        return "nothing";
                    } catch (RejectedExecutionException e) {
                        return e.getMessage();
                    }
                })
                .join();
        assertThat(refused)
                .isEqualTo("too many commands wait for their start: shard=test-shard-0, limit=spawnQueue, value=2;"
                        + " raise Limits.spawnQueue or offer less work");
    }

    @Test
    void anExecutorRunsWhatItHasAcceptedAlsoWhereTheShardIsFull() {
        ActorSystem small = open(limits -> limits.withFunctionsPerShard(3));
        var executor = small.spawn(Rouse::executor).join();
        Gate gate = new Gate();
        CountDownLatch full = new CountDownLatch(2);
        for (int i = 0; i < 2; i++) {
            small.spawn(() -> {
                full.countDown();
                gate.await();
            });
        }
        FunctionTest.join(full);
        CountDownLatch ran = new CountDownLatch(2);
        executor.execute(() -> {
            ran.countDown();
            throw new IllegalStateException("broken");
        });
        executor.execute(ran::countDown);
        FunctionTest.join(ran);
        gate.open();
    }

    @Test
    void anExecutorOfAClosedSystemRejects() {
        ActorSystem closing = open(1, limits -> limits);
        var executor = closing.spawn(Rouse::executor).join();
        closing.close();
        assertThatThrownBy(() -> executor.execute(() -> {}))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessage("actor system is closed: name=test, shard=test-shard-0; it runs no further commands");
    }

    @Test
    void theVerbsForOtherLibrariesNeedAFunction() {
        assertThatThrownBy(Rouse::executor).isInstanceOf(ViolationException.class);
        assertThatThrownBy(() -> suspend(_ -> {})).isInstanceOf(ViolationException.class);
    }
}
