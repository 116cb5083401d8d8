package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Child actors stop one after the other, the newest first.
class OrderlyStopTest extends SystemTest {
    private final RecordedLog log = new RecordedLog();
    private final AtomicInteger started = new AtomicInteger();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    @AfterEach
    void closeLog() {
        log.close();
    }

    /// Takes several turns to stop.
    private Actor<String> slow(String name) {
        return new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                started.incrementAndGet();
            }

            @Override
            public void receive(String message, ActorContext<String> context) {}

            @Override
            public void onStop(ActorContext<String> context) {
                seen.add(name + " stops");
                for (int i = 0; i < 3; i++) {
                    try {
                        sleepFor(Duration.ofMillis(1));
                    } catch (CancelledException _) {
                        giveWay();
                    }
                }
                seen.add(name + " has stopped");
            }
        };
    }

    /// Lets other turns run, also in a cancelled actor.
    private static void giveWay() {
        Cell cell = Cell.current("giveWay");
        cell.yieldTurn();
    }

    @Test
    void theChildrenOfAnActorStopTheNewestFirstOneAfterTheOtherBeforeOnStop() {
        ActorRef<String> parent = system.spawnActor("parent", () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                context.spawnActor("a", () -> slow("a"));
                context.spawnActor("b", () -> slow("b"));
                context.spawnActor("c", () -> slow("c"));
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                context.stop();
            }

            @Override
            public void onStop(ActorContext<String> context) {
                seen.add("parent stops");
            }
        });
        Awaitility.await().until(() -> started.get() == 3);
        parent.tell("stop");
        parent.terminated().join();
        assertThat(seen)
                .containsExactly(
                        "c stops",
                        "c has stopped",
                        "b stops",
                        "b has stopped",
                        "a stops",
                        "a has stopped",
                        "parent stops");
    }

    @Test
    void theOrderHoldsWhenTheParentIsStoppedFromOutsideAndWhenItIsAFunctionThatFails() {
        ActorRef<String> actor = system.spawnActor("parent", (Inbox<String> inbox) -> {
            spawnActor("a", () -> slow("a"));
            spawnActor("b", () -> slow("b"));
            spawn(() -> seen.add("ready"));
            inbox.receive();
        });
        Awaitility.await().until(() -> seen.contains("ready") && started.get() == 2);
        actor.stop();
        actor.terminated().join();
        Task<Void> function = system.spawn(() -> {
            spawnActor("c", () -> slow("c"));
            spawnActor("d", () -> slow("d"));
            await(spawn(() -> {}));
            assertThat(started).hasValue(4);
            throw new IllegalStateException("broken");
        });
        assertThatThrownBy(function::join).hasMessage("broken");
        assertThat(seen)
                .containsExactly(
                        "ready",
                        "b stops",
                        "b has stopped",
                        "a stops",
                        "a has stopped",
                        "d stops",
                        "d has stopped",
                        "c stops",
                        "c has stopped");
    }

    @Test
    void aChildThatTakesTooLongIsReportedAndTheNextOneStopsMeanwhile() {
        CountDownLatch go = new CountDownLatch(1);
        Gate gate = new Gate();
        ActorRef<String> parent = system.spawnActor("parent", (Inbox<String> inbox) -> {
            spawnActor("a", () -> slow("a"));
            spawnActor(
                    "stuck", ActorOptions.defaults().withStopTimeout(Duration.ofMillis(5)), () -> new Actor<String>() {
                        @Override
                        public void receive(String message, ActorContext<String> context) {}

                        @Override
                        public void onStop(ActorContext<String> context) {
                            while (go.getCount() > 0) {
                                giveWay();
                            }
                            seen.add("stuck has stopped");
                        }
                    });
            spawn(gate::open);
            inbox.receive();
        });
        system.spawn(gate::await).join();
        Awaitility.await().until(() -> started.get() == 1);
        parent.stop();
        Awaitility.await().until(() -> seen.contains("a has stopped"));
        assertThat(seen).doesNotContain("stuck has stopped");
        assertThat(parent.terminated().isDone()).isFalse();
        go.countDown();
        parent.terminated().join();
        assertThat(seen).containsExactly("a stops", "a has stopped", "stuck has stopped");
        assertThat(log.messages())
                .containsExactly("a child did not stop in time: child=/parent/stuck, stopTimeout=PT0.005S; what comes "
                        + "after it goes on: shard=test-shard-0");
    }

    @Test
    void aStopTimeoutIsAboveZero() {
        assertThatThrownBy(() -> ActorOptions.defaults().withStopTimeout(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("stopTimeout must be above zero: value=PT0S");
    }
}
