package dev.rouse.testkit.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Action;
import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorStoppedException;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.ChildFailedException;
import dev.rouse.actor.Delivery;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.RouseException;
import dev.rouse.actor.Supervision;
import dev.rouse.actor.Supervision.Decision;
import dev.rouse.actor.Task;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/// What becomes of an actor that fails: restart, resume, stop, escalate.
class RestartScenariosTest {
    private static final Duration LONG = Duration.ofHours(1);

    /// By then everything has come about that waits for no more than a backoff.
    private static final Duration SOON = Duration.ofSeconds(1);

    private static final Supervision RESTART =
            Supervision.restart().backoff(Duration.ofMillis(1), Duration.ofMillis(2));

    private sealed interface Count {
        record Add() implements Count {}

        record Fail(Throwable why) implements Count {}

        record Sum(ReplyTo<Integer> replyTo) implements Count {}

        record FailAsked(ReplyTo<Integer> replyTo) implements Count {}
    }

    private static Count.Fail broken() {
        return new Count.Fail(new IllegalStateException("broken"));
    }

    private static ActorOptions supervised(Supervision supervision) {
        return ActorOptions.defaults().withSupervision(supervision);
    }

    /// What actors have done in one run.
    private static final class Scene {
        final Simulation simulation;
        final ActorSystem system;
        final List<String> seen = new ArrayList<>();
        int made;

        Scene(Simulation simulation) {
            this.simulation = simulation;
            this.system = simulation.system();
        }

        /// Counts; notes its starts and ends with the number of the instance.
        private final class Counter implements Actor<Count> {
            private final int instance = ++made;
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

        ActorRef<Count> counter(Supervision supervision) {
            return system.spawnActor("counter", supervised(supervision), Counter::new);
        }

        ActorRef<Count> spawnEscalating() {
            return spawnActor("child", supervised(Supervision.escalate()), Counter::new);
        }

        /// In a turn of the parent.
        void spawnNoting(String name) {
            spawnActor(name, () -> new Actor<String>() {
                @Override
                public void receive(String message, ActorContext<String> child) {}

                @Override
                public void onStop(ActorContext<String> child) {
                    seen.add(name);
                }
            });
        }

        /// When all that was sent to it has been handled.
        int sum(ActorRef<Count> counter) {
            simulation.runFor(SOON);
            return simulation.run(() -> await(counter.ask(Count.Sum::new)));
        }

        void expectRestart(String path) {
            simulation.logs().expect(Level.WARNING, "an actor failed and is restarted: actor=" + path);
        }

        void expectStop(String path) {
            simulation.logs().expect(Level.ERROR, "an actor failed and was stopped: actor=" + path);
        }

        void expectEscalation(String path) {
            simulation.logs().expect(Level.ERROR, "an actor failed and escalated: actor=" + path);
        }

        void awaitEnd(ActorRef<?> actor) {
            Void _ = actor.terminated().join();
        }
    }

    @Seeds(20)
    void restartBeginsWithFreshStateAndKeepsReferenceAndMailbox(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/counter, restarts in a row=1");
        ActorRef<Count> counter = scene.counter(RESTART);
        counter.tell(new Count.Add());
        counter.tell(broken());
        counter.tell(new Count.Add());
        counter.tell(new Count.Add());
        assertThat(scene.sum(counter)).isEqualTo(2);
        assertThat(scene.seen).containsExactly("start 1", "stop 1", "start 2");
        assertThat(simulation.deadLetters()).isEmpty();
    }

    @Seeds(20)
    void aMessageThatFailsIsNotDeliveredAgain(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/actor");
        ActorRef<String> actor = scene.system.spawnActor("actor", supervised(RESTART), () -> (message, _) -> {
            scene.seen.add(message);
            throw new IllegalStateException("poison");
        });
        actor.tell("first");
        simulation.runFor(SOON);
        assertThat(scene.seen).containsExactly("first");
        actor.tell("second");
        simulation.runFor(SOON);
        assertThat(scene.seen).containsExactly("first", "second");
    }

    @Seeds(20)
    void resumeKeepsTheState(Simulation simulation) {
        Scene scene = new Scene(simulation);
        simulation.logs().expect(Level.WARNING, "an actor failed and goes on: actor=/counter");
        ActorRef<Count> counter = scene.counter(Supervision.resume());
        counter.tell(new Count.Add());
        counter.tell(broken());
        counter.tell(new Count.Add());
        assertThat(scene.sum(counter)).isEqualTo(2);
        assertThat(scene.seen).containsExactly("start 1");
    }

    @Seeds(20)
    void anErrorStopsAnActorThatWouldBeResumed(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectStop("/counter");
        ActorRef<Count> counter = scene.counter(Supervision.resume());
        counter.tell(new Count.Fail(new StackOverflowError()));
        scene.awaitEnd(counter);
    }

    @Seeds(20)
    void aRuleForAnErrorRestarts(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/counter");
        ActorRef<Count> counter = scene.counter(Supervision.stop().on(AssertionError.class, Decision.RESTART));
        counter.tell(new Count.Fail(new AssertionError()));
        assertThat(scene.sum(counter)).isZero();
        assertThat(scene.made).isEqualTo(2);
    }

    @Seeds(20)
    void theFailureAfterTheLastRestartOfTheBudgetStopsTheActor(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/counter");
        scene.expectStop("/counter, the budget of restarts is spent: restarts=2, within=PT1H, failures left out=1");
        ActorRef<Count> counter = scene.counter(RESTART.atMost(2, LONG));
        for (int i = 0; i < 3; i++) {
            counter.tell(broken());
        }
        scene.awaitEnd(counter);
        assertThat(scene.seen).containsExactly("start 1", "stop 1", "start 2", "stop 2", "start 3", "stop 3");
    }

    @Seeds(20)
    void messagesWaitInTheBoundedMailboxDuringABackoff(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/counter");
        ActorOptions patient =
                supervised(Supervision.restart().backoff(LONG, LONG)).withMailbox(2);
        ActorRef<Count> counter = scene.system.spawnActor("counter", patient, () -> scene.new Counter());
        counter.tell(broken());
        simulation.runFor(SOON);
        assertThat(scene.seen).containsExactly("start 1", "stop 1");
        assertThat(counter.tryTell(new Count.Add())).isEqualTo(Delivery.ACCEPTED);
        assertThat(counter.tryTell(new Count.Add())).isEqualTo(Delivery.ACCEPTED);
        assertThat(counter.tryTell(new Count.Add())).isEqualTo(Delivery.FULL);
        Duration before = simulation.elapsed();
        counter.stop();
        scene.awaitEnd(counter);
        assertThat(simulation.elapsed().minus(before)).isLessThan(SOON); // the rest of the backoff is left out
        assertThat(simulation.deadLetters()).hasSize(2);
        assertThat(scene.seen).containsExactly("start 1", "stop 1");
    }

    @Seeds(20)
    void aFailingSupplierIsTriedAgainUntilTheBudgetIsSpent(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/actor");
        scene.expectStop("/actor, the budget of restarts is spent");
        Supplier<Actor<String>> supplier = () -> {
            scene.made++;
            throw new IllegalStateException("broken");
        };
        scene.awaitEnd(scene.system.spawnActor("actor", supervised(RESTART.atMost(3, LONG)), supplier));
        assertThat(scene.made).isEqualTo(4);
    }

    @Seeds(20)
    void whatOnStartHasBegunBeforeItFailedEndsBeforeTheNextStart(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/actor");
        scene.expectStop("/actor, the budget of restarts is spent");
        ActorRef<String> actor =
                scene.system.spawnActor("actor", supervised(RESTART.atMost(1, LONG)), () -> new Actor<>() {
                    @Override
                    public void onStart(ActorContext<String> context) {
                        scene.seen.add("start");
                        context.timers().once(Duration.ofMillis(1), "never");
                        scene.spawnNoting("child");
                        sleepFor(Duration.ofMillis(1));
                        throw new IllegalStateException("broken");
                    }

                    @Override
                    public void receive(String message, ActorContext<String> context) {
                        scene.seen.add(message);
                    }

                    @Override
                    public void onStop(ActorContext<String> context) {
                        scene.seen.add("never");
                    }
                });
        scene.awaitEnd(actor);
        assertThat(scene.seen).containsExactly("start", "child", "start", "child");
    }

    @Seeds(20)
    void whatFailedToStartIsNotResumedButStopped(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectStop("/actor");
        Supplier<Actor<String>> supplier = () -> {
            throw new IllegalStateException("broken");
        };
        scene.awaitEnd(scene.system.spawnActor("actor", supervised(Supervision.resume()), supplier));
    }

    @Seeds(20)
    void aFailingOnStopDoesNotKeepAnActorFromItsRestart(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/actor");
        simulation.logs().expect(Level.WARNING, "an actor failed in onStop, before a restart: actor=/actor");
        simulation.logs().expect(Level.ERROR, "an actor failed and was stopped: actor=/actor"); // at the end
        ActorRef<String> actor = scene.system.spawnActor("actor", supervised(RESTART), () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                scene.seen.add("start");
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
        simulation.runFor(SOON);
        assertThat(scene.seen).containsExactly("start", "start");
    }

    @Seeds(20)
    void theAskOfAMessageThatFailsFailsAtOnceAndTheOthersAreAnswered(Simulation simulation) {
        Scene scene = new Scene(simulation);
        simulation.logs().expect(Level.WARNING, "an actor failed and ");
        for (Supervision supervision : List.of(RESTART, Supervision.resume())) {
            ActorRef<Count> counter = scene.counter(supervision);
            Duration before = simulation.elapsed();
            simulation.run(() -> {
                Task<Integer> failed = counter.ask(LONG, Count.FailAsked::new);
                Task<Integer> answered = counter.ask(LONG, Count.Sum::new);
                assertThatThrownBy(() -> await(failed))
                        .isInstanceOf(ActorStoppedException.class)
                        .hasRootCauseMessage("asked");
                assertThat(await(answered)).isZero();
            });
            assertThat(simulation.elapsed().minus(before)).isLessThan(SOON);
        }
    }

    @Seeds(20)
    void anAskThatTheOldInstanceHasKeptFailsAtTheRestart(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/keeper");
        ActorRef<Count> keeper = scene.system.spawnActor("keeper", supervised(RESTART), () -> (message, _) -> {
            if (message instanceof Count.Add) {
                throw new IllegalStateException("broken");
            }
        });
        simulation.run(() -> {
            Task<Integer> kept = keeper.ask(LONG, Count.Sum::new);
            keeper.tell(new Count.Add());
            assertThatThrownBy(() -> await(kept)).hasRootCauseMessage("broken");
        });
    }

    @Seeds(20)
    void childrenAndTimersEndBeforeARestartTheNewestFirst(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/parent");
        ActorRef<String> parent = scene.system.spawnActor("parent", supervised(RESTART), () -> new Actor<>() {
            private final int instance = ++scene.made;

            @Override
            public void onStart(ActorContext<String> context) {
                scene.spawnNoting("older" + instance);
                scene.spawnNoting("younger" + instance);
                spawn(() -> {
                    try {
                        sleepFor(LONG);
                    } finally {
                        scene.seen.add("function" + instance);
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
                if (instance == 2 || !message.equals("tick")) {
                    scene.seen.add(message + instance);
                }
            }

            @Override
            public void onStop(ActorContext<String> context) {
                scene.seen.add("parent" + instance);
            }
        });
        simulation.runFor(Duration.ofMillis(10));
        parent.tell("fail");
        parent.tell("hello");
        simulation.runFor(SOON);
        assertThat(scene.seen)
                .hasSize(5)
                .containsSubsequence("younger1", "older1", "parent1", "hello2")
                .containsSubsequence("function1", "parent1");
    }

    @Seeds(20)
    void aDirectActorRunsItsBodyAgain(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/direct");
        ActorRef<String> actor = scene.system.spawnActor("direct", supervised(RESTART), (Inbox<String> inbox) -> {
            int mine = ++scene.made;
            while (true) {
                String message = inbox.receive();
                switch (message) {
                    case "fail" -> throw new IllegalStateException("broken");
                    case "end" -> {
                        return;
                    }
                    default -> scene.seen.add(message + mine);
                }
            }
        });
        for (String message : List.of("a", "fail", "b", "end")) {
            actor.tell(message);
        }
        scene.awaitEnd(actor);
        assertThat(scene.seen).containsExactly("a1", "b2");
    }

    @Seeds(1)
    void aDirectActorCannotBeResumed(Simulation simulation) {
        ActorOptions options = supervised(Supervision.stop().on(IOException.class, Decision.RESUME));
        assertThatThrownBy(() -> simulation.system().spawnActor("direct", options, (Inbox<String> _) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a direct-style actor cannot be resumed: actor=direct; its state is the stack that the "
                        + "failure has unwound, choose RESTART or STOP");
    }

    // Escalation.

    @Seeds(20)
    void anEscalatedFailureFailsTheParentFunction(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectEscalation("/RestartScenariosTest-function/child");
        IllegalStateException broken = new IllegalStateException("broken");
        Callable<Integer> parent = () -> {
            scene.spawnEscalating().tell(new Count.Fail(broken));
            try {
                sleepFor(LONG);
            } finally {
                scene.seen.add("cancelled");
            }
            return 1;
        };
        assertThatThrownBy(() -> simulation.run(parent)).isSameAs(broken);
        assertThat(scene.seen).containsExactly("start 1", "stop 1", "cancelled");
    }

    @Seeds(20)
    void whatTheParentItselfHasThrownTravelsWithAnEscalatedFailure(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectEscalation("/RestartScenariosTest-function/child");
        IllegalStateException broken = new IllegalStateException("broken");
        IllegalStateException cleanup = new IllegalStateException("cleanup");
        Callable<Integer> parent = () -> {
            scene.spawnEscalating().tell(new Count.Fail(broken));
            try {
                sleepFor(LONG);
            } catch (CancelledException _) {
                throw cleanup;
            }
            return 1;
        };
        assertThatThrownBy(() -> simulation.run(parent)).isSameAs(broken).hasSuppressedException(cleanup);
    }

    @Seeds(20)
    void aFailureThatTheEscalatedOneHasCausedDoesNotTravelWithIt(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectEscalation("/RestartScenariosTest-function/child");
        assertThatThrownBy(
                        () -> simulation.run(() -> await(scene.spawnEscalating().ask(Count.FailAsked::new))))
                .isInstanceOf(IllegalStateException.class)
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .noneMatch(suppressed -> suppressed instanceof RouseException));
    }

    /// The older child fails while the younger one stops.
    @Seeds(20)
    void anEscalationFailsTheParentAlsoWhenItsOwnWorkIsDone(Simulation simulation) {
        assertThatThrownBy(() -> simulation.run(parentThatReturns(1, simulation)))
                .hasMessage("broken");
    }

    @Seeds(20)
    void anEscalationTravelsWithTheFailureOfAParentWhoseOwnWorkIsDone(Simulation simulation) {
        assertThatThrownBy(() -> simulation.run(parentThatReturns(0, simulation)))
                .isInstanceOf(ArithmeticException.class)
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .filteredOn(suppressed -> suppressed instanceof IllegalStateException)
                        .hasSize(1));
    }

    private static Callable<Integer> parentThatReturns(int one, Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectEscalation("/RestartScenariosTest-function/child");
        return () -> {
            ActorRef<Count> older = scene.spawnEscalating();
            spawnActor("younger", () -> new Actor<Count>() {
                @Override
                public void receive(Count message, ActorContext<Count> context) {}

                @Override
                public void onStop(ActorContext<Count> context) {
                    older.tell(broken());
                    Void _ = await(older.terminated());
                }
            });
            spawn(() -> sleepFor(LONG)); // is cancelled by the escalation
            sleepFor(Duration.ofNanos(1)); // so that they have started
            return 1 / one;
        };
    }

    @Seeds(20)
    void anEscalatedFailureIsForTheParentActorsSupervisionToDecide(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectEscalation("/parent/child");
        scene.expectRestart("/parent, restarts in a row=1");
        scene.expectStop("/parent");
        List<ActorRef<Count>> children = new ArrayList<>();
        ActorRef<Count> parent = scene.system.spawnActor(
                "parent",
                supervised(RESTART.on(IOException.class, Decision.STOP)),
                () -> parentOfEscalating(scene, children));
        parent.tell(broken());
        simulation.runFor(SOON);
        assertThat(children).hasSize(2);
        scene.awaitEnd(children.getFirst());
        parent.tell(new Count.Fail(new IOException("gone")));
        scene.awaitEnd(parent);
        scene.awaitEnd(children.getLast());
        assertThat(scene.seen).containsExactly("parent 1", "parent 2");
    }

    private static Actor<Count> parentOfEscalating(Scene scene, List<ActorRef<Count>> children) {
        int instance = ++scene.made;
        return new Actor<>() {
            @Override
            public void onStart(ActorContext<Count> context) {
                scene.seen.add("parent " + instance);
                children.add(spawnActor("child", supervised(Supervision.escalate()), () -> (message, _) -> {
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

    @Seeds(20)
    void aDirectParentGetsAnEscalatedFailureWhereItReceives(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectEscalation("/parent/child");
        ActorRef<Count> _ = scene.system.spawnActor("parent", (Inbox<Count> inbox) -> {
            scene.spawnEscalating().tell(broken());
            try {
                inbox.receive();
            } catch (ChildFailedException e) {
                scene.seen.add(e.getMessage());
            }
            scene.seen.add("goes on");
            inbox.receive();
        });
        simulation.runFor(SOON);
        assertThat(scene.seen)
                .containsExactly(
                        "start 1", "stop 1", "a child actor failed and escalated: child=/parent/child", "goes on");
    }

    @Seeds(20)
    void aRootThatEscalatesStops(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectStop("/counter");
        ActorRef<Count> counter = scene.counter(Supervision.escalate());
        counter.tell(broken());
        scene.awaitEnd(counter);
        int others = simulation.run(() -> 1);
        assertThat(others).isOne();
    }

    @Seeds(20)
    void aSpentBudgetMayEscalate(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.expectRestart("/RestartScenariosTest-function/child");
        scene.expectEscalation("/RestartScenariosTest-function/child, the budget of restarts is spent");
        Action parent = () -> {
            ActorRef<Count> child =
                    spawnActor("child", supervised(RESTART.atMost(1, LONG).orEscalate()), () -> scene.new Counter());
            child.tell(broken());
            child.tell(broken());
            sleepFor(LONG);
        };
        assertThatThrownBy(() -> simulation.run(parent)).hasMessage("broken");
        assertThat(scene.made).isEqualTo(2);
    }

    @Seeds(5)
    void aCrashLoopGivesWayToOthersAndLogsLittle(Simulation simulation) {
        Scene scene = new Scene(simulation);
        ActorRef<Count> counter = scene.counter(RESTART.atMost(1_000, Duration.ofMillis(1)));
        int failures = 50;
        for (int i = 0; i < failures; i++) {
            counter.tell(broken());
        }
        Duration before = simulation.elapsed();
        assertThat(scene.sum(counter)).isZero();
        assertThat(scene.made).isEqualTo(failures + 1);
        long seconds = simulation.elapsed().minus(before).toSeconds();
        assertThat(simulation.logs().unexpected()).hasSizeLessThanOrEqualTo((int) seconds + 1); // one a second
        scene.expectRestart("/counter");
    }
}
