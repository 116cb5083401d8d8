package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorTimer;
import dev.rouse.actor.Delivery;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Supervision;
import dev.rouse.actor.Task;
import dev.rouse.actor.Terminated;
import dev.rouse.actor.Watch;
import dev.rouse.actor.spi.Effect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ActorHarnessTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /// What an actor is to do with its context.
    private interface Step {
        void run(ActorContext<Step> context) throws Exception;
    }

    private static ActorHarness<Step> harness() {
        return ActorHarness.of(() -> Step::run);
    }

    private static void fails(ThrowingCallable expectation, String message) {
        assertThatThrownBy(expectation).isInstanceOf(AssertionError.class).hasMessage(message);
    }

    @Test
    void aMessageIsHandledWhenTheTellReturns() {
        List<String> handled = new ArrayList<>();
        try (ActorHarness<String> harness = ActorHarness.of(() -> (message, _) -> handled.add(message))) {
            harness.tell("one");
            assertThat(handled).containsExactly("one");
            harness.expectNone();
        }
    }

    @Test
    void theActorHasStartedWhenItsHarnessIsThere() {
        List<String> seen = new ArrayList<>();
        Actor<String> starting = new Actor<>() {
            @Override
            public void receive(String message, ActorContext<String> context) {}

            @Override
            public void onStart(ActorContext<String> context) {
                seen.add(context.path());
                context.timers().once(MINUTE, "late");
            }
        };
        try (ActorHarness<String> harness = ActorHarness.of(() -> starting)) {
            assertThat(seen).containsExactly("/actor");
            harness.expect(new Effect.TimerStarted(Effect.Rhythm.ONCE, MINUTE, "late"));
        }
    }

    @Test
    void whatIsToldStandsThereInOrder() {
        try (ActorHarness<Step> harness = harness()) {
            TestInbox<String> a = harness.inbox("a");
            TestInbox<String> b = harness.inbox("b");
            harness.tell(_ -> {
                b.ref().tell("first");
                assertThat(a.ref().tryTell("second")).isEqualTo(Delivery.ACCEPTED);
            });

            assertThat(harness.effects())
                    .containsExactly(new Effect.Told(b.ref(), "first"), new Effect.Told(a.ref(), "second"));
            a.expect("second");
            b.expect("first");
            harness.expectNone();
        }
    }

    @Test
    void whatCouldNotBeDeliveredWasNotTold() {
        try (ActorHarness<Step> harness = harness()) {
            TestInbox<String> inbox = harness.inbox("inbox");
            inbox.stop();
            harness.tell(_ -> assertThat(inbox.ref().tryTell("late")).isEqualTo(Delivery.STOPPED));

            harness.expectNone();
        }
    }

    @Test
    void whatOthersDoIsNoEffectOfTheActor() {
        try (ActorHarness<Step> harness = harness()) {
            TestInbox<String> inbox = harness.inbox("inbox");
            inbox.ref().tell("by the test");
            inbox.expect("by the test");

            harness.expectNone();
        }
    }

    @Test
    void whatAFunctionOfTheActorDoesIsItsEffect() {
        try (ActorHarness<Step> harness = harness()) {
            TestInbox<String> inbox = harness.inbox("inbox");
            harness.tell(_ -> await(spawn(() -> inbox.ref().tell("from below"))));

            harness.expect(new Effect.Told(inbox.ref(), "from below"));
        }
    }

    private record Question(ReplyTo<Integer> replyTo) {}

    @Test
    void aHandlerThatAwaitsAReplyGoesOnWhenTheTestHasReplied() {
        List<Integer> answers = new ArrayList<>();
        try (ActorHarness<Step> harness = harness()) {
            TestInbox<Question> oracle = harness.inbox("oracle");
            harness.tell(_ -> answers.add(await(oracle.ref().ask(Duration.ofSeconds(5), Question::new))));

            Question question = oracle.receive();
            harness.expect(new Effect.Asked(oracle.ref(), question, Duration.ofSeconds(5)));
            assertThat(answers).isEmpty();

            question.replyTo().reply(42);
            harness.expectNone();
            assertThat(answers).containsExactly(42);
        }
    }

    @Test
    void aHandlerThatSleepsGoesOnWhenTimeHasPassed() {
        List<String> said = new ArrayList<>();
        try (ActorHarness<Step> harness = harness()) {
            harness.tell(_ -> {
                sleepFor(MINUTE);
                said.add("awake");
            });

            harness.advance(MINUTE.minusMillis(2));
            assertThat(said).isEmpty();
            harness.advance(Duration.ofMillis(2));
            assertThat(said).containsExactly("awake");
        }
    }

    @Test
    void theActorIsAskedAndHasReplied() {
        try (ActorHarness<Question> harness =
                ActorHarness.of(() -> (question, _) -> question.replyTo().reply(7))) {
            Task<Integer> reply = harness.ask(Question::new);
            assertThat(reply.isDone()).isTrue();
            assertThat(reply.join()).isEqualTo(7);
        }
    }

    @Test
    void aJoinLetsTimePassUntilTheReply() {
        try (ActorHarness<Question> harness = ActorHarness.of(() -> (question, _) -> {
            sleepFor(Duration.ofSeconds(1));
            question.replyTo().reply(7);
        })) {
            Task<Integer> reply = harness.ask(Question::new);
            assertThat(reply.isDone()).isFalse();
            assertThat(reply.join()).isEqualTo(7);
        }
    }

    @Test
    void timersAreStartedFiredAndCancelled() {
        List<ActorTimer> timers = new ArrayList<>();
        List<String> ticks = new ArrayList<>();
        Step tick = _ -> ticks.add("tick");
        Step tock = _ -> ticks.add("tock");
        try (ActorHarness<Step> harness = harness()) {
            harness.tell(context -> {
                timers.add(context.timers().atFixedRate(Duration.ofSeconds(1), tick));
                timers.add(context.timers().withFixedDelay(Duration.ofMillis(1_500), tock));
            });
            harness.expect(new Effect.TimerStarted(Effect.Rhythm.FIXED_RATE, Duration.ofSeconds(1), tick));
            harness.expect(new Effect.TimerStarted(Effect.Rhythm.FIXED_DELAY, Duration.ofMillis(1_500), tock));

            harness.advance(Duration.ofSeconds(1));
            assertThat(ticks).containsExactly("tick");
            harness.advance(Duration.ofSeconds(1));
            assertThat(ticks).containsExactly("tick", "tock", "tick");

            harness.tell(_ -> timers.forEach(ActorTimer::cancel));
            harness.expect(new Effect.TimerCancelled(tick));
            harness.expect(new Effect.TimerCancelled(tock));
            harness.tell(_ -> timers.forEach(ActorTimer::cancel));
            harness.expectNone();
            harness.advance(Duration.ofHours(1));
            assertThat(ticks).hasSize(3);
        }
    }

    @Test
    void aTimerFiresAfterJustItsDelayAndNotBefore() {
        List<String> fired = new ArrayList<>();
        try (ActorHarness<Step> harness = harness()) {
            for (int millis : new int[] {2, 10, 999, 60_000, 3_600_000}) {
                harness.tell(context -> context.timers().once(Duration.ofMillis(millis), _ -> fired.add("fired")));
                harness.advance(Duration.ofMillis(millis - 2L));
                assertThat(fired).as("%s ms", millis).isEmpty();
                harness.advance(Duration.ofMillis(2));
                assertThat(fired).as("%s ms", millis).hasSize(1);
                fired.clear();
            }
        }
    }

    @Test
    void childrenAreSpawnedAndStandInsPlayTheirParts() {
        ActorOptions options = ActorOptions.defaults().withMailbox(3);
        try (ActorHarness<Step> harness = harness()) {
            harness.tell(context -> {
                ActorRef<String> child = context.spawnActor("child", () -> {
                    throw new AssertionError("a child does not run");
                });
                child.tell("hello");
                spawnActor("direct", options, inbox -> {
                            throw new AssertionError("a child does not run");
                        })
                        .tell("hello, direct one");
            });

            TestInbox<String> child = harness.child("child");
            TestInbox<String> direct = harness.child("direct");
            assertThat(harness.effects())
                    .containsExactly(
                            new Effect.Spawned("child", ActorOptions.defaults(), child.ref()),
                            new Effect.Told(child.ref(), "hello"),
                            new Effect.Spawned("direct", options, direct.ref()),
                            new Effect.Told(direct.ref(), "hello, direct one"));
            child.expect("hello");
            direct.expect("hello, direct one");
        }
    }

    @Test
    void ofTwoChildrenOfOneNameEachHasItsStandIn() {
        try (ActorHarness<Step> harness = harness()) {
            List<ActorRef<String>> children = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                String message = "m" + i;
                harness.tell(context -> {
                    ActorRef<String> child = context.spawnActor("child", () -> (_, _) -> {});
                    children.add(child);
                    child.tell(message);
                });
                harness.child(children.getFirst()).stop();
            }
            harness.child(children.get(0)).expect("m0");
            harness.child(children.get(1)).expect("m1");
            assertThat(harness.child("child").ref()).isSameAs(children.get(1));
            assertThatThrownBy(() -> harness.child(harness.ref()))
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("the actor has spawned no such child: ref=/actor");
        }
    }

    @Test
    void aChildThatWasNotSpawnedIsRefused() {
        try (ActorHarness<Step> harness = harness()) {
            harness.tell(context -> context.spawnActor("b", () -> (_, _) -> {}));
            harness.tell(context -> context.spawnActor("a", () -> (_, _) -> {}));

            fails(() -> harness.child("c"), "the actor has spawned no such child: name=c, children=[a, b]");
        }
    }

    @Test
    void theActorLearnsOfTheEndOfAChildThatItWatches() {
        List<Terminated> ended = new ArrayList<>();
        try (ActorHarness<Step> harness = harness()) {
            harness.tell(context -> {
                ActorRef<String> child = context.spawnActor("child", () -> (_, _) -> {});
                Watch _ = context.watch(child, why -> _ -> ended.add(why));
            });
            TestInbox<String> child = harness.child("child");
            harness.expect(Effect.Spawned.class);
            harness.expect(new Effect.Watched(child.ref()));

            Exception cause = new IllegalStateException("the child has failed");
            child.fail(cause);
            assertThat(ended).containsExactly(new Terminated(child.ref(), cause));
            harness.expectNone();
        }
    }

    @Test
    void aWatchIsEndedOnce() {
        List<Watch> watches = new ArrayList<>();
        try (ActorHarness<Step> harness = harness()) {
            TestInbox<String> other = harness.inbox("other");
            harness.tell(context -> watches.add(context.watch(other.ref(), _ -> _ -> {})));
            harness.tell(_ -> watches.getFirst().cancel());
            harness.tell(_ -> watches.getFirst().cancel());

            assertThat(harness.effects())
                    .containsExactly(new Effect.Watched(other.ref()), new Effect.Unwatched(other.ref()));
            other.stop();
            harness.expectNone();
        }
    }

    @Test
    void anEscalatedFailureOfAChildFailsTheActor() {
        ActorOptions escalating = ActorOptions.defaults().withSupervision(Supervision.escalate());
        try (ActorHarness<Step> harness = harness()) {
            harness.tell(_ -> spawnActor("child", escalating, () -> (_, _) -> {}));
            harness.expect(Effect.Spawned.class);
            harness.child("child").fail(new IllegalStateException("the child has failed"));

            assertThat(harness.expect(Effect.Failed.class).why()).hasMessageContaining("/actor/child");
            assertThat(harness.expect(Effect.Stopped.class).failure()).isNotNull();
            assertThat(harness.isStopped()).isTrue();
        }
    }

    @Test
    void aFailureStopsTheActor() {
        RuntimeException failure = new IllegalStateException("on purpose");
        try (ActorHarness<Step> harness = harness()) {
            harness.tell(_ -> {
                throw failure;
            });

            assertThat(harness.effects()).containsExactly(new Effect.Failed(failure), new Effect.Stopped(failure));
        }
    }

    @Test
    void aFailureRestartsTheActorWhenItsBackoffIsOver() {
        RuntimeException failure = new IllegalStateException("on purpose");
        Supervision restart = Supervision.restart().backoff(Duration.ofSeconds(1), Duration.ofSeconds(2));
        ActorOptions options = ActorOptions.defaults().withSupervision(restart);
        try (ActorHarness<Step> harness = ActorHarness.of(options, () -> Step::run)) {
            harness.tell(_ -> {
                throw failure;
            });
            harness.expect(new Effect.Failed(failure));
            harness.expectNone();

            harness.advance(Duration.ofSeconds(2));
            harness.expect(new Effect.Restarted());
            harness.expectNone();
            assertThat(harness.isStopped()).isFalse();
        }
    }

    @Test
    void theActorStopsItselfAndOthers() {
        try (ActorHarness<Step> harness = harness()) {
            TestInbox<String> other = harness.inbox("other");
            harness.tell(context -> {
                other.ref().stop();
                context.stop();
            });

            assertThat(harness.effects())
                    .containsExactly(
                            new Effect.StopCalled(other.ref()),
                            new Effect.StopCalled(harness.ref()),
                            new Effect.Stopped(null));
        }
    }

    @Test
    void theTestStopsTheActor() {
        try (ActorHarness<Step> harness = harness()) {
            assertThat(harness.isStopped()).isFalse();
            harness.stop();
            harness.expect(new Effect.Stopped(null));
            assertThat(harness.isStopped()).isTrue();
        }
    }

    @Test
    void anotherEffectIsRefusedWithWhatComesAfterIt() {
        try (ActorHarness<Step> harness = harness()) {
            TestInbox<String> other = harness.inbox("other");
            Effect told = new Effect.Told(other.ref(), "a");
            harness.tell(context -> {
                other.ref().tell("a");
                other.ref().tell("b");
            });
            String rest = "\n and then: [" + new Effect.Told(other.ref(), "b") + "]";

            fails(
                    () -> harness.expect(Effect.Spawned.class),
                    "expected: an effect of type Spawned\n but was: " + told + rest);
            fails(() -> harness.expect(told), "expected: " + told + "\n but was: " + new Effect.Told(other.ref(), "b"));
            fails(() -> harness.expect(told), "expected: " + told + "\n but was: none");
            fails(harness::next, "expected: an effect\n but was: none");
            harness.tell(_ -> other.ref().tell("a"));
            fails(harness::expectNone, "expected: no effect\n but was: " + told);
        }
    }

    @Test
    void anActorThatDoesNotComeToRestIsRefused() {
        try (ActorHarness<Step> harness = harness()) {
            assertThatThrownBy(() -> harness.tell(_ -> {
                        while (true) {
                            await(spawn(() -> {}));
                        }
                    }))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("the actor does not come to rest: turns=100000; it tells itself more and"
                            + " more, or has a timer with a very short period\n");
        }
    }

    @Test
    void aHarnessHoldsSoManyEffectsAndNoMore() {
        try (ActorHarness<Step> harness = harness()) {
            TestInbox<Integer> inbox = harness.inbox("inbox");
            harness.tell(_ -> {
                for (int i = 0; i < 10_000; i++) {
                    inbox.ref().tell(i);
                }
            });
            harness.tell(_ -> assertThatThrownBy(() -> inbox.ref().tell(0))
                    .hasMessage("a harness holds no more effects that nobody has looked at: limit=10000"));
            assertThat(harness.effects()).hasSize(10_000);
        }
    }
}
