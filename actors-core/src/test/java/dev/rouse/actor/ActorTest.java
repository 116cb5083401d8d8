package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ActorTest extends SystemTest {
    private final List<String> seen = new CopyOnWriteArrayList<>();

    /// Notes what happens to it; "stop" stops it.
    private final class Recorder implements Actor<String> {
        @Override
        public void onStart(ActorContext<String> context) {
            seen.add("start");
        }

        @Override
        public void receive(String message, ActorContext<String> context) {
            seen.add(message);
            if (message.equals("stop")) {
                context.stop();
            }
        }

        @Override
        public void onStop(ActorContext<String> context) {
            seen.add("end");
        }
    }

    @Test
    void anActorStartsReceivesInOrderAndStops() {
        ActorRef<String> actor = system.spawnActor("recorder", Recorder::new);
        actor.tell("a");
        actor.tell("b");
        actor.tell("stop");
        actor.terminated().join();
        assertThat(seen).containsExactly("start", "a", "b", "stop", "end");
    }

    @Test
    void messagesToARootActorThatHasNotStartedYetWaitForIt() {
        Gate gate = new Gate();
        Task<Void> busy = system.spawn(() -> {
            ActorRef<String> actor = system.spawnActor("recorder", Recorder::new);
            IntStream.range(0, 5).forEach(i -> actor.tell("m" + i));
            actor.tell("stop");
            assertThat(seen).isEmpty();
            await(actor.terminated());
        });
        gate.open();
        busy.join();
        assertThat(seen).containsExactly("start", "m0", "m1", "m2", "m3", "m4", "stop", "end");
    }

    @Test
    void stopFromOutsideEndsAnIdleActor() {
        ActorRef<String> actor = system.spawnActor("recorder", Recorder::new);
        actor.tell("a");
        system.spawn(() -> {}).join();
        actor.stop();
        actor.terminated().join();
        assertThat(seen).containsExactly("start", "a", "end");
    }

    @Test
    void anActorThatIsStoppedBeforeItStartsNeverStarts() {
        system.spawn(() -> {
                    ActorRef<String> actor = Rouse.spawnActor("recorder", Recorder::new);
                    actor.tell("a");
                    actor.stop();
                    await(actor.terminated());
                })
                .join();
        assertThat(seen).isEmpty();
        assertThat(system.deadLetters()).isEqualTo(1);
    }

    @Test
    void messagesThatWaitWhenAnActorStopsAreDeadLetters() {
        ActorRef<String> actor = system.spawnActor("recorder", Recorder::new);
        system.spawn(() -> {
                    for (String message : List.of("a", "stop", "b", "c")) {
                        actor.tell(message);
                    }
                })
                .join();
        actor.terminated().join();
        assertThat(seen).containsExactly("start", "a", "stop", "end");
        assertThat(system.deadLetters()).isEqualTo(2);
    }

    @Test
    void aMessageToAStoppedActorIsADeadLetter() {
        ActorRef<String> actor = system.spawnActor("recorder", Recorder::new);
        actor.stop();
        actor.terminated().join();
        system.spawn(() -> actor.tell("local")).join();
        assertThat(system.deadLetters()).isEqualTo(1);
        actor.tell("remote");
        system.spawn(() -> {}).join();
        assertThat(system.deadLetters()).isEqualTo(2);
        assertThat(actor.tryTell("offered")).isEqualTo(Delivery.STOPPED);
        assertThat(system.deadLetters()).isEqualTo(2);
    }

    @Test
    void stopCancelsAnActorThatWaitsInReceive() {
        CountDownLatch waiting = new CountDownLatch(1);
        ActorRef<String> actor = system.spawnActor("waiter", () -> (_, _) -> {
            spawn(waiting::countDown);
            try {
                sleepFor(Duration.ofHours(1));
            } catch (CancelledException e) {
                seen.add("cancelled");
                throw e;
            }
        });
        actor.tell("go");
        FunctionTest.join(waiting);
        actor.stop();
        actor.terminated().join();
        assertThat(seen).containsExactly("cancelled");
    }

    @Test
    void anActorThatWaitsInReceiveTakesNoOtherMessage() {
        Gate gate = new Gate();
        ActorRef<String> actor = system.spawnActor("waiter", () -> (message, _) -> {
            seen.add(message);
            if (message.equals("first")) {
                gate.await();
                seen.add("first ends");
            }
        });
        actor.tell("first");
        actor.tell("second");
        system.spawn(() -> {}).join();
        assertThat(seen).containsExactly("first");
        gate.open();
        Awaitility.await().until(() -> seen.size() == 3);
        assertThat(seen).containsExactly("first", "first ends", "second");
    }

    @Test
    void anActorThatSwallowsItsCancellationStopsAfterItsMessage() {
        CountDownLatch waiting = new CountDownLatch(1);
        ActorRef<String> actor = system.spawnActor("stubborn", () -> (message, _) -> {
            spawn(waiting::countDown);
            try {
                sleepFor(Duration.ofHours(1));
            } catch (CancelledException _) {
                seen.add(message);
            }
        });
        actor.tell("a");
        actor.tell("b");
        FunctionTest.join(waiting);
        actor.stop();
        actor.terminated().join();
        assertThat(seen).containsExactly("a");
        assertThat(system.deadLetters()).isEqualTo(1);
    }

    @Test
    void childActorsStopWithTheirParent() {
        AtomicReference<ActorRef<String>> child = new AtomicReference<>();
        ActorRef<String> parent = system.spawnActor("parent", () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                child.set(context.spawnActor("child", Recorder::new));
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                child.get().tell(message);
            }
        });
        parent.tell("a");
        system.spawn(() -> {}).join();
        system.spawn(() -> {}).join();
        parent.stop();
        parent.terminated().join();
        assertThat(child.get().terminated().isDone()).isTrue();
        assertThat(child.get().path()).isEqualTo("/parent/child");
        assertThat(seen).containsExactly("start", "a", "end");
    }

    @Test
    void anActorGivesWayToOthersAfterItsBudgetOfMessages() {
        ActorSystem small = open(limits -> limits.withTurnMessages(3));
        small.spawn(() -> {
                    ActorRef<String> a = Rouse.spawnActor("a", () -> (message, _) -> seen.add("a" + message));
                    ActorRef<String> b = Rouse.spawnActor("b", () -> (message, _) -> seen.add("b" + message));
                    for (int i = 0; i < 4; i++) {
                        a.tell("" + i);
                        b.tell("" + i);
                    }
                    while (seen.size() < 8) {
                        sleepFor(Duration.ofNanos(1));
                    }
                })
                .join();
        assertThat(seen).containsExactly("a0", "a1", "a2", "b0", "b1", "b2", "a3", "b3");
    }

    @Test
    void messagesOfOneSenderKeepTheirOrderThroughAFullMailboxOfAnotherShard() {
        ActorSystem two = open(2, limits -> limits);
        List<Integer> received = new CopyOnWriteArrayList<>();
        CountDownLatch done = new CountDownLatch(2);
        ActorRef<Integer> actor = two.spawnActor("slow", ActorOptions.defaults().withMailbox(3), () -> (message, _) -> {
            received.add(message);
            if (message % 1_000 == 999) {
                done.countDown();
            }
        });
        two.spawn(() -> IntStream.range(0, 1_000).forEach(actor::tell));
        Thread outside =
                Thread.ofPlatform().start(() -> IntStream.range(1_000, 2_000).forEach(actor::tell));
        FunctionTest.join(done);
        assertThat(received.stream().filter(i -> i < 1_000).toList()).isSorted().hasSize(1_000);
        assertThat(received.stream().filter(i -> i >= 1_000).toList())
                .isSorted()
                .hasSize(1_000);
        assertThat(outside.isVirtual()).isFalse();
    }

    @Test
    void namesWithoutACharacterOrWithASlashAreRefused() {
        for (String name : List.of("", "a/b")) {
            assertThatThrownBy(() -> system.spawnActor(name, Recorder::new))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "not an actor name: name='" + name + "'; it must have at least one character and no '/'");
        }
    }
}
