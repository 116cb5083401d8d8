package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What a full mailbox means to senders. The actor under test handles "hold" until its gate opens.
class MailboxTest extends SystemTest {
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final Gate gate = new Gate();
    private final CountDownLatch holding = new CountDownLatch(1);

    /// Its mailbox is empty and stays as it is until the gate opens.
    private ActorRef<String> holdingActor(ActorSystem in, int capacity) {
        ActorRef<String> actor =
                in.spawnActor("actor", ActorOptions.defaults().withMailbox(capacity), () -> (message, _) -> {
                    seen.add(message);
                    if (message.equals("hold")) {
                        spawn(holding::countDown);
                        gate.await();
                    }
                });
        actor.tell("hold");
        FunctionTest.join(holding);
        return actor;
    }

    @Test
    void aMailboxTakesItsCapacityAndNotOneMoreFromInside() {
        ActorRef<String> actor = holdingActor(system, 3);
        assertThat(system.spawn(() -> IntStream.range(0, 4)
                                .mapToObj(i -> actor.tryTell("m" + i))
                                .toList())
                        .join())
                .containsExactly(Delivery.ACCEPTED, Delivery.ACCEPTED, Delivery.ACCEPTED, Delivery.FULL);
        gate.open();
    }

    @Test
    void aMailboxTakesItsCapacityAndNotOneMoreFromOutside() {
        ActorRef<String> actor = holdingActor(system, 3);
        assertThat(IntStream.range(0, 4).mapToObj(i -> actor.tryTell("m" + i)).toList())
                .containsExactly(Delivery.ACCEPTED, Delivery.ACCEPTED, Delivery.ACCEPTED, Delivery.FULL);
        gate.open();
    }

    @Test
    void aMailboxOfOneWorks() {
        ActorRef<String> actor = holdingActor(system, 1);
        Task<Void> sender = system.spawn(() -> IntStream.range(0, 10).forEach(i -> actor.tell("m" + i)));
        gate.open();
        sender.join();
        Awaitility.await().until(() -> seen.size() == 11);
        assertThat(seen).isEqualTo(List.of("hold", "m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"));
    }

    @Test
    void aFullMailboxSuspendsTheFunctionThatSendsAndTheShardGoesOn() {
        ActorRef<String> actor = holdingActor(system, 1);
        Task<Void> sender = system.spawn(() -> {
            actor.tell("m0");
            actor.tell("m1");
        });
        assertThat(system.spawn(() -> "others run").join()).isEqualTo("others run");
        assertThat(sender.isDone()).isFalse();
        gate.open();
        sender.join();
        Awaitility.await().until(() -> seen.size() == 3);
        assertThat(seen).containsExactly("hold", "m0", "m1");
    }

    @Test
    void aFullMailboxBlocksTheThreadThatSends() {
        ActorRef<String> actor = holdingActor(system, 1);
        actor.tell("m0");
        Thread sender = Thread.ofPlatform().start(() -> actor.tell("m1"));
        Awaitility.await().until(() -> sender.getState() == Thread.State.WAITING);
        gate.open();
        Awaitility.await().until(() -> !sender.isAlive());
        Awaitility.await().until(() -> seen.size() == 3);
        assertThat(seen).containsExactly("hold", "m0", "m1");
    }

    @Test
    void sendersThatWaitGoBeforeThoseThatComeLater() {
        ActorRef<String> actor = holdingActor(system, 4);
        Task<Void> early = system.spawn(() -> IntStream.range(0, 5).forEach(i -> actor.tell("early" + i)));
        system.spawn(() -> {}).join();
        assertThat(early.isDone()).isFalse();
        gate.open();
        // One message has been taken by the time this runs, but its slot is not for those who come later.
        early.join();
        Awaitility.await().until(() -> seen.size() == 6);
        assertThat(seen).endsWith("early3", "early4");
    }

    @Test
    void nobodyOvertakesAWaitingSenderWhileThereIsRoomAgain() {
        CountDownLatch heldAgain = new CountDownLatch(1);
        Gate secondGate = new Gate();
        ActorRef<String> actor =
                system.spawnActor("actor", ActorOptions.defaults().withMailbox(4), () -> (message, _) -> {
                    seen.add(message);
                    if (message.equals("hold")) {
                        spawn(holding::countDown);
                        gate.await();
                    } else if (message.equals("m0")) {
                        spawn(heldAgain::countDown);
                        secondGate.await();
                    }
                });
        actor.tell("hold");
        FunctionTest.join(holding);
        IntStream.range(0, 4).forEach(i -> actor.tell("m" + i));
        Task<Void> waiting = system.spawn(() -> actor.tell("waited"));
        system.spawn(() -> {}).join();
        gate.open();
        FunctionTest.join(heldAgain);
        // Three of four slots are taken, but the mailbox lets waiting senders in only at half.
        assertThat(actor.tryTell("late")).isEqualTo(Delivery.FULL);
        assertThat(system.spawn(() -> actor.tryTell("late")).join()).isEqualTo(Delivery.FULL);
        secondGate.open();
        waiting.join();
        Awaitility.await().until(() -> seen.size() == 6);
        assertThat(seen).containsExactly("hold", "m0", "m1", "m2", "m3", "waited");
    }

    @Test
    void aCancelledSenderWithdrawsItsMessage() {
        ActorRef<String> actor = holdingActor(system, 1);
        actor.tell("m0");
        CountDownLatch sending = new CountDownLatch(1);
        Task<Void> sender = system.spawn(() -> {
            spawn(sending::countDown);
            actor.tell("withdrawn");
        });
        FunctionTest.join(sending);
        sender.cancel();
        assertThatThrownBy(sender::join).isInstanceOf(CancelledException.class);
        assertThat(actor.tryTell("full still")).isEqualTo(Delivery.FULL);
        gate.open();
        Awaitility.await().until(() -> seen.size() == 2);
        actor.tell("m1");
        Awaitility.await().until(() -> seen.size() == 3);
        assertThat(seen).containsExactly("hold", "m0", "m1");
        assertThat(system.deadLetters()).isZero();
    }

    @Test
    void aDeadlineEndsATellToAFullMailboxOfAnotherShard() {
        ActorSystem two = open(2, limits -> limits);
        ActorRef<String> actor = holdingActor(two, 1);
        actor.tell("m0");
        Task<Void> sender = two.spawn(() -> withTimeout(Duration.ofMillis(1), () -> {
            actor.tell("late");
            return null;
        }));
        assertThatThrownBy(sender::join).isInstanceOf(DeadlineExceededException.class);
        gate.open();
        Awaitility.await().until(() -> seen.size() == 2);
        assertThat(seen).containsExactly("hold", "m0");
    }

    @Test
    void anInterruptedThreadWithdrawsItsMessageAndKeepsItsInterrupt() throws InterruptedException {
        ActorRef<String> actor = holdingActor(system, 1);
        actor.tell("m0");
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicBoolean keptInterrupt = new AtomicBoolean();
        Thread sender = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            try {
                actor.tell("withdrawn");
            } catch (CancelledException e) {
                thrown.set(e);
                keptInterrupt.set(Thread.currentThread().isInterrupted());
            }
        });
        sender.join();
        assertThat(keptInterrupt).isTrue();
        assertThat(thrown.get())
                .hasMessage("interrupted while the mailbox was full: target=/actor, limit=1; the message was not sent");
        gate.open();
        Awaitility.await().until(() -> seen.size() == 2);
    }

    @Test
    void aFullActorCanBeStoppedAndItsWaitingSendersGoOn() {
        ActorRef<String> actor = holdingActor(system, 1);
        actor.tell("m0");
        Task<Void> sender = system.spawn(() -> actor.tell("m1"));
        Thread outside = Thread.ofPlatform().start(() -> actor.tell("m2"));
        Awaitility.await().until(() -> outside.getState() == Thread.State.WAITING);
        actor.stop();
        actor.terminated().join();
        sender.join();
        Awaitility.await().until(() -> !outside.isAlive());
        assertThat(seen).containsExactly("hold");
        assertThat(system.deadLetters()).isEqualTo(3);
    }

    @Test
    void anActorThatTellsItselfWithAFullMailboxIsRefusedAndGetsItsMessageBack() {
        CountDownLatch done = new CountDownLatch(1);
        AtomicReference<MailboxFullException> refused = new AtomicReference<>();
        ActorRef<String> actor =
                system.spawnActor("self", ActorOptions.defaults().withMailbox(2), () -> (message, context) -> {
                    if (message.equals("start")) {
                        context.self().tell("1");
                        context.self().tell("2");
                        try {
                            context.self().tell("3");
                        } catch (MailboxFullException e) {
                            refused.set(e);
                        }
                    }
                    seen.add(message);
                    if (message.equals("2")) {
                        done.countDown();
                    }
                });
        actor.tell("start");
        FunctionTest.join(done);
        assertThat(seen).containsExactly("start", "1", "2");
        assertThat(refused.get().undelivered()).isEqualTo("3");
        assertThat(refused.get())
                .hasMessage("mailbox is full: target=/self, message=String, limit=2;"
                        + " the actor cannot wait for itself to make room");
    }

    @Test
    void aMailboxGrowsToItsCapacityInOrderAndShrinksWhenItIsEmpty() {
        ActorRef<String> actor = holdingActor(system, 1_000);
        List<String> messages = IntStream.range(0, 1_000).mapToObj(i -> "m" + i).toList();
        messages.forEach(actor::tell);
        assertThat(actor.tryTell("one more")).isEqualTo(Delivery.FULL);
        gate.open();
        Awaitility.await().until(() -> seen.size() == 1_001);
        assertThat(seen.subList(1, 1_001)).isEqualTo(messages);
        assertThat(actor.tryTell("room again")).isEqualTo(Delivery.ACCEPTED);
    }

    @Test
    void manyWaitingSendersAreLetInOnce() {
        ActorRef<String> actor = holdingActor(system, 2);
        List<Task<Void>> senders = IntStream.range(0, 1_000)
                .mapToObj(i -> system.spawn(() -> actor.tell("m" + i)))
                .toList();
        gate.open();
        system.spawn(() -> {
                    for (Task<Void> sender : senders) {
                        await(sender);
                    }
                    while (seen.size() < 1_001) {
                        sleepFor(Duration.ofMillis(1));
                    }
                })
                .join();
        assertThat(seen).doesNotHaveDuplicates().hasSize(1_001);
    }

    @Test
    @SuppressWarnings("NullAway") // that is the point
    void nullIsRefusedAtTheSender() {
        ActorRef<String> actor = system.spawnActor("actor", () -> (_, _) -> {});
        assertThatThrownBy(() -> actor.tell(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> actor.tryTell(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> actor.ask(_ -> null)).isInstanceOf(NullPointerException.class);
        assertThat(system.deadLetters()).isZero();
    }

    /// Both the end of the target and a step that comes too late for it refuse a waiting sender.
    @Test
    void aWaitingSenderThatIsRefusedTwiceLeavesOneDeadLetter() {
        ActorCell<String> target = (ActorCell<String>) system.<String>spawnActor("actor", () -> (_, _) -> {});
        system.close();
        PendingSend sender = new PendingSend(target, "a", null);
        sender.stopped();
        sender.stopped();
        assertThat(system.deadLetters()).isEqualTo(1);
    }

    @Test
    void aWaitingSenderThatSeveralThreadsRefuseAtOnceLeavesOneDeadLetter() {
        ActorCell<String> target = (ActorCell<String>) system.<String>spawnActor("actor", () -> (_, _) -> {});
        system.close();
        int senders = 2_000;
        List<PendingSend> pending = Stream.generate(() -> new PendingSend(target, "a", null))
                .limit(senders)
                .toList();
        AtomicInteger turn = new AtomicInteger();
        Runnable refuser = () -> {
            for (int i = 0; i < senders; i++) {
                turn.incrementAndGet();
                while (turn.get() < 2 * (i + 1)) {
                    Thread.onSpinWait(); // both come to it together
                }
                pending.get(i).stopped();
            }
        };
        CompletableFuture<Void> other = CompletableFuture.runAsync(refuser);
        refuser.run();
        other.join();
        assertThat(system.deadLetters()).isEqualTo(senders);
    }

    @Test
    void aSenderThatTheEndOfTheSystemReleasesWhileTheLastTurnRunsIsSettledByTheShard() {
        ActorCell<String> target = (ActorCell<String>) system.<String>spawnActor("actor", () -> (_, _) -> {});
        PendingSend sender = new PendingSend(target, "a", null);
        system.spawn(() -> {
                    sender.onSystemClosed();
                    CompletableFuture<Void> leaves = CompletableFuture.runAsync(sender::await);
                    while (!leaves.isDone()) {
                        Thread.onSpinWait(); // holds the shard
                    }
                    assertThat(system.deadLetters()).isZero();
                })
                .join();
        system.close();
        assertThat(system.deadLetters()).isZero(); // it was accepted
    }
}
