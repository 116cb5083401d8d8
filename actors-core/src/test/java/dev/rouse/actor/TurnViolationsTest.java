package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.Shard;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// What a turn must not do: hold its shard, wait while pinned, or use what is another's.
class TurnViolationsTest extends SystemTest {
    private static final Duration LIMIT = Duration.ofMillis(10);
    private static final String PARTS =
            "; do it in parts with sleepFor(Duration.ZERO) between them, or on a thread outside";

    /// Holds the shard until the watchdog has seen it.
    private static void hold(ActorSystem held) {
        long before = held.violations(Violation.LONG_TURN);
        while (held.violations(Violation.LONG_TURN) == before) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aTurnThatHoldsItsShardIsReportedWhileItRuns() {
        ActorSystem watched = open(limits -> limits.withLongTurn(LIMIT));
        try (RecordedLog log = new RecordedLog()) {
            watched.spawn(() -> hold(watched)).join();
            Awaitility.await().until(() -> !log.messages().isEmpty());
            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .matches("ROUSE-V08 a turn holds its shard: path=/TurnViolationsTest-function, shard=test-shard-0,"
                            + " for=\\d+ms, at=TurnViolationsTest.hold\\(TurnViolationsTest.java:\\d+\\)"
                            + Pattern.quote(PARTS));
            assertThat(log.records().getFirst().getThrown().getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("hold"));
        }
    }

    @Test
    void aCulpritIsLoggedOnceHoweverOftenItHoldsItsShard() {
        ActorSystem watched = open(limits -> limits.withLongTurn(LIMIT));
        try (RecordedLog log = new RecordedLog()) {
            for (int i = 0; i < 3; i++) {
                watched.spawn(() -> hold(watched)).join();
            }
            assertThat(watched.violations(Violation.LONG_TURN)).isEqualTo(3);
            Awaitility.await().until(() -> !log.messages().isEmpty());
            assertThat(log.messages().size()).isLessThanOrEqualTo(3);
            assertThat(log.messages()).doesNotHaveDuplicates();
        }
    }

    @Test
    void manyShortTurnsAreNoLongOne() {
        ActorSystem watched = open(limits -> limits.withLongTurn(Duration.ofSeconds(1)));
        Watchdog watchdog =
                new Watchdog(watched, List.of(watched.spawn(Shard::current).join()));
        watched.spawn(() -> {
                    long now = 0;
                    for (int i = 0; i < 100; i++) {
                        sleepFor(Duration.ZERO);
                        now += TimeUnit.MILLISECONDS.toNanos(900);
                        watchdog.look(now, 0);
                    }
                })
                .join();
        assertThat(watched.violations(Violation.LONG_TURN)).isZero();
    }

    @Test
    void aTurnIsNotLongByTheTimeThatTheWatchdogWasLateItself() {
        ActorSystem watched = open(limits -> limits.withLongTurn(Duration.ofHours(1)));
        Shard shard = watched.spawn(Shard::current).join();
        Watchdog watchdog = new Watchdog(watched, List.of(shard));
        CountDownLatch holds = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Task<Void> turn = watched.spawn(() -> {
            holds.countDown();
            while (end.getCount() > 0) {
                Thread.onSpinWait();
            }
        });
        FunctionTest.join(holds);
        long now = System.nanoTime();
        long hour = TimeUnit.HOURS.toNanos(1);
        watchdog.look(now, 0);
        watchdog.look(now + 3 * hour, 2 * hour + 1);
        assertThat(watched.violations(Violation.LONG_TURN)).isZero();
        watchdog.look(now + 3 * hour + 1, 0);
        assertThat(watched.violations(Violation.LONG_TURN)).isEqualTo(1);
        end.countDown();
        turn.join();
    }

    @Test
    void anIdleShardIsNotLong() {
        ActorSystem watched = open(limits -> limits.withLongTurn(Duration.ofMinutes(1)));
        Shard shard = watched.spawn(Shard::current).join();
        Watchdog watchdog = new Watchdog(watched, List.of(shard));
        Awaitility.await().until(() -> shard.running() == null);
        long now = System.nanoTime();
        for (int i = 1; i < 100; i++) {
            watchdog.look(now + TimeUnit.HOURS.toNanos(i), 0);
        }
        assertThat(watched.violations(Violation.LONG_TURN)).isZero();
    }

    /// A class whose initialiser waits: a native frame is on the stack then. A copy of it for each test run.
    private static final class WaitsInItsInitializer {
        static {
            sleepFor(Duration.ofNanos(1));
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "rouse.test.engine", matches = "carrier")
    void aTurnThatWaitsWhilePinnedIsReported() {
        try (RecordedLog log = new RecordedLog()) {
            system.spawn(() -> FreshClass.initialize(WaitsInItsInitializer.class))
                    .join();
            Awaitility.await().until(() -> !log.messages().isEmpty());
            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .matches("ROUSE-V09 a turn has waited while it was pinned to its carrier:"
                                 + " path=/TurnViolationsTest-function,"
                                 + " at=TurnViolationsTest\\$WaitsInItsInitializer.<clinit>\\(TurnViolationsTest.java:\\d+\\);"
                                 + " wait before or after it: shard=test-shard-0");
        }
        assertThat(system.violations(Violation.PINNED)).isEqualTo(1);
    }

    @Test
    void aContextThatIsUsedByAnotherIsRefused() {
        AtomicReference<ActorContext<Object>> leaked = new AtomicReference<>();
        ActorRef<Object> actor = system.spawnActor("owner", () -> (_, context) -> leaked.set(context));
        actor.tell("leak");
        Awaitility.await().until(() -> leaked.get() != null);
        String message = "ROUSE-V06 a context was used by another: actor=/owner; send its owner a message instead";
        assertThatThrownBy(() -> leaked.get().spawnActor("child", () -> (_, _) -> {}))
                .isInstanceOf(ViolationException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> system.spawn(() -> leaked.get().spawnActor("child", () -> (_, _) -> {}))
                        .join())
                .hasMessage(message);
    }

    @Test
    void aContextThatIsUsedAfterTheEndOfItsActorIsRefused() {
        AtomicReference<ActorContext<Object>> leaked = new AtomicReference<>();
        ActorRef<Object> actor = system.spawnActor("owner", () -> (_, context) -> {
            leaked.set(context);
            context.stop();
        });
        actor.tell("leak");
        actor.terminated().join();
        assertThatThrownBy(() -> leaked.get().spawnActor("child", () -> (_, _) -> {}))
                .hasMessage("ROUSE-V07 a context was used after the end of its actor: actor=/owner; keep it inside the"
                        + " actor, and give others its ActorRef");
    }

    @Test
    void anInboxThatIsUsedAfterTheEndOfItsActorIsRefused() {
        AtomicReference<Inbox<Object>> leaked = new AtomicReference<>();
        ActorRef<Object> actor = system.spawnActor("owner", (DirectActor<Object>) leaked::set);
        actor.terminated().join();
        assertThatThrownBy(() -> leaked.get().tryReceive())
                .hasMessage("ROUSE-V07 an inbox was used after the end of its actor: actor=/owner; keep it inside the"
                        + " actor, and give others its ActorRef");
    }

    @Test
    void anUnawaitedFailureIsCounted() {
        try (RecordedLog log = new RecordedLog()) {
            CompletableFuture<Boolean> over = new CompletableFuture<>();
            system.spawn(() -> {
                        spawn(() -> {
                            over.complete(true);
                            throw new IllegalStateException("broken");
                        });
                        return await(over);
                    })
                    .join();
            Awaitility.await().until(() -> !log.messages().isEmpty());
            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .startsWith("ROUSE-V10 a function failed and nobody awaited it: function=/function/")
                    .endsWith("; await the task, or catch the exception inside the function");
        }
        assertThat(system.violations(Violation.UNAWAITED_FAILURE)).isEqualTo(1);
    }
}
