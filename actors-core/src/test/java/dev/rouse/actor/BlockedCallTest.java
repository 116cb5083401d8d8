package dev.rouse.actor;

import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// A function that a JDK call has parked is interrupted when it is to end. With the portable engine such a call holds
/// its shard, so that nobody could.
@EnabledIfSystemProperty(named = "rouse.test.engine", matches = "carrier")
class BlockedCallTest extends SystemTest {
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final Duration SHORT = Duration.ofMillis(2);

    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> empty = new ArrayBlockingQueue<>(1);

    /// Cancels the function once it has blocked.
    private Task<Void> cancelOnceItBlocks(Action body) {
        CountDownLatch blocks = new CountDownLatch(1);
        Task<Void> task = system.spawn(() -> {
            spawn(blocks::countDown); // runs when this function has given up the carrier
            body.run();
        });
        FunctionTest.join(blocks);
        task.cancel();
        return task;
    }

    @Test
    void cancelInterruptsASleep() {
        Task<Void> task = cancelOnceItBlocks(() -> Thread.sleep(HOUR));
        assertThatThrownBy(task::join)
                .isInstanceOf(CancelledException.class)
                .hasMessage("cancelled: path=/BlockedCallTest-function")
                .hasCauseInstanceOf(InterruptedException.class);
    }

    @Test
    void cancelInterruptsATakeAndTheNextSuspensionPointThrows() {
        Task<Void> task = cancelOnceItBlocks(() -> {
            try {
                empty.take();
            } catch (InterruptedException _) {
                seen.add("interrupted=" + Thread.currentThread().isInterrupted());
            }
            sleepFor(Duration.ofHours(1));
        });
        assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
        assertThat(seen).containsExactly("interrupted=false");
    }

    @Test
    void cancelEndsABlockingRead() throws IOException {
        Pipe pipe = Pipe.open();
        Task<Void> task = cancelOnceItBlocks(() -> pipe.source().read(ByteBuffer.allocate(1)));
        assertThatThrownBy(task::join)
                .isInstanceOf(CancelledException.class)
                .hasCauseInstanceOf(ClosedByInterruptException.class);
        pipe.sink().close();
    }

    @Test
    void theInterruptDisturbsNoLaterWaitOfTheSameFunction() {
        Task<Void> task = cancelOnceItBlocks(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                LockSupport.park();
            }
            assertThatThrownBy(() -> sleepFor(SHORT)).isInstanceOf(CancelledException.class);
            seen.add("interrupted=" + Thread.currentThread().isInterrupted());
            sleepFor(SHORT);
            Thread.sleep(1); // the cleanup may block
            seen.add("slept");
        });
        task.join();
        assertThat(seen).containsExactly("interrupted=false", "slept");
    }

    @Test
    void theInterruptStatusReachesNoOtherTurn() {
        for (int i = 0; i < 20; i++) {
            Task<Void> task = cancelOnceItBlocks(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    LockSupport.park();
                }
            });
            task.join();
            assertThat(system.spawn(() -> Thread.currentThread().isInterrupted())
                            .join())
                    .isFalse();
        }
    }

    @Test
    void aDeadlineInterruptsABlockedBodyAndNothingAfterIt() {
        Task<String> task = system.spawn(() -> {
            assertThatThrownBy(() -> withTimeout(SHORT, () -> empty.take()))
                    .isInstanceOf(DeadlineExceededException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
            String value = withTimeout(SHORT, () -> {
                while (!Thread.currentThread().isInterrupted()) {
                    LockSupport.park();
                }
                return "value";
            });
            return value + ", interrupted=" + Thread.currentThread().isInterrupted();
        });
        assertThat(task.join()).isEqualTo("value, interrupted=false");
    }

    @Test
    void theEndOfTheGraceInterruptsABlockedCleanup() {
        ActorSystem brief = open(limits -> limits.withCancelGrace(SHORT));
        CountDownLatch waits = new CountDownLatch(1);
        Task<Void> task = brief.spawn(() -> {
            spawn(waits::countDown);
            try {
                sleepFor(Duration.ofHours(1));
            } finally {
                try {
                    Thread.sleep(HOUR);
                } catch (InterruptedException _) {
                    seen.add("cut");
                }
            }
        });
        FunctionTest.join(waits);
        task.cancel();
        assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
        assertThat(seen).containsExactly("cut");
    }

    @Test
    void aDeadlineAroundTheCancelledCodeDoesNotInterruptItsCleanup() {
        AtomicLong now = new AtomicLong();
        ActorSystem handDriven = opened(ActorSystem.builder().shards(1).clock(now::get));
        CountDownLatch cleansUp = new CountDownLatch(1);
        CountDownLatch passed = new CountDownLatch(1);
        Task<Void> task = handDriven.spawn(() -> withTimeout(Duration.ofMillis(20), () -> {
            Cell.current("test").cancel();
            try {
                sleepFor(Duration.ofHours(1));
            } finally {
                spawn(cleansUp::countDown); // runs once this one has blocked
                passed.await();
                seen.add("not disturbed");
            }
            return null;
        }));
        FunctionTest.join(cleansUp);
        now.addAndGet(Duration.ofMillis(40).toNanos());
        handDriven.spawn(() -> {}).join(); // the shard has looked at its clock by then
        passed.countDown();
        assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
        assertThat(seen).containsExactly("not disturbed");
    }

    /// What it has waited for had come, so that it went on and blocked, after it was cancelled.
    @Test
    void aFunctionThatBlocksAfterItWasCancelledIsInterrupted() {
        Task<Void> task = system.spawn(() -> {
            Gate gate = new Gate();
            Task<Void> blocking = spawn(() -> {
                gate.await();
                Thread.sleep(HOUR);
            });
            sleepFor(Duration.ofNanos(1));
            gate.open(); // its wake-up is in the run queue now
            blocking.cancel();
            Rouse.awaitAllSettled(List.of(blocking));
            seen.add("ended");
        });
        task.join();
        assertThat(seen).containsExactly("ended");
    }

    @Test
    void stopInterruptsTheBlockedHandlerOfAnActor() {
        CountDownLatch blocks = new CountDownLatch(1);
        ActorRef<String> actor = system.spawnActor("actor", () -> (_, _) -> {
            spawn(blocks::countDown);
            try {
                empty.take();
            } catch (InterruptedException _) {
                seen.add("interrupted");
            }
        });
        actor.tell("a");
        FunctionTest.join(blocks);
        actor.stop();
        actor.terminated().join();
        assertThat(seen).containsExactly("interrupted");
    }

    /// It was logged as an error, and told to watchers.
    @Test
    void anActorThatIsStoppedInABlockedCallHasNotFailed() throws Exception {
        CountDownLatch blocks = new CountDownLatch(1);
        ActorRef<String> actor = system.spawnActor("actor", () -> new Actor<>() {
            @Override
            public void receive(String message, ActorContext<String> context) throws InterruptedException {
                spawn(blocks::countDown);
                Thread.sleep(HOUR);
            }

            @Override
            public void onStop(ActorContext<String> context) {
                seen.add("onStop");
            }
        });
        try (RecordedLog log = new RecordedLog()) {
            actor.tell("a");
            FunctionTest.join(blocks);
            actor.stop();
            actor.terminated().join();
            assertThat(log.messages()).isEmpty();
        }
        assertThat(((ActorCell<?>) actor).failureAtEnd()).isNull();
        assertThat(seen).containsExactly("onStop");
    }

    @Test
    void aMemberThatIsHaltedInABlockedCallHasNotFailed() {
        ActorOptions options = ActorOptions.defaults()
                .withSupervision(Supervision.restart().backoff(SHORT, SHORT).oneForAll());
        try (RecordedLog log = new RecordedLog()) {
            system.spawn(() -> {
                        ActorRef<String> leader = spawnActor("leader", options, () -> (_, _) -> {
                            throw new IllegalStateException("broken");
                        });
                        ActorRef<String> member = spawnActor("member", options, () -> (message, _) -> {
                            if (message.equals("block")) {
                                spawn(() -> leader.tell("fail"));
                                Thread.sleep(HOUR);
                            }
                            seen.add(message);
                        });
                        member.tell("block");
                        member.tell("goes on");
                        while (seen.isEmpty()) {
                            sleepFor(SHORT);
                        }
                    })
                    .join();
            assertThat(log.messages()).hasSize(1); // that of the leader
        }
        assertThat(seen).containsExactly("goes on");
    }

    /// Each of them was reported as a failure that nobody awaited.
    @Test
    void theLosersOfARaceThatBlockHaveNotFailed() {
        try (RecordedLog log = new RecordedLog()) {
            Task<Void> task = system.spawn(() -> {
                List<Task<Void>> racers = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    racers.add(spawn(() -> Thread.sleep(HOUR)));
                }
                racers.add(spawn(() -> {}));
                Rouse.awaitAny(racers);
            });
            task.join();
            assertThat(log.messages()).isEmpty();
        }
    }

    @Test
    void whatFailsBesidesTheInterruptIsReported() {
        try (RecordedLog log = new RecordedLog()) {
            CountDownLatch blocks = new CountDownLatch(1);
            Task<Void> task = system.spawn(() -> {
                spawn(() -> {
                    try (AutoCloseable _ = () -> {
                        throw new IOException("no disk");
                    }) {
                        Thread.sleep(HOUR);
                    }
                });
                spawn(blocks::countDown);
                sleepFor(Duration.ofHours(1));
            });
            FunctionTest.join(blocks);
            CompletableFuture<Void> end = task.toCompletableFuture(); // now somebody waits for it
            task.cancel();
            assertThatThrownBy(end::join)
                    .rootCause()
                    .isInstanceOf(CancelledException.class)
                    .satisfies(failure -> assertThat(failure.getSuppressed())
                            .anyMatch(suppressed -> suppressed instanceof CancelledException));
            // It travels with the parent's, which is itself reported if it ends before the join has begun.
            assertThat(log.messages()).noneMatch(message -> message.contains("-function/"));
        }
    }

    @Test
    void anInterruptOfTheUsersOwnIsAFailure() {
        Task<Void> task = system.spawn(() -> {
            Thread.currentThread().interrupt();
            Thread.sleep(HOUR);
        });
        assertThatThrownBy(task::join)
                .isInstanceOf(TaskFailedException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        Task<Integer> within = system.spawn(() -> withTimeout(Duration.ofHours(1), () -> {
            throw new InterruptedException("own");
        }));
        assertThatThrownBy(within::join)
                .isInstanceOf(TaskFailedException.class)
                .hasCauseInstanceOf(InterruptedException.class);
    }

    @Test
    void anOuterDeadlineThatInterruptsABlockedBodyPassesThroughTheInnerOnes() {
        Task<Void> task = system.spawn(() -> {
            withTimeout(SHORT, () -> {
                try {
                    return withTimeout(Duration.ofHours(1), () -> empty.take());
                } finally {
                    sleepFor(Duration.ofNanos(1)); // it has been told
                    seen.add("cleaned up");
                }
            });
        });
        assertThatThrownBy(task::join)
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("timeout=2ms")
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(seen).containsExactly("cleaned up");
    }

    @Test
    void aCancellationThatInterruptsABlockedBodyPassesThroughItsDeadlines() {
        Task<Void> task = cancelOnceItBlocks(() -> {
            try {
                withTimeout(Duration.ofHours(1), () -> empty.take());
            } catch (CancelledException e) {
                sleepFor(Duration.ofNanos(1)); // it has been told
                seen.add("cleaned up");
                throw e;
            }
        });
        assertThatThrownBy(task::join)
                .isInstanceOf(CancelledException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(seen).containsExactly("cleaned up");
    }

    @Test
    void aTurnThatCancelsItselfIsNotInterrupted() {
        Task<Boolean> task = system.spawn(() -> {
            Cell.current("test").cancel();
            return Thread.currentThread().isInterrupted();
        });
        assertThat(task.join()).isFalse();
    }

    @Test
    void aThousandBlockedFunctionsAreInterruptedByTheEndOfTheirParent() {
        Task<Void> task = cancelOnceItBlocks(() -> {
            List<Task<Void>> children = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                children.add(spawn(() -> Thread.sleep(HOUR)));
            }
            Rouse.awaitAll(children);
        });
        assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
    }
}
