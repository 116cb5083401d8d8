package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What becomes of a failure: it is thrown where somebody waits for it, else it is logged, once.
class FailureTest extends SystemTest {
    private static final String AWAIT_IT = "; await the task, or catch the exception inside the function";

    private final IllegalStateException broken = new IllegalStateException("broken");
    private final List<LogRecord> logged = new CopyOnWriteArrayList<>();
    private final Logger logger = Logger.getLogger("dev.rouse.actor");
    private final Handler recorder = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            logged.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void record() {
        logger.setUseParentHandlers(false);
        logger.setLevel(Level.WARNING);
        logger.addHandler(recorder);
    }

    @AfterEach
    void stopRecording() {
        logger.removeHandler(recorder);
        logger.setUseParentHandlers(true);
        logger.setLevel(null);
    }

    private void assertLoggedOnce(String message) {
        assertThat(logged).hasSize(1);
        assertThat(logged.getFirst().getMessage()).isEqualTo(message);
        assertThat(logged.getFirst().getThrown()).isSameAs(broken);
    }

    @Test
    void aFailingReceiveIsLoggedOnceAndStopsTheActorAndTheShardLivesOn() {
        List<String> seen = new CopyOnWriteArrayList<>();
        ActorRef<String> actor = system.spawnActor("actor", () -> new Actor<>() {
            @Override
            public void receive(String message, ActorContext<String> context) {
                throw broken;
            }

            @Override
            public void onStop(ActorContext<String> context) {
                seen.add("onStop");
            }
        });
        actor.tell("a");
        actor.terminated().join();
        assertThat(seen).containsExactly("onStop");
        assertLoggedOnce("an actor failed and was stopped: actor=/actor");
        assertThat(system.spawn(() -> 1).join()).isEqualTo(1);
    }

    @Test
    void aFailingFactoryStopsTheActor() {
        ActorRef<String> actor = system.<String>spawnActor("actor", () -> {
            throw broken;
        });
        actor.terminated().join();
        assertLoggedOnce("an actor failed and was stopped: actor=/actor");
    }

    @Test
    void aFactoryThatReturnsNothingStopsTheActor() {
        system.<String>spawnActor("actor", () -> (Actor<String>) null)
                .terminated()
                .join();
        assertThat(logged.getFirst().getThrown())
                .isInstanceOf(NullPointerException.class)
                .hasMessage("behavior");
    }

    @Test
    void aFailingOnStartStopsTheActorWithoutOnStop() {
        List<String> seen = new CopyOnWriteArrayList<>();
        ActorRef<String> actor = system.spawnActor("actor", () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                throw broken;
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                seen.add(message);
            }

            @Override
            public void onStop(ActorContext<String> context) {
                seen.add("onStop");
            }
        });
        actor.terminated().join();
        assertThat(seen).isEmpty();
        assertLoggedOnce("an actor failed and was stopped: actor=/actor");
    }

    @Test
    void aFailingOnStopIsLoggedAndTheActorEnds() {
        ActorRef<String> actor = system.spawnActor("actor", () -> new Actor<>() {
            @Override
            public void receive(String message, ActorContext<String> context) {
                context.stop();
            }

            @Override
            public void onStop(ActorContext<String> context) {
                throw broken;
            }
        });
        actor.tell("a");
        actor.terminated().join();
        assertLoggedOnce("an actor failed and was stopped: actor=/actor");
    }

    @Test
    void aStackOverflowStopsItsActorOnly() {
        ActorRef<Integer> actor = system.spawnActor("actor", () -> (message, _) -> overflow(message));
        actor.tell(1);
        actor.terminated().join();
        assertThat(logged.getFirst().getThrown()).isInstanceOf(StackOverflowError.class);
        assertThat(system.spawn(() -> 1).join()).isEqualTo(1);
    }

    @SuppressWarnings("InfiniteRecursion") // that is the point
    private static int overflow(int depth) {
        return overflow(depth + 1) + 1;
    }

    @Test
    void aFailedDirectActorIsLoggedOnce() {
        system.spawnActor("direct", (Inbox<String> _) -> {
                    throw broken;
                })
                .terminated()
                .join();
        assertLoggedOnce("an actor failed and was stopped: actor=/direct");
    }

    @Test
    void anActorThatAwaitsSomethingCancelledFails() {
        ActorRef<String> actor = system.spawnActor("actor", () -> (_, _) -> {
            Task<Void> child = spawn(() -> {});
            child.cancel();
            await(child);
        });
        actor.tell("a");
        actor.terminated().join();
        assertThat(logged.getFirst().getThrown()).isInstanceOf(CancelledException.class);
    }

    @Test
    void aFailedChildThatIsAwaitedIsNotLogged() {
        system.spawn(() -> {
                    try {
                        await(spawn(() -> {
                            throw broken;
                        }));
                    } catch (IllegalStateException _) {
                        // expected
                    }
                })
                .join();
        assertThat(logged).isEmpty();
    }

    @Test
    void aFailedChildThatNobodyHasAwaitedIsLoggedWhenItsParentEnds() {
        system.spawn(() -> {
                    spawn(() -> {
                        throw broken;
                    });
                })
                .join();
        system.spawn(() -> {}).join();
        assertLoggedOnce(
                "ROUSE-V10 a function failed and nobody awaited it: function=/FailureTest-function/FailureTest-function"
                        + AWAIT_IT);
    }

    @Test
    void aFailedFunctionOfAnActorThatNobodyAwaitsIsLogged() {
        AtomicReference<Task<Void>> child = new AtomicReference<>();
        ActorRef<String> actor = system.spawnActor("actor", () -> (_, context) -> {
            child.set(spawn(() -> {
                throw broken;
            }));
            context.stop();
        });
        actor.tell("a");
        actor.terminated().join();
        assertLoggedOnce(
                "ROUSE-V10 a function failed and nobody awaited it: function=/actor/FailureTest-function" + AWAIT_IT);
    }

    /// The emptied list of those who waited was once taken for somebody who waits, and the failure was lost.
    @Test
    void aFailureThatNobodyWaitsForAnyMoreIsLogged() {
        Gate gate = new Gate();
        Task<Void> failing = system.spawn(() -> {
            gate.await();
            throw broken;
        });
        List<Task<Void>> waiting = List.of(awaiting(failing), awaiting(failing));
        system.spawn(() -> {}).join(); // by now both wait
        waiting.forEach(Task::cancel);
        waiting.forEach(task -> assertThatThrownBy(task::join).isInstanceOf(CancelledException.class));
        gate.open();
        Awaitility.await()
                .untilAsserted(() -> assertLoggedOnce(
                        "ROUSE-V10 a function failed and nobody awaited it: function=/FailureTest-function"
                                + AWAIT_IT));
    }

    private Task<Void> awaiting(Task<Void> task) {
        return system.spawn(() -> {
            await(task);
        });
    }

    /// The failures of the ninth child and those after it were once neither thrown nor logged.
    @Test
    void everyFailureThatNobodyAwaitsIsLogged() {
        int children = 12;
        system.spawn(() -> {
                    for (int i = 0; i < children; i++) {
                        spawn(() -> {
                            throw broken;
                        });
                    }
                })
                .join();
        Awaitility.await().untilAsserted(() -> assertThat(logged).hasSize(children)); // after the join, too
    }

    /// A turn's own handler for uncaught exceptions once hid the driver from all functions that came after it.
    @Test
    void aFunctionThatSetsAnUncaughtExceptionHandlerDisturbsNoOther() {
        system.spawn(() -> Thread.currentThread().setUncaughtExceptionHandler((thread, failure) -> {}))
                .join();
        int sum = system.spawn(() -> await(spawn(() -> 1)) + await(spawn(() -> 2)))
                .join();
        assertThat(sum).isEqualTo(3);
    }

    @Test
    void aCancelledChildIsNotLogged() {
        system.spawn(() -> spawn(() -> {}).cancel()).join();
        system.spawn(() -> {}).join();
        assertThat(logged).isEmpty();
    }

    @Test
    void aFailureThatWasLoggedIsThrownAllTheSameToWhoJoinsLater() {
        Task<Void> task = system.spawn(() -> {
            throw broken;
        });
        Awaitility.await().until(() -> !logged.isEmpty());
        assertThatThrownBy(task::join).isSameAs(broken);
        assertThat(logged).hasSize(1);
    }

    @Test
    void aLogThatThrowsKeepsNobodyFromEnding() throws TimeoutException {
        AtomicInteger asked = new AtomicInteger();
        Handler throwing = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                asked.incrementAndGet();
                throw new IllegalStateException("planned");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(throwing);
        try {
            // The failure that nobody awaits is logged at the end of the middle one, on which the outer one
            // waits.
            Task<Void> outer = system.spawn(() -> {
                spawn(() -> {
                    spawn(() -> {
                        throw new IllegalStateException("nobody awaits this");
                    });
                });
            });
            outer.join(Duration.ofSeconds(30));
        } finally {
            logger.removeHandler(throwing);
        }
        assertThat(asked).hasPositiveValue();
    }
}
