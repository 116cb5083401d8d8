package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAllSettled;
import static dev.rouse.actor.Rouse.awaitAny;
import static dev.rouse.actor.Rouse.sequence;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.ModelShard;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A failure of a root, or of a function of an actor, for which somebody waits: that one sees it, or it is reported,
/// once. Each case would be silent if who waits were taken for one who sees. The reports come from threads of their
/// own, after the join.
class UnseenFailureTest extends SystemTest {
    private final RecordedLog log = new RecordedLog();

    @AfterEach
    void closeLog() {
        log.close();
    }

    private static Task<Void> failing() {
        return spawn(() -> {
            throw new IllegalStateException("broken");
        });
    }

    /// In the handler of an actor, of which a message is the whole turn.
    private void inActor(Action handler) {
        CompletableFuture<Boolean> handled = new CompletableFuture<>();
        ActorRef<String> actor = system.spawnActor("actor", () -> (_, _) -> {
            handler.run();
            handled.complete(true);
        });
        actor.tell("go");
        handled.join();
        actor.stop();
        actor.terminated().join();
    }

    private void assertReported(int times) {
        system.spawn(() -> sleepFor(Duration.ZERO)).join(); // after what was ready before
        Awaitility.await()
                .until(() -> log.messages().size() >= times || system.violations(Violation.UNAWAITED_FAILURE) < times);
        assertThat(log.messages()).hasSize(times).allMatch(line -> line.startsWith("ROUSE-V10"));
        assertThat(system.violations(Violation.UNAWAITED_FAILURE)).isEqualTo(times);
    }

    private static void ignoring(Action action) throws Exception {
        try {
            action.run();
        } catch (IllegalStateException | CancelledException | DeadlineExceededException _) {
            // what the test is not about
        }
    }

    @Test
    void theLoserOfAnAwaitAnyInAnActorThatHasFailedBeforeTheActorRunsIsReported() {
        inActor(() -> ignoring(() -> awaitAny(List.of(failing(), failing()))));
        assertReported(1);
    }

    private static Action failingAfter(Signal signal) {
        return () -> {
            signal.await();
            throw new IllegalStateException("broken");
        };
    }

    @Test
    void theLoserOfAnAwaitAnyOfTwoRootsIsReported() {
        List<Signal> signals = List.of(new Signal(), new Signal());
        List<Task<Void>> roots = signals.stream()
                .map(signal -> system.spawn(failingAfter(signal)))
                .toList();
        Task<Void> waits = system.spawn(() -> ignoring(() -> awaitAny(roots)));
        system.spawn(() -> signals.forEach(Signal::fire)).join(); // both are ready before who waits for them
        waits.join();
        roots.forEach(UnseenFailureTest::awaitEnd);
        assertReported(1);
    }

    private static void awaitEnd(Task<?> task) {
        Awaitility.await().until(task::isDone);
    }

    @Test
    void theLoserOfAnAwaitAnyOnAnotherShardIsReported() {
        ActorSystem two = open(2, limits -> limits);
        Gate gate = new Gate();
        Action body = () -> {
            gate.await();
            throw new IllegalStateException("broken");
        };
        List<Task<Void>> roots = List.of(two.spawn(body), two.spawn(body), two.spawn(body), two.spawn(body));
        CountDownLatch waiting = new CountDownLatch(1);
        Task<Void> waits = two.spawn(() -> {
            spawn(waiting::countDown);
            ignoring(() -> awaitAny(roots));
        });
        FunctionTest.join(waiting);
        gate.open();
        waits.join();
        roots.forEach(UnseenFailureTest::awaitEnd);
        Awaitility.await().until(() -> reportedOrCancelled(two, roots) == 3);
        assertThat(reportedOrCancelled(two, roots)).isEqualTo(3);
    }

    /// A loser may see its cancellation before it comes to its failure.
    private static long reportedOrCancelled(ActorSystem system, List<Task<Void>> roots) {
        long cancelled = roots.stream()
                .filter(root -> ((Outcome<?>) root).failure() instanceof CancelledException)
                .count();
        return cancelled + system.violations(Violation.UNAWAITED_FAILURE);
    }

    @Test
    void aFailureThatOneOfTwoWaitersSeesIsNotReported() {
        inActor(() -> {
            Task<Void> failing = failing();
            Task<Void> never = spawn(() -> sleepFor(Duration.ofHours(1)));
            Task<Void> sees = spawn(() -> ignoring(() -> await(failing)));
            ignoring(() -> awaitAny(List.of(spawn(() -> {}), failing, never)));
            await(sees);
        });
        assertReported(0);
    }

    @Test
    void whatHasFailedBeforeAnAwaitAllSettledIsCancelledIsReported() {
        inActor(() -> {
            Task<Void> never = spawn(() -> sleepFor(Duration.ofHours(1)));
            ignoring(() -> withTimeout(Duration.ofMillis(5), () -> awaitAllSettled(List.of(failing(), never))));
        });
        assertReported(1);
    }

    @Test
    void whatAnAwaitAllSettledReturnsIsNotReported() {
        inActor(() -> assertThat(awaitAllSettled(List.of(failing(), failing()))).hasSize(2));
        assertReported(0);
    }

    @Test
    void furtherFailuresOfAnAwaitAllAreNotReported() {
        inActor(() -> ignoring(() -> Rouse.awaitAll(List.of(failing(), failing(), failing()))));
        assertReported(0);
    }

    private static final class Bare extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Bare() {
            super("takes no suppressed exceptions", null, false, false);
        }
    }

    @Test
    void furtherFailuresThatTheFirstCannotCarryAreReported() {
        RuntimeException bare = new Bare();
        inActor(() -> {
            Task<Void> first = spawn(() -> {
                throw bare;
            });
            try {
                Rouse.awaitAll(List.of(first, failing()));
            } catch (RuntimeException e) {
                assertThat(e).isSameAs(bare);
            }
        });
        assertReported(1);
    }

    @Test
    void aFailureThatComesWhileAJoinThatHasTimedOutLeavesIsReported() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch holds = new CountDownLatch(1);
        Task<Void> root = system.spawn(() -> {
            sleepFor(Duration.ZERO);
            holds.countDown();
            spin(busy); // what the join sends waits in the lane
            throw new IllegalStateException("broken");
        });
        Join registered = new Join((Outcome<?>) root);
        ((Outcome<?>) root).whenDone(registered);
        FunctionTest.join(holds);
        assertThatThrownBy(() -> registered.await(Duration.ofMillis(1))).isInstanceOf(TimeoutException.class);
        busy.countDown();
        awaitEnd(root);
        assertReported(1);
    }

    /// What the join sends is refused by the shard, which has terminated by then.
    @Test
    void aFailureThatAJoinLeavesAtTheEndOfTheShardIsReported() throws Exception {
        ModelShard model = new ModelShard();
        LocalSystem local = new LocalSystem(system, model.shard);
        CountDownLatch runs = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        FunctionCell root = new FunctionCell(local, () -> {
            runs.countDown();
            FunctionTest.join(left);
            throw new IllegalStateException("broken");
        });
        ActorSystem.startRoot(local, root);
        Join join = new Join(root);
        root.whenDone(join);
        Thread carrier = model.carry(() -> {
            model.shard.ready(local.guardian);
            model.pass();
            model.terminate();
        });
        FunctionTest.join(runs);
        assertThatThrownBy(() -> join.await(Duration.ofMillis(1))).isInstanceOf(TimeoutException.class);
        left.countDown();
        carrier.join();
        assertThat(root.failure()).hasMessage("broken");
        assertReported(1);
    }

    /// Whoever is the last to leave has it reported, however many leave at once after the end of the shard.
    @Test
    void aFailureThatOneOfTwoJoinsStillSeesAfterTheEndOfTheShardIsNotReported() throws Exception {
        ModelShard model = new ModelShard();
        LocalSystem local = new LocalSystem(system, model.shard);
        FunctionCell root = new FunctionCell(local, () -> {
            throw new IllegalStateException("broken");
        });
        ActorSystem.startRoot(local, root);
        Join leaves = new Join(root);
        Join sees = new Join(root);
        root.whenDone(leaves);
        root.whenDone(sees);
        model.carry(() -> {
                    model.shard.ready(local.guardian);
                    model.pass();
                    model.terminate();
                })
                .join();
        root.isLeftBy(leaves);
        assertReported(0);
        root.isLeftBy(sees);
        assertReported(1);
    }

    /// The turn that is to report it is ready, and does not run any more.
    @Test
    void aFailureThatAJoinLeavesJustBeforeTheEndOfTheShardIsReported() throws Exception {
        ModelShard model = new ModelShard();
        LocalSystem local = new LocalSystem(system, model.shard);
        FunctionCell root = new FunctionCell(local, () -> {
            throw new IllegalStateException("broken");
        });
        ActorSystem.startRoot(local, root);
        Join join = new Join(root);
        root.whenDone(join);
        model.carry(() -> {
                    model.shard.ready(local.guardian);
                    model.pass();
                    root.isLeftBy(join);
                    model.takeIn();
                    model.terminate();
                })
                .join();
        assertReported(1);
    }

    private static void spin(CountDownLatch until) {
        while (until.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aFailureThatAJoinSeesIsNotReported() {
        Gate gate = new Gate();
        Task<Void> root = system.spawn(() -> {
            gate.await();
            throw new IllegalStateException("broken");
        });
        CompletableFuture<Void> joined = CompletableFuture.runAsync(root::join);
        system.spawn(() -> {
                    while (!((Outcome<?>) root).hasWaiters()) {
                        sleepFor(Duration.ZERO);
                    }
                })
                .join();
        gate.open();
        assertThatThrownBy(joined::join).hasCauseInstanceOf(IllegalStateException.class);
        assertReported(0);
    }

    @Test
    void aFailureThatComesWhileAnAwaitOnAnotherShardHasGivenUpIsReported() {
        ActorSystem two = open(2, limits -> limits);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch holds = new CountDownLatch(1);
        Gate gate = new Gate();
        Task<Void> there = two.spawn(() -> {
            gate.await();
            holds.countDown();
            spin(busy); // what the other shard sends waits in the lane
            throw new IllegalStateException("broken");
        });
        Task<Void> here = two.spawn(() -> await(there));
        Awaitility.await().until(() -> ((Outcome<?>) there).hasWaiters());
        gate.open();
        FunctionTest.join(holds);
        here.cancel();
        assertThatThrownBy(here::join).isInstanceOf(CancelledException.class);
        busy.countDown();
        awaitEnd(there);
        Awaitility.await().until(() -> two.violations(Violation.UNAWAITED_FAILURE) == 1);
    }

    // Sequences of an actor.

    @Test
    void aFailedProducerOfAnActorThatNobodyIteratesIsReported() {
        inActor(() -> {
            Sequence<Integer> unused = sequence(1, _ -> {
                throw new IllegalStateException("broken");
            });
            assertThat(unused).isNotNull();
        });
        assertReported(1);
    }

    @Test
    void aFailureOfAProducerThatTheIteratingActorSeesIsNotReported() {
        inActor(() -> ignoring(() -> sequence(1, _ -> {
                    throw new IllegalStateException("broken");
                })
                .forEach(_ -> {})));
        assertReported(0);
    }

    @Test
    void aFailureThatAnActorComesToLaterInItsTurnIsNotReported() {
        inActor(() -> {
            Iterator<Integer> values = failingAfter(2).iterator();
            assertThat(values.next()).isZero();
            sleepFor(Duration.ZERO); // it fails meanwhile
            assertThat(values.next()).isEqualTo(1);
            assertThatThrownBy(values::next).isInstanceOf(IllegalStateException.class);
        });
        assertReported(0);
    }

    @Test
    void aFailureThatAnActorLeavesInItsSequenceIsReportedAtTheEndOfItsTurn() {
        inActor(() -> {
            Iterator<Integer> values = failingAfter(2).iterator();
            assertThat(values.next()).isZero();
            sleepFor(Duration.ZERO);
        });
        assertReported(1);
    }

    @Test
    void aFailureThatAnotherFunctionOfAnActorLeavesInItsSequenceIsReportedAtItsEnd() {
        inActor(() -> {
            Sequence<Integer> sequence = failingAfter(2);
            await(spawn(() -> {
                assertThat(sequence.iterator().next()).isZero();
                sleepFor(Duration.ZERO);
            }));
        });
        assertReported(1);
    }

    private static Sequence<Integer> failingAfter(int count) {
        return sequence(count, out -> {
            for (int i = 0; i < count; i++) {
                out.emit(i);
            }
            throw new IllegalStateException("broken");
        });
    }

    @Test
    void whatTheSubscriberOfAnActorsSequenceThrowsIsReported() {
        inActor(() -> {
            CompletableFuture<Boolean> thrown = new CompletableFuture<>();
            sequence(1, (Sequence.Output<Integer> out) -> out.emit(1))
                    .publisher()
                    .subscribe(new Flow.Subscriber<>() {
                        @Override
                        public void onSubscribe(Flow.Subscription subscription) {
                            subscription.request(1);
                        }

                        @Override
                        public void onNext(Integer item) {
                            thrown.complete(true);
                            throw new IllegalStateException("broken");
                        }

                        @Override
                        public void onError(Throwable e) {}

                        @Override
                        public void onComplete() {}
                    });
            boolean unused = await(thrown);
            assertThat(unused).isTrue();
        });
        assertReported(1);
    }

    @Test
    void aProducersFailureThatItsSubscriberIsGivenIsNotReported() {
        inActor(() -> {
            CompletableFuture<Throwable> given = new CompletableFuture<>();
            failingAfter(1).publisher().subscribe(new Flow.Subscriber<>() {
                @Override
                public void onSubscribe(Flow.Subscription subscription) {
                    subscription.request(9);
                }

                @Override
                public void onNext(Integer item) {}

                @Override
                public void onError(Throwable e) {
                    given.complete(e);
                }

                @Override
                public void onComplete() {}
            });
            assertThat(await(given)).hasMessage("broken");
        });
        assertReported(0);
    }

    private static Sequence<Integer> endless() {
        return sequence(1, out -> {
            while (true) {
                out.emit(1);
            }
        });
    }

    /// Its publisher function never runs, and its producer would wait for room for good.
    @Test
    void aPublishedSequenceWhosePublisherIsCancelledBeforeItBeginsIsClosed() {
        Task<Void> starter = system.spawn(() -> {
            Flow.Publisher<Integer> unused = endless().publisher();
            assertThat(unused).isNotNull();
            Objects.requireNonNull(Cell.current("test").firstChild()).cancel(); // the newest
        });
        starter.join();
        assertReported(0);
    }
}
