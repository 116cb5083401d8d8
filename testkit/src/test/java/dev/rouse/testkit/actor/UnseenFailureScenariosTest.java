package dev.rouse.testkit.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAllSettled;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Task;
import dev.rouse.actor.Violation;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// A failure that somebody waits for in another system, who gives up as the system of the failure ends, in whatever
/// order. What waits for it in other ways is in `UnseenFailureTest` of actors-core.
class UnseenFailureScenariosTest {

    /// Of the timers, so that much falls together.
    private static final Duration TICK = Duration.ofMillis(1);

    @Seeds(200)
    void aFailureIsSeenOrReportedOnceWhateverEndsFirst(Simulation simulation) {
        simulation.logs().allow(Level.WARNING, "ROUSE-V10 a function failed and nobody awaited it");
        SplittableRandom random = new SplittableRandom(simulation.seed());
        ActorSystem system = simulation.network().host("failing").system();
        ActorSystem other = simulation.network().host("waiting").system();
        List<String> seen = new ArrayList<>();
        Task<Void> failing = system.spawn(() -> {
            sleepFor(time(random));
            seen.add("failed");
            throw new IllegalStateException("broken");
        });
        Task<Void> waiting = other.spawn(() -> {
            try {
                await(failing);
            } catch (IllegalStateException _) {
                seen.add("seen");
            } catch (CancelledException _) {
                seen.add("given up");
            }
        });
        simulation.run(() -> {
            Task<Void> closing = spawn(() -> {
                sleepFor(time(random));
                await(system.shutdown());
            });
            sleepFor(time(random));
            waiting.cancel();
            awaitAllSettled(List.of(closing, waiting));
        });
        boolean unseen = seen.contains("failed") && !seen.contains("seen");
        assertThat(system.violations(Violation.UNAWAITED_FAILURE))
                .as("%s", seen)
                .isEqualTo(unseen ? 1 : 0);
    }

    private static Duration time(SplittableRandom random) {
        return TICK.multipliedBy(1 + random.nextInt(2));
    }
}
