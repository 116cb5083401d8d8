package dev.rouse.testkit.actor;

import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.ActorTimer;
import dev.rouse.actor.Delivery;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.LimitExceededException;
import dev.rouse.actor.Limits;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Timers and messages of one actor, whichever come first; what a clock alone decides is in `TimersTest` of
/// actors-core.
class TimersScenariosTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Seeds(20)
    void ofATimerAtMostOneTickWaitsForABusyActor(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        List<ActorTimer> timers = new ArrayList<>();
        ActorRef<String> actor = simulation.system().spawnActor("actor", () -> (message, context) -> {
            if (message.equals("work")) {
                timers.add(context.timers().atFixedRate(SECOND, "tick"));
                sleepFor(SECOND.multipliedBy(5).plusMillis(500));
            }
            seen.add(message);
        });
        actor.tell("work");
        simulation.runFor(SECOND.multipliedBy(5).plusMillis(800));
        assertThat(seen).containsExactly("work", "tick");
        assertThat(timers.getFirst().missed()).isEqualTo(4);
        simulation.runFor(SECOND);
        assertThat(seen).containsExactly("work", "tick", "tick");
    }

    @Seeds(20)
    void aTimersMessageGoesBeforeThoseThatWaitAndThroughAFullMailbox(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> actor = simulation
                .system()
                .spawnActor("actor", ActorOptions.defaults().withMailbox(2), () -> (message, context) -> {
                    seen.add(message);
                    if (message.equals("work")) {
                        context.timers().once(SECOND, "tick");
                        sleepFor(SECOND.multipliedBy(2));
                    }
                });
        actor.tell("work");
        simulation.runFor(Duration.ofMillis(1));
        actor.tell("a");
        actor.tell("b");
        assertThat(actor.tryTell("full")).isEqualTo(Delivery.FULL);
        simulation.runFor(SECOND.multipliedBy(3));
        assertThat(seen).containsExactly("work", "tick", "a", "b");
    }

    @Seeds(20)
    void theTickOfACancelledTimerThatWaitsAlreadyIsNotDelivered(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> actor = simulation.system().spawnActor("actor", () -> (message, context) -> {
            seen.add(message);
            if (message.equals("work")) {
                ActorTimer first = context.timers().once(SECOND, "cancelled");
                context.timers().atFixedRate(SECOND, "kept");
                ActorTimer last = context.timers().withFixedDelay(SECOND, "cancelled too");
                sleepFor(SECOND.plusMillis(500)); // by then they are due, and wait here
                first.cancel();
                last.cancel();
            }
        });
        actor.tell("work");
        actor.tell("message");
        simulation.runFor(SECOND.multipliedBy(2).plusMillis(500));
        assertThat(seen).containsExactly("work", "kept", "message", "kept");
        assertThat(simulation.deadLetters()).isEmpty();
    }

    /// They come without a message that has the actor look again.
    @Seeds(20)
    void moreTicksThanATurnHandlesAllCome(Simulation simulation) {
        int timers = 3 * Limits.defaults().turnMessages() + 1;
        int[] ticks = new int[1];
        ActorRef<String> _ = simulation.system().spawnActor("actor", () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                IntStream.range(0, timers).forEach(_ -> context.timers().once(SECOND, "tick"));
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                ticks[0]++;
            }
        });
        simulation.runFor(SECOND.multipliedBy(2));
        assertThat(ticks[0]).isEqualTo(timers);
    }

    @Seeds(5)
    void timersFasterThanTheirActorLetMessagesThrough(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> actor = simulation.system().spawnActor("actor", () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                IntStream.range(0, 100).forEach(_ -> context.timers().atFixedRate(Duration.ofMillis(1), "tick"));
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                seen.add(message);
                sleepFor(Duration.ofNanos(1)); // the other ticks come due meanwhile
            }
        });
        simulation.runFor(Duration.ofMillis(10));
        assertThat(seen).isNotEmpty().doesNotContain("message");
        actor.tell("message");
        simulation.runFor(Duration.ofMillis(100));
        assertThat(seen).contains("message");
    }

    private static void withRoomFor(int timers, Consumer<Inbox<String>> body) {
        try (Simulation simulation = Simulation.of(1);
                ActorSystem small = simulation
                        .network()
                        .host("small")
                        .call(() -> ActorSystem.builder()
                                .shards(1)
                                .limits(Limits.defaults().withTimersPerShard(timers))
                                .build())) {
            ActorRef<String> actor = small.spawnActor("actor", (Inbox<String> inbox) -> body.accept(inbox));
            Void _ = actor.terminated().join();
        }
    }

    @Test
    void aTimerThatTheShardHasNoRoomForIsRefusedAndNothingIsStarted() {
        List<String> seen = new ArrayList<>();
        withRoomFor(2, inbox -> {
            ActorTimer once = inbox.timers().once(SECOND, "once");
            inbox.timers().withFixedDelay(SECOND.multipliedBy(2), "delay");
            assertThatThrownBy(() -> inbox.timers().once(SECOND, "refused"))
                    .isInstanceOf(LimitExceededException.class)
                    .hasMessage("limit reached: limit=timersPerShard, value=2, owner=/actor; raise"
                            + " Limits.timersPerShard or offer less work");
            seen.add(inbox.receive());
            // The delay is not lost although nobody would have kept its place but itself.
            once.cancel();
            inbox.timers().once(SECOND.multipliedBy(2), "again");
            assertThatThrownBy(() -> inbox.timers().once(SECOND, "refused")).isInstanceOf(LimitExceededException.class);
            seen.add(inbox.receive());
            seen.add(inbox.receive());
        });
        assertThat(seen).containsExactly("once", "delay", "again");
    }

    @Test
    void anUndeliveredTickKeepsItsPlaceAmongTheTimers() {
        List<String> seen = new ArrayList<>();
        withRoomFor(2, inbox -> {
            inbox.timers().once(Duration.ZERO, "tick");
            sleepFor(SECOND); // by then it is due, and waits here
            inbox.timers().once(SECOND.multipliedBy(2), "second");
            assertThatThrownBy(() -> inbox.timers().once(Duration.ZERO, "refused"))
                    .isInstanceOf(LimitExceededException.class);
            seen.add(inbox.receive());
            inbox.timers().once(Duration.ZERO, "next");
            seen.add(inbox.receive());
            seen.add(inbox.receive());
        });
        assertThat(seen).containsExactly("tick", "next", "second");
    }
}
