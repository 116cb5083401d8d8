package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Supervision.Decision;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RestartTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Supervision RESTART =
            Supervision.restart().backoff(Duration.ofMillis(1), Duration.ofMillis(2));

    private final RecordedLog log = new RecordedLog();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final AtomicInteger made = new AtomicInteger();

    @AfterEach
    void closeLog() {
        log.close();
    }

    private sealed interface Count {
        record Add() implements Count {}

        record Fail(Throwable why) implements Count {}

        record Sum(ReplyTo<Integer> replyTo) implements Count {}

        record FailAsked(ReplyTo<Integer> replyTo) implements Count {}
    }

    /// Counts; notes its starts and ends with the number of the instance.
    private final class Counter implements Actor<Count> {
        private final int instance = made.incrementAndGet();
        private int sum;

        @Override
        public void onStart(ActorContext<Count> context) {
            seen.add("start " + instance);
        }

        @Override
        public void receive(Count message, ActorContext<Count> context) throws Exception {
            switch (message) {
                case Count.Add() -> sum++;
                case Count.Fail(Throwable why) -> {
                    switch (why) {
                        case Error error -> throw error;
                        case Exception exception -> throw exception;
                        default -> throw new AssertionError(why);
                    }
                }
                case Count.Sum(ReplyTo<Integer> replyTo) -> replyTo.reply(sum);
                case Count.FailAsked(var _) -> throw new IllegalStateException("asked");
            }
        }

        @Override
        public void onStop(ActorContext<Count> context) {
            seen.add("stop " + instance);
        }
    }

    private ActorRef<Count> counter(Supervision supervision) {
        return system.spawnActor("counter", ActorOptions.defaults().withSupervision(supervision), Counter::new);
    }

    private static Count.Fail broken() {
        return new Count.Fail(new IllegalStateException("broken"));
    }

    @Test
    void restartBeginsWithFreshStateAndKeepsReferenceAndMailbox() {
        ActorRef<Count> counter = counter(RESTART);
        Task<Integer> sum = system.spawn(() -> {
            counter.tell(new Count.Add());
            counter.tell(broken());
            counter.tell(new Count.Add());
            counter.tell(new Count.Add());
            return await(counter.ask(Count.Sum::new));
        });
        assertThat(sum.join()).isEqualTo(2);
        assertThat(seen).containsExactly("start 1", "stop 1", "start 2");
        assertThat(log.messages())
                .containsExactly("an actor failed and is restarted: actor=/counter, restarts in a row=1");
        assertThat(system.deadLetters()).isZero();
    }

    @Test
    void aMessageThatFailsIsNotDeliveredAgain() {
        AtomicInteger handled = new AtomicInteger();
        ActorRef<String> actor =
                system.spawnActor("actor", ActorOptions.defaults().withSupervision(RESTART), () -> (_, _) -> {
                    handled.incrementAndGet();
                    throw new IllegalStateException("poison");
                });
        actor.tell("poison");
        Awaitility.await().until(() -> handled.get() == 1 && !log.messages().isEmpty());
        actor.tell("poison");
        Awaitility.await().until(() -> handled.get() == 2);
        actor.stop();
        actor.terminated().join();
        assertThat(handled).hasValue(2);
    }

    @Test
    void resumeKeepsTheState() {
        ActorRef<Count> counter = counter(Supervision.resume());
        counter.tell(new Count.Add());
        counter.tell(broken());
        counter.tell(new Count.Add());
        assertThat(counter.ask(Count.Sum::new).join()).isEqualTo(2);
        assertThat(seen).containsExactly("start 1");
        assertThat(log.messages()).containsExactly("an actor failed and goes on: actor=/counter");
    }

    @Test
    void anErrorStopsAnActorThatWouldBeResumed() {
        ActorRef<Count> counter = counter(Supervision.resume());
        counter.tell(new Count.Fail(new StackOverflowError()));
        counter.terminated().join();
        assertThat(log.messages()).containsExactly("an actor failed and was stopped: actor=/counter");
    }

    @Test
    void aRuleForAnErrorRestarts() {
        ActorRef<Count> counter = counter(Supervision.stop().on(AssertionError.class, Decision.RESTART));
        counter.tell(new Count.Fail(new AssertionError()));
        assertThat(counter.ask(Count.Sum::new).join()).isZero();
        assertThat(made).hasValue(2);
    }

    @Test
    void theFailureAfterTheLastRestartOfTheBudgetStopsTheActor() {
        ActorRef<Count> counter = counter(RESTART.atMost(2, LONG));
        for (int i = 0; i < 3; i++) {
            counter.tell(broken());
        }
        counter.terminated().join();
        assertThat(seen).containsExactly("start 1", "stop 1", "start 2", "stop 2", "start 3", "stop 3");
        assertThat(log.messages())
                .last()
                .isEqualTo("an actor failed and was stopped: actor=/counter, the budget of restarts is spent: "
                        + "restarts=2, within=PT1H, failures left out=1");
    }

    @Test
    void messagesWaitInTheBoundedMailboxDuringABackoff() {
        ActorRef<Count> counter = system.spawnActor(
                "counter",
                ActorOptions.defaults()
                        .withMailbox(2)
                        .withSupervision(Supervision.restart().backoff(LONG, LONG)),
                Counter::new);
        counter.tell(broken());
        Awaitility.await().until(() -> seen.contains("stop 1"));
        assertThat(counter.tryTell(new Count.Add())).isEqualTo(Delivery.ACCEPTED);
        assertThat(counter.tryTell(new Count.Add())).isEqualTo(Delivery.ACCEPTED);
        assertThat(counter.tryTell(new Count.Add())).isEqualTo(Delivery.FULL);
        counter.stop();
        counter.terminated().join();
        assertThat(system.deadLetters()).isEqualTo(2);
        assertThat(seen).containsExactly("start 1", "stop 1");
    }

    @Test
    void aFailingSupplierIsTriedAgainUntilTheBudgetIsSpent() {
        Supplier<Actor<String>> supplier = () -> {
            made.incrementAndGet();
            throw new IllegalStateException("broken");
        };
        system.spawnActor("actor", ActorOptions.defaults().withSupervision(RESTART.atMost(3, LONG)), supplier)
                .terminated()
                .join();
        assertThat(made).hasValue(4);
    }

    @Test
    void whatOnStartHasBegunBeforeItFailedEndsBeforeTheNextStart() {
        ActorRef<String> actor = system.spawnActor(
                "actor", ActorOptions.defaults().withSupervision(RESTART.atMost(1, LONG)), () -> new Actor<>() {
                    @Override
                    public void onStart(ActorContext<String> context) {
                        seen.add("start");
                        context.timers().once(Duration.ofMillis(1), "never");
                        context.spawnActor("child", () -> new Actor<String>() {
                            @Override
                            public void receive(String message, ActorContext<String> child) {}

                            @Override
                            public void onStop(ActorContext<String> child) {
                                seen.add("child stops");
                            }
                        });
                        sleepFor(Duration.ofMillis(1));
                        throw new IllegalStateException("broken");
                    }

                    @Override
                    public void receive(String message, ActorContext<String> context) {
                        seen.add(message);
                    }

                    @Override
                    public void onStop(ActorContext<String> context) {
                        seen.add("never");
                    }
                });
        actor.terminated().join();
        assertThat(seen).containsExactly("start", "child stops", "start", "child stops");
    }

    @Test
    void whatFailedToStartIsNotResumedButStopped() {
        Supplier<Actor<String>> supplier = () -> {
            throw new IllegalStateException("broken");
        };
        system.spawnActor("actor", ActorOptions.defaults().withSupervision(Supervision.resume()), supplier)
                .terminated()
                .join();
        assertThat(log.messages()).containsExactly("an actor failed and was stopped: actor=/actor");
    }

    @Test
    void aFailingOnStopDoesNotKeepAnActorFromItsRestart() {
        ActorRef<String> actor =
                system.spawnActor("actor", ActorOptions.defaults().withSupervision(RESTART), () -> new Actor<>() {
                    @Override
                    public void onStart(ActorContext<String> context) {
                        seen.add("start");
                    }

                    @Override
                    public void receive(String message, ActorContext<String> context) {
                        throw new IllegalStateException("broken");
                    }

                    @Override
                    public void onStop(ActorContext<String> context) {
                        throw new IllegalStateException("again");
                    }
                });
        actor.tell("fail");
        Awaitility.await().until(() -> seen.size() == 2);
        assertThat(log.messages())
                .containsExactly(
                        "an actor failed and is restarted: actor=/actor, restarts in a row=1",
                        "an actor failed in onStop, before a restart: actor=/actor");
    }

    @Test
    void theAskOfAMessageThatFailsFailsAtOnceAndTheOthersAreAnswered() {
        for (Supervision supervision : List.of(RESTART, Supervision.resume())) {
            ActorRef<Count> counter = counter(supervision);
            system.spawn(() -> {
                        Task<Integer> failed = counter.ask(LONG, Count.FailAsked::new);
                        Task<Integer> answered = counter.ask(LONG, Count.Sum::new);
                        assertThatThrownBy(() -> await(failed))
                                .isInstanceOf(ActorStoppedException.class)
                                .hasRootCauseMessage("asked");
                        assertThat(await(answered)).isZero();
                    })
                    .join();
            counter.stop();
        }
    }

    @Test
    void anAskThatTheOldInstanceHasKeptFailsAtTheRestart() {
        ActorRef<Count> keeper =
                system.spawnActor("keeper", ActorOptions.defaults().withSupervision(RESTART), () -> (message, _) -> {
                    if (message instanceof Count.Add) {
                        throw new IllegalStateException("broken");
                    }
                });
        system.spawn(() -> {
                    Task<Integer> kept = keeper.ask(LONG, Count.Sum::new);
                    keeper.tell(new Count.Add());
                    assertThatThrownBy(() -> await(kept)).hasRootCauseMessage("broken");
                })
                .join();
    }

    @Test
    void childrenAndTimersEndBeforeARestartTheNewestFirst() {
        ActorRef<String> parent =
                system.spawnActor("parent", ActorOptions.defaults().withSupervision(RESTART), () -> new Actor<>() {
                    private final int instance = made.incrementAndGet();

                    @Override
                    public void onStart(ActorContext<String> context) {
                        spawnNoting(context, "older" + instance);
                        spawnNoting(context, "younger" + instance);
                        spawn(() -> {
                            try {
                                sleepFor(LONG);
                            } finally {
                                seen.add("function" + instance);
                            }
                        });
                        if (instance == 1) {
                            context.timers().atFixedRate(Duration.ofMillis(1), "tick");
                        }
                    }

                    @Override
                    public void receive(String message, ActorContext<String> context) {
                        if (message.equals("fail")) {
                            throw new IllegalStateException("broken");
                        }
                        seen.add(message + instance);
                    }

                    @Override
                    public void onStop(ActorContext<String> context) {
                        seen.add("parent" + instance);
                    }
                });
        Awaitility.await().until(() -> seen.contains("tick1"));
        parent.tell("fail");
        Awaitility.await().until(() -> made.get() == 2);
        parent.tell("hello");
        Awaitility.await().until(() -> seen.contains("hello2"));
        assertThat(seen).doesNotContain("tick2");
        assertThat(seen.stream().filter(entry -> !entry.startsWith("tick")).limit(4))
                .containsExactly("function1", "younger1", "older1", "parent1");
    }

    private void spawnNoting(ActorContext<String> context, String name) {
        context.spawnActor(name, () -> new Actor<String>() {
            @Override
            public void receive(String message, ActorContext<String> child) {}

            @Override
            public void onStop(ActorContext<String> child) {
                seen.add(name);
            }
        });
    }

    @Test
    void aDirectActorRunsItsBodyAgain() {
        ActorRef<String> actor =
                system.spawnActor("direct", ActorOptions.defaults().withSupervision(RESTART), (Inbox<String> inbox) -> {
                    int mine = made.incrementAndGet();
                    while (true) {
                        String message = inbox.receive();
                        if (message.equals("fail")) {
                            throw new IllegalStateException("broken");
                        }
                        if (message.equals("end")) {
                            return;
                        }
                        seen.add(message + mine);
                    }
                });
        for (String message : List.of("a", "fail", "b", "end")) {
            actor.tell(message);
        }
        actor.terminated().join();
        assertThat(seen).containsExactly("a1", "b2");
    }

    @Test
    void aDirectActorCannotBeResumed() {
        ActorOptions options =
                ActorOptions.defaults().withSupervision(Supervision.stop().on(IOException.class, Decision.RESUME));
        assertThatThrownBy(() -> system.spawnActor("direct", options, (Inbox<String> _) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a direct-style actor cannot be resumed: actor=direct; its state is the stack that the "
                        + "failure has unwound, choose RESTART or STOP");
    }

    // Escalation.

    @Test
    void anEscalatedFailureFailsTheParentFunction() {
        IllegalStateException broken = new IllegalStateException("broken");
        Task<Integer> parent = system.spawn(() -> {
            ActorRef<Count> child =
                    spawnActor("child", ActorOptions.defaults().withSupervision(Supervision.escalate()), Counter::new);
            child.tell(new Count.Fail(broken));
            try {
                sleepFor(LONG);
            } finally {
                seen.add("cancelled");
            }
            return 1;
        });
        assertThatThrownBy(parent::join).isSameAs(broken);
        assertThat(seen).containsExactly("start 1", "stop 1", "cancelled");
        assertThat(log.messages())
                .first()
                .isEqualTo("an actor failed and escalated: actor=/RestartTest-function/child");
    }

    @Test
    void whatTheParentItselfHasThrownTravelsWithAnEscalatedFailure() {
        IllegalStateException broken = new IllegalStateException("broken");
        IllegalStateException cleanup = new IllegalStateException("cleanup");
        Task<Integer> parent = system.spawn(() -> {
            spawnEscalating().tell(new Count.Fail(broken));
            try {
                sleepFor(LONG);
            } catch (CancelledException _) {
                throw cleanup;
            }
            return 1;
        });
        assertThatThrownBy(parent::join).isSameAs(broken).hasSuppressedException(cleanup);
    }

    @Test
    void aFailureThatTheEscalatedOneHasCausedDoesNotTravelWithIt() {
        Task<Integer> parent = system.spawn(() -> await(spawnEscalating().ask(Count.FailAsked::new)));
        assertThatThrownBy(parent::join)
                .isInstanceOf(IllegalStateException.class)
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .noneMatch(suppressed -> suppressed instanceof RouseException));
    }

    private ActorRef<Count> spawnEscalating() {
        return spawnActor("child", ActorOptions.defaults().withSupervision(Supervision.escalate()), Counter::new);
    }

    /// The older child fails while the younger one stops.
    @Test
    void anEscalationFailsTheParentAlsoWhenItsOwnWorkIsDone() {
        Task<Integer> parent = parentThatReturns(1);
        assertThatThrownBy(parent::join).hasMessage("broken");
    }

    @Test
    void anEscalationTravelsWithTheFailureOfAParentWhoseOwnWorkIsDone() {
        Task<Integer> parent = parentThatReturns(0);
        assertThatThrownBy(parent::join)
                .isInstanceOf(ArithmeticException.class)
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .filteredOn(suppressed -> suppressed instanceof IllegalStateException)
                        .hasSize(1));
    }

    private Task<Integer> parentThatReturns(int one) {
        return system.spawn(() -> {
            ActorRef<Count> older = spawnEscalating();
            spawnActor("younger", () -> new Actor<Count>() {
                @Override
                public void receive(Count message, ActorContext<Count> context) {}

                @Override
                public void onStop(ActorContext<Count> context) {
                    older.tell(broken());
                    await(older.terminated());
                }
            });
            spawn(() -> sleepFor(LONG)); // is cancelled by the escalation
            sleepFor(Duration.ofNanos(1)); // so that they have started
            return 1 / one;
        });
    }

    private Supplier<Actor<Count>> parentOfEscalating(List<ActorRef<Count>> children) {
        return () -> new Actor<>() {
            private final int instance = made.incrementAndGet();

            @Override
            public void onStart(ActorContext<Count> context) {
                seen.add("parent " + instance);
                children.add(spawnActor(
                        "child",
                        ActorOptions.defaults().withSupervision(Supervision.escalate()),
                        () -> (message, _) -> {
                            if (message instanceof Count.Fail(Throwable why)) {
                                throw (Exception) why;
                            }
                        }));
            }

            @Override
            public void receive(Count message, ActorContext<Count> context) {
                children.getLast().tell(message);
            }
        };
    }

    @Test
    void anEscalatedFailureIsForTheParentActorsSupervisionToDecide() {
        List<ActorRef<Count>> children = new CopyOnWriteArrayList<>();
        ActorRef<Count> parent = system.spawnActor(
                "parent",
                ActorOptions.defaults().withSupervision(RESTART.on(IOException.class, Decision.STOP)),
                parentOfEscalating(children));
        parent.tell(broken());
        Awaitility.await().until(() -> children.size() == 2);
        children.getFirst().terminated().join();
        parent.tell(new Count.Fail(new IOException("gone")));
        parent.terminated().join();
        children.getLast().terminated().join();
        assertThat(seen).containsExactly("parent 1", "parent 2");
        assertThat(log.messages())
                .containsExactly(
                        "an actor failed and escalated: actor=/parent/child",
                        "an actor failed and is restarted: actor=/parent, restarts in a row=1",
                        "an actor failed and escalated: actor=/parent/child",
                        "an actor failed and was stopped: actor=/parent");
    }

    @Test
    void aDirectParentGetsAnEscalatedFailureWhereItReceives() {
        ActorRef<Count> parent = system.spawnActor("parent", (Inbox<Count> inbox) -> {
            ActorRef<Count> child =
                    spawnActor("child", ActorOptions.defaults().withSupervision(Supervision.escalate()), Counter::new);
            child.tell(broken());
            try {
                inbox.receive();
            } catch (ChildFailedException e) {
                seen.add(e.getMessage());
            }
            seen.add("goes on");
            inbox.receive();
        });
        Awaitility.await().until(() -> seen.contains("goes on"));
        parent.stop();
        parent.terminated().join();
        assertThat(seen).contains("a child actor failed and escalated: child=/parent/child", "goes on");
    }

    @Test
    void aRootThatEscalatesStops() {
        ActorRef<Count> counter = counter(Supervision.escalate());
        counter.tell(broken());
        counter.terminated().join();
        assertThat(log.messages()).containsExactly("an actor failed and was stopped: actor=/counter");
        assertThat(system.spawn(() -> 1).join()).isEqualTo(1);
    }

    @Test
    void aSpentBudgetMayEscalate() {
        Task<Void> parent = system.spawn(() -> {
            ActorRef<Count> child = spawnActor(
                    "child",
                    ActorOptions.defaults()
                            .withSupervision(RESTART.atMost(1, LONG).orEscalate()),
                    Counter::new);
            child.tell(broken());
            child.tell(broken());
            sleepFor(LONG);
        });
        assertThatThrownBy(parent::join).hasMessage("broken");
        assertThat(made).hasValue(2);
    }

    @Test
    void aCrashLoopGivesWayToOthersAndLogsLittle() {
        ActorRef<Count> counter = counter(RESTART.atMost(1_000, Duration.ofMillis(1)));
        CountDownLatch restarted = new CountDownLatch(1);
        system.spawn(() -> {
                    for (int i = 0; i < 50; i++) {
                        counter.tell(broken());
                    }
                    await(counter.ask(LONG, Count.Sum::new));
                    restarted.countDown();
                })
                .join();
        FunctionTest.join(restarted);
        assertThat(made).hasValue(51);
        assertThat(log.messages()).hasSizeLessThan(25); // one a second
    }
}
