package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// Asks whose [ReplyTo] nobody holds any more, or may seem so.
class ReplyDroppedTest extends SystemTest {
    private record Question(int value, ReplyTo<Integer> replyTo) {}

    private static Task<Integer> ask(ActorRef<Question> actor, int value) {
        return actor.ask(Duration.ofHours(1), replyTo -> new Question(value, replyTo));
    }

    private static void collectUntilDone(Task<?> asked) {
        Awaitility.await().until(() -> {
            System.gc();
            return asked.isDone();
        });
    }

    /// Long enough for the collector to find what it is to find.
    private static void collectLong() {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
        while (System.nanoTime() < end) {
            System.gc();
        }
    }

    @Test
    void anAskFailsOnceItsReplyToWasDropped() {
        ActorSystem two = open(2, limits -> limits);
        ActorRef<Question> forgetful = two.spawnActor("forgetful", () -> (_, _) -> {}); // shard 0
        Task<Integer> outside = ask(forgetful, 1);
        Task<Integer> otherShard = two.spawn(() -> Rouse.await(ask(forgetful, 1)));
        Task<Integer> sameShard = two.spawn(() -> Rouse.await(ask(forgetful, 1)));
        for (Task<Integer> asked : List.of(outside, otherShard, sameShard)) {
            collectUntilDone(asked);
            assertThatThrownBy(asked::join)
                    .isInstanceOf(ReplyDroppedException.class)
                    .hasMessage("no reply can come: target=/forgetful, message=Question, the ReplyTo was dropped"
                            + " unanswered; answer on every path, if only with fail(cause)");
        }
        assertThat(forgetful.terminated().isDone()).isFalse();
        forgetful.stop();
        forgetful.terminated().join();
        assertThat(two.deadLetters()).isZero(); // the actor had forgotten the asks
    }

    @Test
    void aDirectActorMayDropItToo() {
        ActorRef<Question> forgetful = system.spawnActor("forgetful", (Inbox<Question> inbox) -> {
            inbox.receive();
            inbox.receive();
        });
        Task<Integer> asked = ask(forgetful, 1);
        collectUntilDone(asked);
        assertThatThrownBy(asked::join).isInstanceOf(ReplyDroppedException.class);
    }

    @Test
    void aReplyToThatIsHeldCanAnswerAfterAnyNumberOfCollections() {
        List<ReplyTo<Integer>> held = new CopyOnWriteArrayList<>();
        ActorRef<Question> keeper = system.spawnActor("keeper", () -> (question, _) -> held.add(question.replyTo()));
        Task<Integer> asked = ask(keeper, 1);
        Awaitility.await().until(() -> !held.isEmpty());
        collectLong();
        assertThat(asked.isDone()).isFalse();
        held.removeFirst().reply(5);
        assertThat(asked.join()).isEqualTo(5);
    }

    @Test
    void aMessageThatWaitsOrIsStashedHoldsItsReplyTo() {
        Gate gate = new Gate();
        ActorRef<Question> slow = system.spawnActor("slow", () -> new Actor<>() {
            private boolean opened;

            @Override
            public void receive(Question question, ActorContext<Question> context) {
                if (question.value() == 1 && !opened) {
                    context.stash(question);
                } else if (!opened) {
                    opened = true;
                    gate.await();
                    context.unstashAll();
                    question.replyTo().reply(question.value());
                } else {
                    question.replyTo().reply(question.value());
                }
            }
        });
        List<Task<Integer>> asked = List.of(ask(slow, 1), ask(slow, 2), ask(slow, 3));
        collectLong();
        gate.open();
        for (int i = 0; i < 3; i++) {
            assertThat(asked.get(i).join()).isEqualTo(i + 1);
        }
    }

    @Test
    void anAskThatWaitsLongKeepsItsDeadlineHoweverTheClockJumps() {
        for (long stepNanos : new long[] {1 << 20, 20L << 20, 1L << 30}) {
            AtomicLong now = new AtomicLong();
            ActorSystem handDriven = opened(ActorSystem.builder().shards(1).clock(now::get));
            ActorRef<Question> silent = handDriven.spawnActor("silent", (Inbox<Question> inbox) -> {
                Question held = inbox.receive();
                inbox.receive();
                held.replyTo().reply(1);
            });
            Task<Integer> asked = silent.ask(Duration.ofNanos(1 << 30), replyTo -> new Question(1, replyTo));
            handDriven.spawn(() -> {}).join();
            while (now.get() + stepNanos < 1 << 30) {
                now.addAndGet(stepNanos);
                handDriven.spawn(() -> {}).join();
                assertThat(asked.isDone()).isFalse();
            }
            now.set(1 << 30);
            Awaitility.await().until(() -> {
                handDriven.spawn(() -> {}).join();
                return asked.isDone();
            });
            assertThatThrownBy(asked::join).isInstanceOf(AskTimeoutException.class);
            now.addAndGet(TimeUnit.HOURS.toNanos(1));
        }
    }
}
