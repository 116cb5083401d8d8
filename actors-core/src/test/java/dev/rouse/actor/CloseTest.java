package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.Clock;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What a close ends, cuts and reports, with threads that spawn, tell and join meanwhile; a close among functions is in
/// `HardScenariosTest` of the test kit.
class CloseTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);

    @Test
    void closeCancelsFunctionsAndStopsActorsDownTheTree() {
        List<String> ended = new CopyOnWriteArrayList<>();
        CountDownLatch waiting = new CountDownLatch(2);
        Task<Void> function = system.spawn(() -> {
            spawn(waiting::countDown);
            await(spawn(() -> {
                try {
                    sleepFor(LONG);
                } finally {
                    ended.add("function");
                }
            }));
        });
        ActorRef<String> actor = system.spawnActor("actor", () -> new Actor<>() {
            @Override
            public void receive(String message, ActorContext<String> context) {
                waiting.countDown();
            }

            @Override
            public void onStop(ActorContext<String> context) {
                ended.add("actor");
            }
        });
        actor.tell("go");
        FunctionTest.join(waiting);
        system.close();
        assertThatThrownBy(function::join).isInstanceOf(CancelledException.class);
        actor.terminated().join();
        assertThat(ended).containsExactlyInAnyOrder("function", "actor");
    }

    @Test
    void aClosedSystemRefusesRoots() {
        system.close();
        assertThat(system.isClosed()).isTrue();
        assertThatThrownBy(() -> system.spawn(() -> 1))
                .isInstanceOf(SystemClosedException.class)
                .hasMessage("actor system is closed: system=test; start nothing on it after close()");
        assertThatThrownBy(() -> system.spawnActor("actor", () -> (_, _) -> {}))
                .isInstanceOf(SystemClosedException.class);
    }

    @Test
    void aMessageToAnActorOfAClosedSystemIsADeadLetterAndAnAskFails() {
        ActorRef<String> actor = system.spawnActor("actor", () -> (_, _) -> {});
        system.close();
        long before = system.deadLetters();
        actor.tell("late");
        assertThat(system.deadLetters()).isEqualTo(before + 1);
        assertThatThrownBy(actor.<Integer>ask(_ -> "late")::join).isInstanceOf(RouseException.class);
        assertThat(actor.tryTell("late")).isEqualTo(Delivery.STOPPED);
    }

    @Test
    void closeMayBeCalledAgain() {
        system.close();
        system.close();
    }

    @Test
    void closeInsideAFunctionBeginsTheEndAndReturns() {
        AtomicBoolean returned = new AtomicBoolean();
        Task<Void> closing = system.spawn(() -> {
            system.close();
            returned.set(true);
            sleepFor(LONG);
        });
        assertThatThrownBy(closing::join).isInstanceOf(CancelledException.class);
        system.close(); // waits for the end that was begun
        assertThat(returned).isTrue();
        assertThat(system.shutdown()).isCompletedWithValue(new CloseReport(List.of()));
    }

    @Test
    void anActorCanCloseItsSystemAndIsStopped() {
        List<String> seen = new CopyOnWriteArrayList<>();
        ActorRef<String> actor = system.spawnActor("actor", () -> new Actor<>() {
            @Override
            public void receive(String message, ActorContext<String> context) {
                context.system().close();
                seen.add("goes on");
            }

            @Override
            public void onStop(ActorContext<String> context) {
                seen.add("onStop");
            }
        });
        actor.tell("close");
        actor.terminated().join();
        assertThat(system.shutdown().join().isClean()).isTrue();
        assertThat(seen).containsExactly("goes on", "onStop");
    }

    @Test
    void aFunctionOfAnotherSystemCanAwaitTheEnd() {
        ActorSystem other = open(limits -> limits);
        other.spawn(() -> sleepFor(LONG));
        CloseReport report = system.spawn(() -> await(other.shutdown())).join();
        assertThat(report.isClean()).isTrue();
        assertThat(other.isClosed()).isTrue();
    }

    /// What depends on the report runs in the thread that completes it.
    @Test
    void whatDependsOnTheReportMayCloseTheSystemToo() {
        ActorSystem own = ActorSystem.builder().shards(1).build(); // if it hangs, its close would in the end, too
        CompletableFuture<Void> closedTwice = own.shutdown().thenRun(own::close);
        Awaitility.await().until(closedTwice::isDone);
        closedTwice.join();
    }

    /// A virtual thread that a function starts runs on the shard: it once waited for the end of its own carrier.
    @Test
    void aVirtualThreadOfAFunctionCanCloseTheSystem() {
        CountDownLatch returned = new CountDownLatch(1);
        system.spawn(() -> {
            Thread.ofVirtual().start(() -> {
                system.close();
                returned.countDown();
            });
        });
        FunctionTest.join(returned);
        assertThat(system.shutdown().join().isClean()).isTrue();
    }

    @Test
    void manyWhoCloseAtOnceAllWaitForTheOneEnd() throws InterruptedException {
        AtomicInteger unwound = new AtomicInteger();
        CountDownLatch waiting = new CountDownLatch(1);
        system.spawn(() -> {
            spawn(waiting::countDown);
            try {
                sleepFor(LONG);
            } finally {
                unwound.incrementAndGet();
            }
        });
        FunctionTest.join(waiting);
        List<Thread> closing = new ArrayList<>();
        AtomicInteger sawTheEnd = new AtomicInteger();
        for (int i = 0; i < 8; i++) {
            closing.add(Thread.ofPlatform().start(() -> {
                system.close();
                sawTheEnd.addAndGet(unwound.get());
            }));
        }
        for (Thread thread : closing) {
            thread.join();
        }
        assertThat(sawTheEnd).hasValue(8);
    }

    @Test
    void theReportSaysWhatWasCutOff() {
        ActorSystem stuck = open(limits -> limits.withCloseTimeout(Duration.ofMillis(20)));
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(1);
        ActorRef<String> actor = stuck.spawnActor("stuck", () -> (_, _) -> {
            blocked.countDown();
            joinWhateverInterrupts(never);
        });
        actor.tell("block");
        FunctionTest.join(blocked);
        CloseReport report;
        try (RecordedLog _ = new RecordedLog()) {
            report = stuck.shutdown().join();
        } finally {
            never.countDown();
        }
        assertThat(report.isClean()).isFalse();
        CloseReport.CutOff cutOff = report.cutOff().getFirst();
        assertThat(cutOff.shard()).isEqualTo("test-shard-0");
        assertThat(cutOff.alive()).isEqualTo(1);
        // The portable engine's shard is still held up.
        assertThat(cutOff.paths()).isEqualTo(cutOff.runsOn() ? List.of() : List.of("/stuck"));
    }

    private static void joinWhateverInterrupts(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException _) {
                // the cancellation, which this one does not heed
            }
        }
    }

    @Test
    void closeWhileActorsRestartEndsThem() {
        try (RecordedLog _ = new RecordedLog()) {
            ActorSystem two = open(2, limits -> limits);
            ActorOptions options = ActorOptions.defaults()
                    .withSupervision(Supervision.restart()
                            .atMost(1_000, Duration.ofMillis(1))
                            .backoff(Duration.ofMillis(1), Duration.ofMillis(4))
                            .oneForAll());
            CountDownLatch crashed = new CountDownLatch(20);
            List<ActorRef<String>> actors = new CopyOnWriteArrayList<>();
            two.spawn(() -> {
                for (int i = 0; i < 8; i++) {
                    actors.add(Rouse.spawnActor("actor" + i, options, () -> (_, _) -> {
                        crashed.countDown();
                        throw new IllegalStateException("broken");
                    }));
                }
                while (true) {
                    actors.forEach(actor -> actor.tryTell("crash"));
                    sleepFor(Duration.ofMillis(1));
                }
            });
            FunctionTest.join(crashed);
            assertThat(two.shutdown().join().isClean()).isTrue();
            assertThat(actors).allMatch(actor -> actor.terminated().isDone());
        }
    }

    /// Each with a function that waits, an actor with a timer, and a message on its way.
    @Test
    void aThousandSystemsOpenedAndClosedLeaveNoThreadAndNoSystemBehind() {
        List<WeakReference<ActorSystem>> systems = new ArrayList<>();
        int before = carriers();
        for (int i = 0; i < 1_000; i++) {
            systems.add(new WeakReference<>(openAndClose()));
        }
        // The thread that has closed a system ends just after it has said so.
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> carriers() == before);
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            return systems.stream().allMatch(reference -> reference.get() == null);
        });
    }

    private static int carriers() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("brief-"))
                .count();
    }

    private static ActorSystem openAndClose() {
        ActorSystem brief = ActorSystem.builder().name("brief").shards(1).build();
        brief.spawn(() -> sleepFor(LONG));
        ActorRef<String> actor = brief.spawnActor("actor", () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                context.timers().once(LONG, "late");
            }

            @Override
            public void receive(String message, ActorContext<String> context) {}
        });
        actor.tell("hello");
        brief.close();
        return brief;
    }

    @Test
    void joinInsideAFunctionIsRefused() {
        Task<Void> sleeper = system.spawn(() -> sleepFor(LONG));
        assertThatThrownBy(() -> system.spawn(() -> sleeper.join()).join())
                .isInstanceOf(ViolationException.class)
                .hasMessageStartingWith("ROUSE-V04 join would hold up a shard: shard=")
                .hasMessageEndingWith("task=/CloseTest-function; use await(task) inside functions and actors");
    }

    @Test
    void anInterruptDoesNotCutCloseShort() throws InterruptedException {
        AtomicBoolean unwound = new AtomicBoolean();
        AtomicBoolean kept = new AtomicBoolean();
        CountDownLatch waiting = new CountDownLatch(1);
        system.spawn(() -> {
            spawn(waiting::countDown);
            try {
                sleepFor(LONG);
            } finally {
                unwound.set(true);
            }
        });
        FunctionTest.join(waiting);
        Thread closing = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            system.close();
            kept.set(Thread.currentThread().isInterrupted());
        });
        closing.join();
        assertThat(unwound).isTrue();
        assertThat(kept).isTrue();
    }

    /// A function that blocks in a way that no cancellation ends, with everything that can wait for it waiting.
    @Test
    void whatIsCutOffFailsForAllWhoWaitForIt() {
        ActorSystem stuck = open(limits -> limits.withCloseTimeout(Duration.ofMillis(20)));
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(1);
        ActorRef<String> actor =
                stuck.spawnActor("stuck", ActorOptions.defaults().withMailbox(1), () -> (_, _) -> {
                    blocked.countDown();
                    joinWhateverComes(never);
                });
        actor.tell("block");
        FunctionTest.join(blocked);
        actor.tell("waits in the mailbox");
        CompletableFuture<Void> future = actor.terminated().toCompletableFuture();
        Task<String> remote = system.spawn(() -> {
            try {
                await(actor.terminated());
                return "ended";
            } catch (SystemClosedException _) {
                return "closed";
            }
        });
        Task<Void> sender = system.spawn(() -> actor.tell("waits before the mailbox"));
        Thread joining = joiningThread(actor.terminated()::join);
        Thread telling = joiningThread(() -> actor.tell("waits before the mailbox too"));
        Awaitility.await().until(() -> joining.getState() == Thread.State.WAITING);
        Awaitility.await().until(() -> telling.getState() == Thread.State.WAITING);
        try {
            stuck.close();
            Awaitility.await().until(() -> !joining.isAlive() && !telling.isAlive());
        } finally {
            never.countDown();
        }
        // In the carrier engine the shard has ended by now, in the portable one it does so when its turn ends.
        Awaitility.await().until(future::isDone);
        assertThat(future).isCompletedExceptionally();
        assertThat(remote.join()).isEqualTo("closed");
        sender.join();
        assertThatThrownBy(actor.terminated()::join).isInstanceOf(SystemClosedException.class);
        assertThat(stuck.deadLetters()).isGreaterThanOrEqualTo(3);
    }

    /// Stopping interrupts it.
    private static void joinWhateverComes(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException _) {
                // goes on
            }
        }
    }

    private static Thread joiningThread(Runnable body) {
        return Thread.ofPlatform().start(() -> {
            try {
                body.run();
            } catch (SystemClosedException _) {
                // as it should be
            }
        });
    }

    @Test
    void closeUnderLoadEndsEveryTaskExactlyOnce() {
        ActorSystem two = open(2, limits -> limits.withMailbox(8).withSpawnQueue(16));
        AtomicInteger ended = new AtomicInteger();
        AtomicInteger started = new AtomicInteger();
        CountDownLatch running = new CountDownLatch(100);
        List<CompletableFuture<?>> futures = new CopyOnWriteArrayList<>();
        ActorRef<Integer> sink = two.spawnActor("sink", () -> (_, _) -> running.countDown());
        List<Thread> spawners = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            spawners.add(Thread.ofPlatform().start(() -> {
                while (true) {
                    try {
                        Task<Void> task = two.spawn(() -> {
                            spawn(() -> sleepFor(Duration.ofMillis(1)));
                            sink.tell(1);
                        });
                        started.incrementAndGet();
                        futures.add(task.toCompletableFuture().handle((_, _) -> ended.incrementAndGet()));
                    } catch (SystemClosedException | CancelledException _) {
                        return;
                    }
                }
            }));
        }
        FunctionTest.join(running);
        two.close();
        for (Thread spawner : spawners) {
            Awaitility.await().until(() -> !spawner.isAlive());
        }
        Awaitility.await().until(() -> futures.stream().allMatch(CompletableFuture::isDone));
        assertThat(ended).hasValue(started.get());
    }

    @Test
    void aSystemThatCannotBeBuiltLeavesNoThreadOfAShard() {
        Clock system = Clock.system();
        Clock failing = () -> {
            boolean watchdog = StackWalker.getInstance()
                    .walk(frames ->
                            frames.anyMatch(frame -> frame.getClassName().startsWith(Watchdog.class.getName())));
            if (watchdog) {
                throw new OutOfMemoryError("simulated");
            }
            return system.nanoTime();
        };
        ActorSystem.Builder builder =
                ActorSystem.builder().name("unbuilt").shards(2).clock(failing);
        assertThatThrownBy(builder::build).isInstanceOf(OutOfMemoryError.class);
        Awaitility.await()
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("unbuilt-shard")));
    }
}
