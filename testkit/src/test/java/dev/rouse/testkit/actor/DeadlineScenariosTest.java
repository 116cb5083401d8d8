package dev.rouse.testkit.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadLetter;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Task;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/// Deadlines beside other times: which of them comes first is exact here, and takes no time. What a deadline is by
/// itself is in `TimeoutTest` and `GraceTest` of actors-core.
class DeadlineScenariosTest {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration LATER = SOON.multipliedBy(3);
    private static final Duration LONG = Duration.ofHours(1);

    @Seeds(20)
    void aDeadlineEndsTheWaitForSiblingsThatTakeTheirTimeAndCutsNoneOfThem(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        simulation.run(() -> {
            assertThatThrownBy(() -> withTimeout(SOON, () -> awaitAll(List.of(failing(), slowToEnd(seen)))))
                    .hasMessage("first");
            seen.add("thrown");
        });
        assertThat(seen).containsExactly("thrown", "cleaned up");
    }

    private static Task<Object> failing() {
        return spawn(() -> {
            sleepFor(SOON.dividedBy(2)); // the others have begun by then
            throw new IllegalStateException("first");
        });
    }

    private static Task<Object> slowToEnd(List<String> seen) {
        return spawn(() -> {
            try {
                sleepFor(LONG);
            } finally {
                sleepFor(LATER);
                seen.add("cleaned up");
            }
            return "late";
        });
    }

    @Seeds(20)
    void aDeadlineAroundTheCancelledCodeDoesNotCutItsCleanup(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        simulation.run(() -> {
            Task<String> task = spawn(() -> withTimeout(SOON, () -> {
                try {
                    sleepFor(LONG);
                } finally {
                    sleepFor(LATER);
                    seen.add("cleaned up");
                }
                return "late";
            }));
            sleepFor(SOON.dividedBy(2));
            task.cancel();
            assertThatThrownBy(() -> await(task)).isInstanceOf(CancelledException.class);
        });
        assertThat(seen).containsExactly("cleaned up");
    }

    @Seeds(20)
    void anAskThatADeadlineHasEndedIsNotDeliveredAnyMore(Simulation simulation) {
        List<Object> seen = new ArrayList<>();
        ActorRef<Object> busy = simulation.system().spawnActor("busy", () -> (message, _) -> {
            seen.add(message);
            sleepFor(LATER);
        });
        simulation.run(() -> {
            busy.tell("first");
            AtomicReference<Task<Object>> asked = new AtomicReference<>();
            assertThatThrownBy(() -> withTimeout(SOON, () -> {
                        asked.set(busy.ask(LONG, reply -> reply));
                        return await(asked.get());
                    }))
                    .isInstanceOf(DeadlineExceededException.class);
            assertThatThrownBy(() -> await(asked.get())).isInstanceOf(AskTimeoutException.class);
        });
        simulation.runFor(LATER);
        assertThat(simulation.deadLetters()).extracting(DeadLetter::reason).containsExactly(DeadLetter.Reason.EXPIRED);
        assertThat(seen).containsExactly("first");
    }

    @Seeds(20)
    void aDeadlineThatWasLeftInTimeBoundsNoLaterAsk(Simulation simulation) {
        ActorRef<ReplyTo<String>> actor =
                simulation.system().spawnActor("actor", () -> (reply, _) -> reply.reply("answer"));
        String answer = simulation.run(() -> {
            Task<String> child = withTimeout(
                    SOON,
                    () -> spawn(() -> {
                        sleepFor(LATER);
                        return await(actor.<String>ask(LONG, reply -> reply));
                    }));
            return await(child);
        });
        assertThat(answer).isEqualTo("answer");
    }
}
