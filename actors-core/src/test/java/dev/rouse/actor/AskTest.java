package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class AskTest extends SystemTest {
    private record Question(int value, ReplyTo<Integer> replyTo) {}

    /// The questions that were asked of [#keeper], unanswered.
    private final LinkedBlockingQueue<Question> kept = new LinkedBlockingQueue<>();

    private ActorRef<Question> doubler(ActorSystem in) {
        return in.spawnActor(
                "doubler", () -> (question, _) -> question.replyTo().reply(question.value() * 2));
    }

    private ActorRef<Question> keeper(ActorSystem in) {
        return in.spawnActor("keeper", () -> (question, _) -> kept.add(question));
    }

    private static Task<Integer> ask(ActorRef<Question> actor, int value) {
        return actor.ask(Duration.ofHours(1), replyTo -> new Question(value, replyTo));
    }

    private Question take() {
        try {
            return kept.take();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anAskFromOutsideIsAnswered() {
        assertThat(ask(doubler(system), 21).join()).isEqualTo(42);
    }

    @Test
    void anAskFromAFunctionIsAnswered() {
        ActorRef<Question> doubler = doubler(system);
        assertThat(system.spawn(() -> await(ask(doubler, 21))).join()).isEqualTo(42);
    }

    @Test
    void anAskFromAnotherShardIsAnswered() {
        ActorSystem two = open(2, limits -> limits);
        ActorRef<Question> doubler = doubler(two);
        for (int i = 0; i < 4; i++) {
            int value = i;
            assertThat(two.spawn(() -> await(ask(doubler, value))).join()).isEqualTo(2 * i);
        }
    }

    @Test
    void anAskFromAnotherSystemIsAnswered() {
        ActorRef<Question> doubler = doubler(open(limits -> limits));
        assertThat(system.spawn(() -> await(ask(doubler, 4))).join()).isEqualTo(8);
    }

    @Test
    void aReplyMayComeFromAnyThread() {
        ActorRef<Question> keeper = keeper(system);
        Task<Integer> asked = system.spawn(() -> await(ask(keeper, 1)));
        Question question = take();
        Thread.ofPlatform().start(() -> question.replyTo().reply(9));
        assertThat(asked.join()).isEqualTo(9);
    }

    @Test
    void aReplyMayComeFromAThirdShard() {
        ActorSystem three = open(3, limits -> limits);
        ActorRef<Question> keeper = keeper(three); // shard 0
        Task<Integer> asked = three.spawn(() -> await(ask(keeper, 1))); // shard 1
        Question question = take();
        three.spawn(() -> question.replyTo().reply(9)).join(); // shard 2
        assertThat(asked.join()).isEqualTo(9);
        assertThat(three.deadLetters()).isZero();
        keeper.stop();
        keeper.terminated().join();
        assertThat(three.deadLetters()).isZero(); // the ask was forgotten: it does not fail a second time
    }

    @Test
    void aFailureAsReplyIsThrownWhereItIsAwaited() {
        ActorRef<Question> keeper = keeper(system);
        Task<Integer> asked = system.spawn(() -> await(ask(keeper, 1)));
        take().replyTo().fail(new IllegalStateException("no"));
        assertThatThrownBy(asked::join)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no");
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without NullAway may do
    void aNullReplyIsAReply() {
        ActorRef<Question> keeper = keeper(system);
        Task<Integer> asked = ask(keeper, 1);
        take().replyTo().reply(null);
        assertThat(asked.join()).isNull();
    }

    @Test
    void aSecondReplyIsAViolationAndTheFirstStays() {
        try (RecordedLog log = new RecordedLog()) {
            ActorRef<Question> keeper = keeper(system);
            Task<Integer> asked = ask(keeper, 1);
            Question question = take();
            question.replyTo().reply(1);
            question.replyTo().reply(2);
            question.replyTo().fail(new IllegalStateException("late"));
            assertThat(asked.join()).isEqualTo(1);
            assertThat(system.violations(Violation.REPLIED_TWICE)).isEqualTo(2);
            assertThat(log.messages()) // once for each who is asked
                    .containsExactly("ROUSE-V12 a ReplyTo was used twice: target=/keeper, second reply=Integer; call"
                            + " reply or fail once in each case of the handler");
        }
    }

    @Test
    void aSecondReplyFailsInTheReplierWhereThePolicySaysSo() {
        ActorSystem strict =
                opened(ActorSystem.builder().shards(1).onViolation(Violation.REPLIED_TWICE, ViolationPolicy.FAIL));
        ActorRef<Question> keeper = keeper(strict);
        Task<Integer> asked = ask(keeper, 1);
        Question question = take();
        question.replyTo().reply(1);
        assertThatThrownBy(() -> question.replyTo().reply(2))
                .isInstanceOf(ViolationException.class)
                .hasMessage(Violation.REPLIED_TWICE.message(
                        "a ReplyTo was used twice: target=/keeper, second reply=Integer"));
        assertThat(asked.join()).isEqualTo(1);
    }

    @Test
    void ofManyThatReplyAtOnceOneIsHeard() throws InterruptedException {
        ActorRef<Question> keeper = keeper(system);
        for (int round = 0; round < 200; round++) {
            Task<Integer> asked = ask(keeper, round);
            Question question = take();
            Thread[] repliers = new Thread[3];
            for (int i = 0; i < 3; i++) {
                int reply = i;
                repliers[i] = Thread.ofPlatform().start(() -> question.replyTo().reply(reply));
            }
            for (Thread replier : repliers) {
                replier.join();
            }
            assertThat(asked.join()).isBetween(0, 2);
        }
        assertThat(system.violations(Violation.REPLIED_TWICE)).isEqualTo(400);
        assertThat(system.deadLetters()).isZero();
    }

    @Test
    void anAnswerThatOvertakesItsMessageLeavesNothingToFailAtTheTarget() {
        ActorSystem two = open(2, limits -> limits);
        ActorRef<Question> keeper = keeper(two); // shard 0
        AtomicBoolean replied = new AtomicBoolean();
        Task<Integer> asker = two.spawn(
                () -> { // shard 1, which is held: the answer stays on its way to it
                    Task<Integer> asked = keeper.ask(replyTo -> {
                        two.spawn(
                                () -> { // shard 0
                                    replyTo.reply(7);
                                    replied.set(true);
                                });
                        while (!replied.get()) {
                            Thread.onSpinWait();
                        }
                        return new Question(1, replyTo);
                    });
                    while (kept.isEmpty()) {
                        Thread.onSpinWait();
                    }
                    keeper.stop();
                    while (!keeper.terminated().isDone()) {
                        Thread.onSpinWait();
                    }
                    return await(asked);
                });
        assertThat(asker.join()).isEqualTo(7);
        assertThat(two.deadLetters()).isZero(); // the actor's end has not failed it a second time
    }

    @Test
    void theDefaultDeadlineIsThatOfTheLimits() {
        ActorSystem hasty = open(limits -> limits.withAskTimeout(Duration.ofMillis(3)));
        ActorRef<Question> keeper = keeper(hasty);
        Task<Integer> asked = keeper.ask(replyTo -> new Question(1, replyTo));
        assertThatThrownBy(asked::join).isInstanceOf(AskTimeoutException.class).hasMessageContaining("after=3ms");
    }

    @Test
    void asksThatWereNotAnsweredFailAsSoonAsTheActorStops() {
        ActorRef<Question> keeper = keeper(system);
        List<Task<Integer>> asked =
                IntStream.range(0, 10).mapToObj(i -> ask(keeper, i)).toList();
        Question answered =
                IntStream.range(0, 10).mapToObj(_ -> take()).toList().get(4);
        answered.replyTo().reply(44);
        assertThat(asked.get(4).join()).isEqualTo(44);
        keeper.stop();
        for (int i = 0; i < 10; i++) {
            if (i != 4) {
                assertThatThrownBy(asked.get(i)::join)
                        .isInstanceOf(ActorStoppedException.class)
                        .hasMessage("no reply can come: target=/keeper, the actor has stopped");
            }
        }
        assertThat(system.deadLetters()).isZero();
    }

    @Test
    void anAskOfAFailingActorFailsWithItsFailureAsCause() {
        IllegalStateException broken = new IllegalStateException("broken");
        ActorRef<Question> failing = system.spawnActor("failing", () -> (_, _) -> {
            throw broken;
        });
        assertThatThrownBy(ask(failing, 1)::join)
                .isInstanceOf(ActorStoppedException.class)
                .hasMessage("no reply can come: target=/failing, the actor has failed")
                .hasCause(broken);
    }

    @Test
    void anAskOfAStoppedActorFailsAtOnce() {
        ActorRef<Question> keeper = keeper(system);
        keeper.stop();
        keeper.terminated().join();
        assertThatThrownBy(ask(keeper, 1)::join).isInstanceOf(ActorStoppedException.class);
        assertThatThrownBy(() -> system.spawn(() -> await(ask(keeper, 1))).join())
                .isInstanceOf(ActorStoppedException.class);
    }

    @Test
    void anAskWhoseMessageStillWaitsFailsWhenTheActorStops() {
        Gate gate = new Gate();
        ActorRef<Question> holding = system.spawnActor("holding", () -> (question, _) -> {
            kept.add(question);
            gate.await();
        });
        Task<Integer> first = ask(holding, 1);
        assertThat(take().value()).isEqualTo(1);
        Task<Integer> second = ask(holding, 2);
        holding.stop();
        assertThatThrownBy(first::join).isInstanceOf(ActorStoppedException.class);
        assertThatThrownBy(second::join).isInstanceOf(ActorStoppedException.class);
        holding.terminated().join();
        assertThat(system.deadLetters()).isEqualTo(1); // the second message; the first was taken
    }

    @Test
    void theDeadlineOfAnAskRunsWhileItsMessageWaitsForRoom() {
        Gate gate = new Gate();
        CountDownLatch holding = new CountDownLatch(1);
        ActorSystem two = open(2, limits -> limits);
        ActorRef<Question> full =
                two.spawnActor("full", ActorOptions.defaults().withMailbox(1), () -> (question, _) -> {
                    kept.add(question);
                    spawn(holding::countDown);
                    gate.await();
                });
        ask(full, 1);
        FunctionTest.join(holding);
        ask(full, 2);
        // From a thread, from a function of the same shard and from one of another.
        assertThatThrownBy(() -> full.<Integer>ask(Duration.ofMillis(1), replyTo -> new Question(3, replyTo))
                        .join())
                .isInstanceOf(AskTimeoutException.class);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> two.spawn(() ->
                                    await(full.<Integer>ask(Duration.ofMillis(1), replyTo -> new Question(4, replyTo))))
                            .join())
                    .isInstanceOf(AskTimeoutException.class);
        }
        gate.open();
        Awaitility.await().until(() -> kept.size() == 2);
        assertThat(kept).extracting(Question::value).containsExactly(1, 2);
        assertThat(two.deadLetters()).isZero();
    }

    @Test
    void anAnswerGivenWhileTheMessageIsMadeLeavesNothingBehind() {
        ActorSystem oneTimer = open(limits -> limits.withTimersPerShard(1));
        ActorRef<Question> keeper = keeper(oneTimer);
        for (int i = 0; i < 3; i++) {
            assertThat(oneTimer.spawn(() -> await(keeper.ask((ReplyTo<Integer> replyTo) -> {
                                replyTo.reply(5);
                                return new Question(1, replyTo);
                            })))
                            .join())
                    .isEqualTo(5);
        }
        oneTimer.spawn(() -> sleepFor(Duration.ofNanos(1))).join();
        keeper.stop();
        keeper.terminated().join();
        assertThat(oneTimer.deadLetters()).isZero();
    }

    @Test
    void anAnsweredAskLeavesNoTimerBehind() {
        ActorSystem oneTimer = open(limits -> limits.withTimersPerShard(1));
        ActorRef<Question> doubler = doubler(oneTimer);
        for (int i = 0; i < 10; i++) {
            assertThat(ask(doubler, i).join()).isEqualTo(2 * i);
        }
    }

    @Test
    void manyAsksAtOnceAreAllAnswered() {
        ActorSystem two = open(2, limits -> limits.withMailbox(16));
        ActorRef<Question> doubler = doubler(two);
        for (int shard = 0; shard < 2; shard++) {
            assertThat(two.spawn(() -> {
                                List<Task<Integer>> asked = new ArrayList<>();
                                for (int i = 0; i < 1_000; i++) {
                                    asked.add(ask(doubler, i));
                                }
                                return awaitAll(asked);
                            })
                            .join())
                    .isEqualTo(IntStream.range(0, 1_000).mapToObj(i -> 2 * i).toList());
        }
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without NullAway may do
    void aFailureWithoutACauseIsRefused() {
        ActorRef<Question> keeper = keeper(system);
        Task<Integer> asked = ask(keeper, 1);
        Question question = take();
        assertThatThrownBy(() -> question.replyTo().fail(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("cause");
        question.replyTo().reply(3);
        assertThat(asked.join()).isEqualTo(3);
    }
}
