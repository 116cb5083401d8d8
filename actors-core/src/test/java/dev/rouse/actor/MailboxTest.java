package dev.rouse.actor;

import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

/// What a full mailbox means to threads that send, and what several of them do at once; functions are in
/// `MailboxScenariosTest` of the test kit. The actor under test handles "hold" until its gate opens.
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
    void aMailboxTakesItsCapacityAndNotOneMoreFromOutside() {
        ActorRef<String> actor = holdingActor(system, 3);
        assertThat(IntStream.range(0, 4).mapToObj(i -> actor.tryTell("m" + i)).toList())
                .containsExactly(Delivery.ACCEPTED, Delivery.ACCEPTED, Delivery.ACCEPTED, Delivery.FULL);
        gate.open();
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
