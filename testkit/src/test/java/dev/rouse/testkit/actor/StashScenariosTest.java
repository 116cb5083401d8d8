package dev.rouse.testkit.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.DeadLetter;
import dev.rouse.actor.Limits;
import dev.rouse.actor.StashFullException;
import dev.rouse.actor.Supervision;
import dev.rouse.actor.ViolationException;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What an actor puts aside, and in which order that comes back.
class StashScenariosTest {
    private static final Duration SOON = Duration.ofSeconds(1);

    /// Stashes all but commands until it is told "open".
    private static final class Door implements Actor<String> {
        private final List<String> seen;
        private boolean open;

        Door(List<String> seen) {
            this.seen = seen;
        }

        @Override
        public void receive(String message, ActorContext<String> context) {
            switch (message) {
                case "open" -> {
                    open = true;
                    context.unstashAll();
                }
                case "stop" -> context.stop();
                case "fail" -> throw new IllegalStateException("on purpose");
                default -> {
                    if (open) {
                        seen.add(message);
                    } else {
                        context.stash(message);
                    }
                }
            }
        }
    }

    private static void tellAll(Simulation simulation, ActorRef<String> actor, String... messages) {
        for (String message : messages) {
            actor.tell(message);
        }
        simulation.runFor(SOON);
    }

    @Seeds(20)
    void whatIsUnstashedGoesInItsOrderBeforeWhatIsInTheMailbox(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> door = simulation.system().spawnActor("door", () -> new Door(seen));
        tellAll(simulation, door, "a", "b", "open", "c", "d");
        assertThat(seen).containsExactly("a", "b", "c", "d");
    }

    @Seeds(20)
    void whatIsStashedAgainKeepsItsPlaceBeforeWhatWasUnstashedWithIt(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        int[] passes = new int[1];
        ActorRef<String> actor = simulation.system().spawnActor("actor", () -> (message, context) -> {
            if (message.equals("open")) {
                context.unstashAll();
            } else if (passes[0]++ < 4) { // a, b, c are stashed, then a again
                context.stash(message);
            } else {
                seen.add(message);
                context.unstashAll();
            }
        });
        tellAll(simulation, actor, "a", "b", "c", "open", "d");
        assertThat(seen).containsExactly("b", "a", "c", "d");
    }

    @Seeds(20)
    void aFullStashRefusesTheMessageAndHandsItBack(Simulation simulation) {
        List<StashFullException> refused = new ArrayList<>();
        ActorOptions options = ActorOptions.defaults().withStash(2);
        ActorRef<String> actor = simulation.system().spawnActor("actor", options, () -> (message, context) -> {
            try {
                context.stash(message);
            } catch (StashFullException e) {
                refused.add(e);
            }
        });
        tellAll(simulation, actor, "a", "b", "c");
        assertThat(refused).hasSize(1);
        assertThat(refused.getFirst())
                .hasMessage("stash is full: actor=/actor, message=String, limit=2; unstash sooner, refuse the message,"
                        + " or raise ActorOptions.stash");
        assertThat(refused.getFirst().unstashed()).isEqualTo("c");
    }

    @Seeds(20)
    void whatWasUnstashedAndWaitsStillCountsAgainstTheCapacity(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorOptions options = ActorOptions.defaults().withStash(2);
        ActorRef<String> actor = simulation.system().spawnActor("actor", options, () -> (message, context) -> {
            if (message.equals("go")) {
                context.stash("a");
                context.stash("b");
                context.unstashAll();
                assertThatThrownBy(() -> context.stash("c")).isInstanceOf(StashFullException.class);
            } else {
                seen.add(message);
            }
        });
        tellAll(simulation, actor, "go", "last");
        assertThat(seen).containsExactly("a", "b", "last");
    }

    @Seeds(20)
    void theStashOfAnActorThatStopsBecomesDeadLetters(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> door = simulation.system().spawnActor("door", () -> new Door(seen));
        tellAll(simulation, door, "a", "b", "stop");
        assertThat(simulation.deadLetters())
                .extracting(DeadLetter::message, DeadLetter::reason)
                .containsExactly(tuple("a", DeadLetter.Reason.STOPPED), tuple("b", DeadLetter.Reason.STOPPED));
    }

    @Seeds(20)
    void whatIsStashedWhenAnActorIsRestartedIsADeadLetterThatSaysSo(Simulation simulation) {
        simulation.logs().expect(Level.WARNING, "an actor failed and is restarted: actor=/door");
        List<String> seen = new ArrayList<>();
        ActorOptions restarting = ActorOptions.defaults().withSupervision(Supervision.restart());
        ActorRef<String> door = simulation.system().spawnActor("door", restarting, () -> new Door(seen));
        tellAll(simulation, door, "put aside", "fail", "open");
        assertThat(seen).isEmpty();
        assertThat(simulation.deadLetters())
                .extracting(DeadLetter::message, DeadLetter::reason)
                .containsExactly(tuple("put aside", DeadLetter.Reason.RESTARTED));
    }

    @Test
    void theDefaultCapacityIsThatOfTheLimitsForMailboxes() {
        try (Simulation simulation =
                Simulation.of(1, settings -> settings.limits(Limits.defaults().withMailbox(3)))) {
            ActorRef<String> actor = simulation.system().spawnActor("actor", () -> (_, context) -> {
                for (int i = 0; i < 3; i++) {
                    context.stash("" + i);
                }
                assertThatThrownBy(() -> context.stash("one more"))
                        .isInstanceOf(StashFullException.class)
                        .hasMessageContaining("limit=3");
                context.stop();
            });
            actor.tell("go");
            Void _ = actor.terminated().join();
            assertThat(simulation.deadLetters()).hasSize(3);
        }
    }

    @Seeds(20)
    void aStashIsForItsOwnActorOnly(Simulation simulation) {
        List<ActorContext<String>> leaked = new ArrayList<>();
        ActorRef<String> actor = simulation.system().spawnActor("actor", () -> (_, context) -> leaked.add(context));
        tellAll(simulation, actor, "go");
        assertThatThrownBy(() -> leaked.getFirst().stash("foreign"))
                .isInstanceOf(ViolationException.class)
                .hasMessageStartingWith("ROUSE-V06 a stash was used by another: actor=/actor");
        assertThatThrownBy(() -> leaked.getFirst().unstashAll()).isInstanceOf(ViolationException.class);
    }
}
