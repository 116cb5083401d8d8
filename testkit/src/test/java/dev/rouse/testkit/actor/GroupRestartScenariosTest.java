package dev.rouse.testkit.actor;

import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.Supervision;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// One for all, and the rest for one, in many orders; what needs a look inside is in `GroupRestartTest` of actors-core.
class GroupRestartScenariosTest {
    private static final Duration LONG = Duration.ofHours(1);

    /// By then everything has come about that waits for no more than a backoff.
    private static final Duration SOON = Duration.ofSeconds(1);

    private static final Supervision RESTART =
            Supervision.restart().backoff(Duration.ofMillis(1), Duration.ofMillis(2));

    /// Actors of one parent, and what they have done.
    private static final class Group {
        private final Simulation simulation;
        private final List<String> seen = new ArrayList<>();
        private final Map<String, ActorRef<String>> actors = new HashMap<>();
        private final Map<String, Integer> startsToFail = new HashMap<>();

        Group(Simulation simulation) {
            this.simulation = simulation;
        }

        private final class Member implements Actor<String> {
            private final String name;

            Member(String name) {
                this.name = name;
            }

            @Override
            public void onStart(ActorContext<String> context) {
                if (startsToFail.merge(name, -1, Integer::sum) >= 0) {
                    seen.add("no " + name);
                    throw new IllegalStateException("no start");
                }
                seen.add("+" + name);
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                switch (message) {
                    case "fail" -> throw new IllegalStateException("broken");
                    case "wait" -> {
                        seen.add(name + " waits");
                        sleepFor(LONG);
                    }
                    default -> seen.add(name + " " + message);
                }
            }

            @Override
            public void onStop(ActorContext<String> context) {
                seen.add("-" + name);
            }
        }

        /// A parent of a, b, c and the direct-style d.
        ActorRef<String> start(UnaryOperator<Supervision> scope) {
            ActorOptions options = ActorOptions.defaults().withSupervision(scope.apply(RESTART));
            ActorRef<String> parent = simulation.system().spawnActor("parent", (Inbox<String> inbox) -> {
                for (String name : List.of("a", "b", "c")) {
                    actors.put(name, spawnActor(name, options, () -> new Member(name)));
                }
                actors.put("d", spawnActor("d", options, this::runDirect));
                inbox.receive();
            });
            simulation.runFor(SOON);
            assertThat(seen).containsExactlyInAnyOrder("+a", "+b", "+c", "+d");
            seen.clear();
            return parent;
        }

        private void runDirect(Inbox<String> inbox) {
            seen.add("+d");
            try {
                while (true) {
                    String message = inbox.receive();
                    if (message.equals("fail")) {
                        throw new IllegalStateException("broken");
                    }
                    seen.add("d " + message);
                }
            } finally {
                seen.add("-d");
            }
        }

        /// A parent of an actor that halts the other by its failure.
        void startWith(Supplier<Actor<String>> member) {
            ActorOptions options = ActorOptions.defaults().withSupervision(RESTART.oneForAll());
            ActorRef<String> _ = simulation.system().spawnActor("parent", (Inbox<String> inbox) -> {
                actors.put("leader", spawnActor("leader", options, () -> new Member("leader")));
                actors.put("member", spawnActor("member", options, member));
                inbox.receive();
            });
            expectSeen("+leader");
        }

        ActorRef<String> actor(String name) {
            return Objects.requireNonNull(actors.get(name));
        }

        void tell(String name, String message) {
            actor(name).tell(message);
        }

        void expectSeen(String... entries) {
            simulation.runFor(SOON);
            assertThat(seen).containsExactly(entries);
        }

        void expectOneRestartOf(String path) {
            simulation.logs().expect(Level.WARNING, "an actor failed and is restarted: actor=" + path);
        }

        void allowFailures() {
            simulation.logs().allow(Level.WARNING, "an actor failed");
            simulation.logs().allow(Level.ERROR, "an actor failed");
        }
    }

    @Seeds(20)
    void oneForAllStopsTheNewestFirstAndStartsTheOldestFirst(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/b, restarts in a row=1");
        group.start(Supervision::oneForAll);
        group.tell("b", "fail");
        group.expectSeen("-d", "-c", "-b", "-a", "+a", "+b", "+c", "+d");
    }

    @Seeds(20)
    void restForOneLeavesThoseThatAreOlder(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/b");
        group.start(Supervision::restForOne);
        group.tell("b", "fail");
        group.expectSeen("-d", "-c", "-b", "+b", "+c", "+d");
    }

    @Seeds(20)
    void aDirectStyleActorLeadsTheOthersAsWell(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/d");
        group.start(Supervision::oneForAll);
        group.tell("d", "fail");
        group.expectSeen("-d", "-c", "-b", "-a", "+a", "+b", "+c", "+d");
    }

    @Seeds(20)
    void withoutAScopeOnlyTheOneThatHasFailedRestarts(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/b");
        group.start(UnaryOperator.identity());
        group.tell("b", "fail");
        group.expectSeen("-b", "+b");
    }

    @Seeds(20)
    void whatAMemberWaitsForIsCancelledAndItsMailboxIsKept(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/a"); // and none of c
        group.start(Supervision::oneForAll);
        group.tell("c", "wait");
        group.expectSeen("c waits");
        group.tell("c", "kept");
        group.tell("a", "fail");
        simulation.runFor(SOON);
        assertThat(group.seen).containsSubsequence("+c", "c kept");
    }

    @Seeds(20)
    void aMemberThatFailsToStartFailsTheWholeRestart(Simulation simulation) {
        Group group = new Group(simulation);
        group.allowFailures();
        group.start(Supervision::oneForAll);
        group.startsToFail.put("c", 2);
        group.tell("b", "fail");
        group.expectSeen(
                "-d", "-c", "-b", "-a", //
                "+a", "+b", "no c", //
                "-b", "-a", //
                "+a", "+b", "no c", //
                "-b", "-a", //
                "+a", "+b", "+c", "+d");
    }

    @Seeds(20)
    void aSpentBudgetStopsAllMembers(Simulation simulation) {
        Group group = new Group(simulation);
        group.allowFailures();
        group.start(supervision -> supervision.atMost(1, LONG).oneForAll());
        group.startsToFail.put("c", 9);
        group.tell("b", "fail");
        for (ActorRef<String> actor : group.actors.values()) {
            Void _ = actor.terminated().join();
        }
        assertThat(group.seen)
                .startsWith("-d", "-c", "-b", "-a", "+a", "+b", "no c")
                .doesNotContain("+c", "+d");
    }

    @Seeds(20)
    void aMemberThatIsStoppedMeanwhileLeaves(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/b");
        group.start(supervision -> supervision.backoff(LONG, LONG).oneForAll());
        group.tell("b", "fail");
        group.expectSeen("-d", "-c", "-b", "-a");
        group.actor("c").stop();
        Void _ = group.actor("c").terminated().join();
        group.actor("b").stop(); // and with it the waiting
        Void _ = group.actor("b").terminated().join();
        simulation.runFor(SOON);
        assertThat(group.seen).startsWith("-d", "-c", "-b", "-a").hasSize(6).contains("+a", "+d"); // led by nobody
    }

    @Seeds(20)
    void thoseThatFailTogetherAreRestartedTogether(Simulation simulation) {
        Group group = new Group(simulation);
        group.allowFailures();
        group.start(Supervision::oneForAll);
        group.actors.values().forEach(actor -> actor.tell("fail"));
        simulation.runFor(SOON);
        assertThat(group.seen).contains("+d");
        group.actors.values().forEach(actor -> actor.tell("hello"));
        simulation.runFor(SOON);
        assertThat(group.seen).contains("a hello", "b hello", "c hello", "d hello");
    }

    @Seeds(20)
    void theParentCanBeStoppedInTheMiddle(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/b");
        ActorRef<String> parent =
                group.start(supervision -> supervision.backoff(LONG, LONG).oneForAll());
        group.tell("b", "fail");
        group.expectSeen("-d", "-c", "-b", "-a");
        parent.stop();
        Void _ = parent.terminated().join();
        for (ActorRef<String> actor : group.actors.values()) {
            Void _ = actor.terminated().join();
        }
        assertThat(group.seen).startsWith("-d", "-c", "-b", "-a").doesNotContain("+b", "+c", "+d");
    }

    /// Takes its time to go down.
    private static final class Careful implements Actor<String> {
        private static final Duration CLEANUP = Duration.ofMillis(10);

        private final List<String> seen;

        Careful(List<String> seen) {
            this.seen = seen;
        }

        @Override
        public void receive(String message, ActorContext<String> context) {
            try {
                sleepFor(LONG);
            } catch (CancelledException _) {
                seen.add("goes down");
                sleepFor(CLEANUP);
                seen.add("cleaned up");
            }
        }

        @Override
        public void onStop(ActorContext<String> context) {
            sleepFor(CLEANUP);
            seen.add("stopped");
        }
    }

    @Seeds(20)
    void onStopOfAnIdleMemberMayWait(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/leader");
        group.startWith(() -> new Careful(group.seen));
        group.tell("leader", "fail");
        group.expectSeen("+leader", "stopped", "-leader", "+leader");
    }

    @Seeds(20)
    void theHandlerOfAMemberMayWaitBeforeItGoesDown(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/leader");
        group.startWith(() -> new Careful(group.seen));
        group.tell("member", "wait");
        simulation.runFor(SOON);
        group.tell("leader", "fail");
        group.expectSeen("+leader", "goes down", "cleaned up", "stopped", "-leader", "+leader");
    }

    /// The leader waited for the stop timeout, since nobody woke it.
    @Seeds(20)
    void aMemberThatIsStoppedWhileItGoesDownMayWaitInOnStop(Simulation simulation) {
        Group group = new Group(simulation);
        group.expectOneRestartOf("/parent/leader");
        group.startWith(() -> new Careful(group.seen));
        group.tell("member", "wait");
        simulation.runFor(SOON);
        group.tell("leader", "fail");
        simulation.runFor(Careful.CLEANUP.dividedBy(2));
        assertThat(group.seen).containsExactly("+leader", "goes down");
        Duration before = simulation.elapsed();
        group.actor("member").stop();
        Void _ = group.actor("member").terminated().join();
        assertThat(simulation.elapsed().minus(before)).isLessThan(SOON); // no timeout is waited for
        group.expectSeen("+leader", "goes down", "cleaned up", "stopped", "-leader", "+leader");
    }
}
