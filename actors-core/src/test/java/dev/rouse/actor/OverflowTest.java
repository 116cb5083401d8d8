package dev.rouse.actor;

import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What becomes of messages of threads that find a mailbox full where their senders do not wait; those of functions are
/// in `MailboxScenariosTest` of the test kit. The mailbox takes three, and the
/// actor handles "hold" until its gate opens.
class OverflowTest extends SystemTest {
    private static final int CAPACITY = 3;

    private final List<DeadLetter> letters = new CopyOnWriteArrayList<>();
    private final List<Object> seen = new CopyOnWriteArrayList<>();
    private final Gate gate = new Gate();

    private ActorSystem listening(int shards) {
        return opened(ActorSystem.builder().shards(shards).deadLetterListener(letters::add));
    }

    /// On the first shard of a new system. Its mailbox is empty and stays as it is until the gate opens.
    private ActorRef<Object> holdingActor(ActorSystem in, Overflow overflow) {
        CountDownLatch holding = new CountDownLatch(1);
        ActorOptions options = ActorOptions.defaults().withMailbox(CAPACITY).withOverflow(overflow);
        ActorRef<Object> actor = in.spawnActor("full", options, () -> (message, _) -> {
            if (message.equals("hold")) {
                spawn(holding::countDown);
                gate.await();
            } else {
                seen.add(message);
            }
        });
        actor.tell("hold");
        FunctionTest.join(holding);
        return actor;
    }

    private static void fill(ActorSystem in, ActorRef<Object> actor) {
        in.spawn(() -> IntStream.range(0, CAPACITY).forEach(actor::tell)).join();
    }

    private void awaitSeen(Object... messages) {
        gate.open();
        Awaitility.await().until(() -> seen.size() >= messages.length);
        assertThat(seen).containsExactly(messages);
    }

    private void awaitLetters(DeadLetter.Reason reason, Object... messages) {
        Awaitility.await().until(() -> letters.size() >= messages.length);
        assertThat(letters).extracting(DeadLetter::message).containsExactly(messages);
        assertThat(letters).extracting(DeadLetter::reason).containsOnly(reason);
        assertThat(letters).extracting(DeadLetter::target).containsOnly("/full");
    }

    private static long shed(ActorRef<?> actor) {
        return ((ActorCell<?>) actor).shed();
    }

    @Test
    void aMailboxThatRejectsHandsTheMessageBackToAThread() {
        ActorSystem in = listening(1);
        ActorRef<Object> actor = holdingActor(in, Overflow.REJECT);
        fill(in, actor);
        assertThatThrownBy(() -> actor.tell("one more"))
                .isInstanceOfSatisfying(
                        MailboxFullException.class,
                        e -> assertThat(e.undelivered()).isEqualTo("one more"));
        assertThat(shed(actor)).isEqualTo(1);
        awaitLetters(DeadLetter.Reason.REJECTED, "one more");
        awaitSeen(0, 1, 2);
    }

    @Test
    void aMailboxThatDropsTheOldestKeepsWhatAThreadHasSentLast() {
        ActorSystem in = listening(1);
        ActorRef<Object> actor = holdingActor(in, Overflow.DROP_OLDEST);
        IntStream.range(0, 100).forEach(actor::tell);
        in.spawn(() -> {}).join();
        awaitLetters(
                DeadLetter.Reason.DROPPED_OLDEST, IntStream.range(0, 97).boxed().toArray());
        awaitSeen(97, 98, 99);
    }

    @Test
    void aSenderToAMailboxThatDropsTheOldestWaitsForTheShardButNeverForTheActor() throws InterruptedException {
        ActorSystem in = listening(1);
        ActorRef<Object> actor = holdingActor(in, Overflow.DROP_OLDEST);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        in.spawn(() -> {
            held.countDown();
            while (release.getCount() > 0) {
                Thread.onSpinWait();
            }
        });
        FunctionTest.join(held);
        for (int i = 0; i < CAPACITY; i++) {
            assertThat(actor.tryTell(i)).isEqualTo(Delivery.ACCEPTED);
        }
        assertThat(actor.tryTell("full")).isEqualTo(Delivery.FULL); // as many as it holds are on their way
        Thread sender = Thread.ofPlatform().start(() -> actor.tell(CAPACITY));
        Awaitility.await().until(() -> sender.getState() == Thread.State.WAITING);
        release.countDown();
        sender.join(); // the actor still holds
        awaitLetters(DeadLetter.Reason.DROPPED_OLDEST, 0);
        awaitSeen(1, 2, 3);
    }

    @Test
    void tryTellNeverLosesAMessage() {
        for (Overflow overflow : Overflow.values()) {
            ActorSystem in = listening(1);
            ActorRef<Object> actor = holdingActor(in, overflow);
            fill(in, actor);
            boolean dropsOldest = overflow == Overflow.DROP_OLDEST;
            Delivery expected = dropsOldest ? Delivery.ACCEPTED : Delivery.FULL;
            assertThat(actor.tryTell("outside")).as("%s", overflow).isEqualTo(expected);
            assertThat(in.spawn(() -> actor.tryTell("inside")).join())
                    .as("%s", overflow)
                    .isEqualTo(expected);
            assertThat(in.deadLetters()).as("%s", overflow).isEqualTo(dropsOldest ? 2 : 0);
        }
        gate.open();
    }
}
