package dev.rouse.testkit.actor;

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
import dev.rouse.actor.Inbox;
import dev.rouse.actor.Task;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Child actors stop one after the other, the newest first.
class OrderlyStopScenariosTest {
    private static final Duration SOON = Duration.ofSeconds(1);

    /// Takes its time to stop.
    private record Slow(String name, Duration takes, List<String> seen) implements Actor<String> {
        @Override
        public void receive(String message, ActorContext<String> context) {}

        @Override
        public void onStop(ActorContext<String> context) {
            seen.add(name + " stops");
            sleepFor(takes);
            seen.add(name + " has stopped");
        }
    }

    private static void spawnSlow(String name, List<String> seen) {
        spawnActor(name, () -> new Slow(name, Duration.ofMillis(3), seen));
    }

    @Seeds(20)
    void theChildrenOfAnActorStopTheNewestFirstOneAfterTheOtherBeforeOnStop(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> parent = simulation.system().spawnActor("parent", () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                List.of("a", "b", "c").forEach(name -> spawnSlow(name, seen));
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                context.stop();
            }

            @Override
            public void onStop(ActorContext<String> context) {
                seen.add("parent stops");
            }
        });
        simulation.runFor(SOON);
        parent.tell("stop");
        Void _ = parent.terminated().join();
        assertThat(seen)
                .containsExactly(
                        "c stops",
                        "c has stopped",
                        "b stops",
                        "b has stopped",
                        "a stops",
                        "a has stopped",
                        "parent stops");
    }

    @Seeds(20)
    void theOrderHoldsWhenTheParentIsStoppedFromOutside(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> parent = simulation.system().spawnActor("parent", (Inbox<String> inbox) -> {
            spawnSlow("a", seen);
            spawnSlow("b", seen);
            inbox.receive();
        });
        simulation.runFor(SOON);
        parent.stop();
        Void _ = parent.terminated().join();
        assertThat(seen).containsExactly("b stops", "b has stopped", "a stops", "a has stopped");
    }

    @Seeds(20)
    void theOrderHoldsWhenTheParentIsAFunctionThatFails(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        Task<Void> function = simulation.system().spawn(() -> {
            spawnSlow("a", seen);
            spawnSlow("b", seen);
            Void _ = await(spawn(() -> sleepFor(SOON)));
            throw new IllegalStateException("broken");
        });
        assertThatThrownBy(function::join).hasMessage("broken");
        assertThat(seen).containsExactly("b stops", "b has stopped", "a stops", "a has stopped");
    }

    @Seeds(20)
    void aChildThatTakesTooLongIsReportedAndTheNextOneStopsMeanwhile(Simulation simulation) {
        simulation
                .logs()
                .expect(
                        Level.WARNING,
                        "a child did not stop in time: child=/parent/stuck, stopTimeout=PT0.005S; what comes after it"
                                + " goes on: shard=simulation-shard-");
        List<String> seen = new ArrayList<>();
        ActorOptions hasty = ActorOptions.defaults().withStopTimeout(Duration.ofMillis(5));
        ActorRef<String> parent = simulation.system().spawnActor("parent", (Inbox<String> inbox) -> {
            spawnSlow("a", seen);
            spawnActor("stuck", hasty, () -> new Slow("stuck", SOON, seen));
            inbox.receive();
        });
        simulation.runFor(SOON);
        parent.stop();
        simulation.runFor(SOON.dividedBy(2));
        assertThat(seen).containsExactly("stuck stops", "a stops", "a has stopped");
        assertThat(parent.terminated().isDone()).isFalse();
        Void _ = parent.terminated().join();
        assertThat(seen).endsWith("stuck has stopped");
    }
}
