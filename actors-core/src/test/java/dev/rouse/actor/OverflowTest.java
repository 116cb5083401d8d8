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
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What becomes of messages that find a mailbox full where their senders do not wait. The mailbox takes three, and the
/// actor handles "hold" until its gate opens.
class OverflowTest extends SystemTest {
    private static final int CAPACITY = 3;

    private record Question(String name, ReplyTo<String> replyTo) {}

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
                seen.add(message instanceof Question question ? question.name() : message);
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
    void aMailboxThatRejectsHandsTheMessageBackToAFunction() {
        ActorSystem in = listening(1);
        ActorRef<Object> actor = holdingActor(in, Overflow.REJECT);
        in.spawn(() -> {
                    IntStream.range(0, CAPACITY).forEach(actor::tell);
                    assertThatThrownBy(() -> actor.tell("one more"))
                            .isInstanceOfSatisfying(
                                    MailboxFullException.class,
                                    e -> assertThat(e.undelivered()).isEqualTo("one more"))
                            .hasMessage("mailbox is full: target=/full, message=String, limit=3;"
                                    + " the actor rejects what it has no room for; send again later, or less");
                })
                .join();
        awaitLetters(DeadLetter.Reason.REJECTED, "one more");
        assertThat(shed(actor)).isEqualTo(1);
        awaitSeen(0, 1, 2);
    }

    @Test
    void theAskOfAMessageWhoseHandlingFailsIsFailedAlsoIfOthersWereDroppedMeanwhile() {
        ActorSystem in = listening(1);
        ActorOptions options = ActorOptions.defaults()
                .withMailbox(CAPACITY)
                .withOverflow(Overflow.DROP_OLDEST)
                .withSupervision(Supervision.resume());
        ActorRef<Object> actor = in.spawnActor("full", options, () -> (message, _) -> {
            if (message instanceof Question) {
                gate.await();
                throw new IllegalStateException("planned");
            }
            seen.add(message);
        });
        in.spawn(() -> {
                    Task<String> ask =
                            actor.<String>ask(Duration.ofHours(1), replyTo -> new Question("asked", replyTo));
                    sleepFor(Duration.ZERO);
                    IntStream.rangeClosed(0, CAPACITY).forEach(actor::tell);
                    gate.open();
                    assertThatThrownBy(() -> await(ask)).isInstanceOf(ActorStoppedException.class);
                })
                .join();
        awaitLetters(DeadLetter.Reason.DROPPED_OLDEST, 0);
        awaitSeen(1, 2, 3);
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
        awaitLetters(DeadLetter.Reason.REJECTED, "one more");
        awaitSeen(0, 1, 2);
    }

    @Test
    void aMailboxThatDropsTheNewestKeepsWhatCameFirst() {
        for (int round = 0; round < 2; round++) {
            letters.clear();
            seen.clear();
            ActorSystem in = listening(1);
            ActorRef<Object> actor = holdingActor(in, Overflow.DROP_NEWEST);
            if (round == 0) {
                fill(in, actor);
                actor.tell(3);
                actor.tell(4);
            } else {
                in.spawn(() -> IntStream.range(0, 5).forEach(actor::tell)).join();
            }
            awaitLetters(DeadLetter.Reason.DROPPED_NEWEST, 3, 4);
            assertThat(shed(actor)).isEqualTo(2);
            awaitSeen(0, 1, 2);
        }
    }

    @Test
    void aMailboxThatDropsTheOldestKeepsWhatAFunctionHasSentLast() {
        ActorSystem in = listening(1);
        ActorRef<Object> actor = holdingActor(in, Overflow.DROP_OLDEST);
        in.spawn(() -> IntStream.range(0, 5).forEach(actor::tell)).join();
        awaitLetters(DeadLetter.Reason.DROPPED_OLDEST, 0, 1);
        assertThat(shed(actor)).isEqualTo(2);
        awaitSeen(2, 3, 4);
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
    void aMailboxThatDropsTheOldestKeepsWhatAnotherShardHasSentLast() {
        ActorSystem in = listening(2);
        ActorRef<Object> actor = holdingActor(in, Overflow.DROP_OLDEST); // shard 0
        in.spawn(() -> IntStream.range(0, 100).forEach(actor::tell)).join(); // shard 1
        in.spawn(() -> {}).join(); // shard 0: it has taken all in
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

    @Test
    void anAskThatIsRejectedThrowsAtTheAsker() {
        ActorSystem in = listening(1);
        ActorRef<Object> actor = holdingActor(in, Overflow.REJECT);
        fill(in, actor);
        assertThatThrownBy(() -> ask(actor, "rejected"))
                .isInstanceOfSatisfying(
                        MailboxFullException.class,
                        e -> assertThat(((Question) e.undelivered()).name()).isEqualTo("rejected"));
        gate.open();
    }

    @Test
    void anAskWhoseMessageIsDroppedFailsAtOnce() {
        ActorSystem in = listening(1);
        ActorRef<Object> newest = holdingActor(in, Overflow.DROP_NEWEST);
        fill(in, newest);
        assertThatThrownBy(ask(newest, "dropped")::join)
                .isInstanceOf(MailboxFullException.class)
                .hasMessage("mailbox is full: target=/full, message=Question, limit=3;"
                        + " the actor drops what it has no room for; ask again later, or less");
        ActorRef<Object> oldest = holdingActor(in, Overflow.DROP_OLDEST);
        Task<String> dropped = ask(oldest, "dropped");
        fill(in, oldest);
        assertThatThrownBy(dropped::join)
                .isInstanceOf(MailboxFullException.class)
                .hasMessage("mailbox is full: target=/full, message=Question, limit=3;"
                        + " the actor has dropped it for a newer one; ask again later, or less");
        in.spawn(() -> {}).join();
        assertThat(in.deadLetters()).isEqualTo(2);
        oldest.stop();
        oldest.terminated().join();
        assertThat(in.deadLetters()).isEqualTo(2 + CAPACITY); // the actor had forgotten the ask
        gate.open();
    }

    private static Task<String> ask(ActorRef<Object> actor, String name) {
        return actor.ask(Duration.ofHours(1), replyTo -> new Question(name, replyTo));
    }
}
