package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The timers of an actor, by a clock that the test moves, one second at a time or more; where messages wait meanwhile
/// they are in `TimersScenariosTest` of the test kit.
class TimersTest extends SystemTest {
    /// A whole number of the timers' ticks, so that what is due at a time is fired at that time.
    private static final Duration SECOND = Duration.ofNanos(1 << 30);

    private final AtomicLong now = new AtomicLong();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final AtomicReference<ActorTimer> timer = new AtomicReference<>();
    private ActorSystem handDriven;

    @BeforeEach
    void openHandDriven() {
        handDriven = handDriven(Limits.defaults());
    }

    private ActorSystem handDriven(Limits limits) {
        return ActorSystem.builder().shards(1).limits(limits).clock(now::get).build();
    }

    @AfterEach
    void closeHandDriven() {
        now.addAndGet(TimeUnit.HOURS.toNanos(1)); // whoever waits for a deadline by now sees it
        handDriven.close();
    }

    /// Moves the clock and has the shard look at it; what then was ready has had a turn.
    private void step(Duration by) {
        now.addAndGet(by.toNanos());
        settle();
        settle();
    }

    private void settle() {
        handDriven.spawn(() -> {}).join();
        handDriven.spawn(() -> {}).join();
    }

    /// Starts what `start` says and notes its messages; "cancel" cancels it and "block" waits for the gate.
    private ActorRef<String> noting(Gate gate, java.util.function.Function<Timers<String>, ActorTimer> start) {
        return noting(handDriven, gate, start);
    }

    private ActorRef<String> noting(
            ActorSystem in, Gate gate, java.util.function.Function<Timers<String>, ActorTimer> start) {
        ActorRef<String> actor = in.spawnActor("actor", () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                timer.set(start.apply(context.timers()));
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                seen.add(message);
                if (message.equals("cancel")) {
                    timer.get().cancel();
                } else if (message.equals("block")) {
                    gate.await();
                }
            }
        });
        settle();
        return actor;
    }

    private ActorRef<String> noting(java.util.function.Function<Timers<String>, ActorTimer> start) {
        return noting(new Gate(), start);
    }

    @Test
    void aTimerSendsOnceAndNotBeforeItsTime() {
        noting(timers -> timers.once(SECOND, "tick"));
        step(SECOND.minusMillis(2));
        assertThat(seen).isEmpty();
        step(Duration.ofMillis(4));
        assertThat(seen).containsExactly("tick");
        step(SECOND.multipliedBy(5));
        assertThat(seen).containsExactly("tick");
    }

    @Test
    void aFixedRateKeepsItsRhythm() {
        noting(timers -> timers.atFixedRate(SECOND, "tick"));
        for (int i = 1; i <= 5; i++) {
            step(SECOND.plusMillis(2)); // late by ever more, which must not add up
            assertThat(seen).hasSize(i);
        }
        step(SECOND.minusMillis(8));
        assertThat(seen).hasSize(6);
        assertThat(timer.get().missed()).isZero();
    }

    @Test
    void aFixedRateThatWasLateSendsOneTickAndCountsTheOthers() {
        noting(timers -> timers.atFixedRate(SECOND, "tick"));
        step(SECOND.multipliedBy(10).plus(SECOND.dividedBy(2)));
        assertThat(seen).containsExactly("tick");
        assertThat(timer.get().missed()).isEqualTo(9);
        step(SECOND.dividedBy(2)); // the rhythm stays
        assertThat(seen).containsExactly("tick", "tick");
    }

    @Test
    void aFixedDelayRunsFromWhenTheActorIsDone() {
        Gate gate = new Gate();
        noting(gate, timers -> timers.withFixedDelay(SECOND, "block"));
        step(SECOND);
        assertThat(seen).containsExactly("block");
        step(SECOND.multipliedBy(10));
        assertThat(seen).containsExactly("block");
        gate.open();
        settle();
        step(SECOND.minusMillis(2));
        assertThat(seen).containsExactly("block"); // not yet: the delay has just begun
        step(Duration.ofMillis(2));
        assertThat(seen).containsExactly("block", "block");
        assertThat(timer.get().missed()).isZero();
    }

    private Supplier<Actor<String>> ticking(Runnable onTick) {
        return () -> new Actor<>() {
            @Override
            public void onStart(ActorContext<String> context) {
                context.timers().withFixedDelay(SECOND, "tick");
            }

            @Override
            public void receive(String message, ActorContext<String> context) {
                seen.add(message);
                onTick.run();
            }
        };
    }

    @Test
    void aFixedDelayGoesOnAfterAFailureThatItsActorSurvives() {
        ActorOptions resumed = ActorOptions.defaults().withSupervision(Supervision.resume());
        handDriven.spawnActor("actor", resumed, ticking(() -> {
            throw new IllegalStateException("planned");
        }));
        settle();
        for (int i = 1; i <= 3; i++) {
            step(SECOND);
            assertThat(seen).hasSize(i);
        }
    }

    @Test
    void aFixedDelayGoesOnWhenItsMessageIsTheLastOneOfATurn() {
        ActorSystem oneByOne = handDriven(Limits.defaults().withTurnMessages(1));
        try {
            oneByOne.spawnActor("actor", ticking(() -> {}));
            for (int i = 0; i <= 3; i++) {
                for (int turn = 0; turn < 3; turn++) {
                    oneByOne.spawn(() -> {}).join();
                }
                assertThat(seen).hasSize(i);
                now.addAndGet(SECOND.toNanos());
            }
        } finally {
            oneByOne.close();
        }
    }

    @Test
    void aDirectActorGetsItsTicksFirstToo() {
        Gate gate = new Gate();
        ActorRef<String> actor = handDriven.spawnActor("actor", (Inbox<String> inbox) -> {
            inbox.timers().once(SECOND, "tick");
            gate.await();
            for (int i = 0; i < 3; i++) {
                seen.add(inbox.receive());
            }
        });
        actor.tell("a");
        actor.tell("b");
        settle();
        step(SECOND);
        gate.open();
        actor.terminated().join();
        assertThat(seen).containsExactly("tick", "a", "b");
    }

    @Test
    void aTickWakesADirectActorThatReceives() {
        ActorRef<String> actor = handDriven.spawnActor("actor", (Inbox<String> inbox) -> {
            ActorTimer rate = inbox.timers().atFixedRate(SECOND, "tick");
            seen.add(inbox.receive());
            seen.add(inbox.receive());
            rate.cancel();
        });
        settle();
        step(SECOND);
        step(SECOND);
        actor.terminated().join();
        assertThat(seen).containsExactly("tick", "tick");
    }

    @Test
    void aCancelledTimerSendsNothing() {
        ActorRef<String> actor = noting(timers -> timers.atFixedRate(SECOND, "tick"));
        step(SECOND);
        actor.tell("cancel");
        settle();
        step(SECOND.multipliedBy(3));
        assertThat(seen).containsExactly("tick", "cancel");
    }

    @Test
    void aTickCanCancelItsOwnTimer() {
        noting(timers -> timers.withFixedDelay(SECOND, "cancel"));
        step(SECOND);
        step(SECOND);
        step(SECOND);
        assertThat(seen).containsExactly("cancel");
    }

    @Test
    void timersDieWithTheirActor() {
        ActorSystem small = handDriven(Limits.defaults().withTimersPerShard(2));
        for (int i = 0; i < 3; i++) {
            ActorRef<String> actor = small.spawnActor("actor", (Inbox<String> inbox) -> {
                inbox.timers().atFixedRate(SECOND, "tick");
                inbox.timers().once(SECOND, "tick");
                seen.add("both started"); // so those of the actor before have gone
                inbox.receive();
            });
            small.spawn(() -> {}).join();
            actor.stop();
            actor.terminated().join();
        }
        assertThat(seen).hasSize(3);
        assertThat(small.deadLetters()).isZero();
        small.close();
    }

    @Test
    void aTimerIsForItsOwnActorOnly() {
        AtomicReference<Timers<String>> leaked = new AtomicReference<>();
        noting(timers -> {
            leaked.set(timers);
            return timers.once(SECOND, "tick");
        });
        String message = Violation.FOREIGN_TOUCH.message("a timer was used by another: actor=/actor");
        assertThatThrownBy(() -> leaked.get().once(SECOND, "tick"))
                .isInstanceOf(ViolationException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> timer.get().cancel())
                .isInstanceOf(ViolationException.class)
                .hasMessage(message);
    }

    @Test
    void periodsMustBeAboveZero() {
        List<String> messages = new CopyOnWriteArrayList<>();
        handDriven
                .spawnActor("actor", (Inbox<String> inbox) -> {
                    messages.add(messageOf(() -> inbox.timers().atFixedRate(Duration.ZERO, "tick")));
                    messages.add(messageOf(() -> inbox.timers().withFixedDelay(Duration.ofNanos(-1), "tick")));
                })
                .terminated()
                .join();
        assertThat(messages)
                .containsExactly(
                        "period must be above zero: value=PT0S", "delay must be above zero: value=PT-0.000000001S");
    }

    private static String messageOf(Runnable call) {
        try {
            call.run();
            return "none";
        } catch (IllegalArgumentException e) {
            return "" + e.getMessage();
        }
    }
}
