package dev.rouse.testkit.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;

/// The room of a shard, when those who wait for it are cancelled.
class SlotScenariosTest {
    private static final int LIMIT = 4;

    private final Set<Integer> childrenSeen = new HashSet<>();

    /// Who waits for room is cancelled when there is some, or before, or after: the place is used or given back.
    @Seeds(200)
    void aPlaceThatIsGrantedToAFunctionThatIsCancelledIsNotLost(Simulation simulation) {
        Limits limits = Limits.defaults().withFunctionsPerShard(LIMIT);
        ActorSystem small = simulation
                .network()
                .host("small")
                .call(() -> ActorSystem.builder()
                        .name("small")
                        .shards(1)
                        .limits(limits)
                        .build());
        int[] children = new int[1];
        List<Task<Void>> waiting = new ArrayList<>();
        for (int i = 0; i < LIMIT / 2; i++) {
            Task<Void> _ = small.spawn(() -> sleepFor(Duration.ofMillis(2)));
            waiting.add(small.spawn(() -> {
                try {
                    Task<Integer> child = spawn(() -> ++children[0]);
                    int _ = await(child);
                } catch (CancelledException _) {
                    // with a child or without one
                }
            }));
        }
        Task<Void> killer = simulation.system().spawn(() -> {
            sleepFor(Duration.ofMillis(2));
            waiting.forEach(Task::cancel);
        });
        Void _ = killer.join();
        waiting.forEach(Task::join);
        simulation.runFor(Duration.ofSeconds(1));

        assertThat(small.alive()).isZero();
        small.close();
        childrenSeen.add(children[0]);
    }

    @AfterEach
    void bothHaveOccurred() {
        if (System.getProperty("rouse.seed") == null) {
            assertThat(childrenSeen).contains(0, LIMIT / 2);
        }
    }
}
