package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Task;
import dev.rouse.actor.Violation;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class RouseTestTest {
    private static final AtomicReference<ActorSystem> LAST = new AtomicReference<>();

    @AfterAll
    static void theSystemIsClosedAfterTheTest() {
        assertThat(LAST.get().isClosed()).isTrue();
    }

    @RouseTest(shards = 3)
    void aTestHasASystemOfItsOwn(ActorSystem system) {
        LAST.set(system);
        assertThat(system.shards()).isEqualTo(3);
        assertThat(system.spawn(() -> 1).join()).isOne();
    }

    @RouseTest(shards = 1, violates = Violation.REPLIED_TWICE)
    void aViolationThatIsMeantIsNone(ActorSystem system) {
        replyTwice(system);
        assertThat(system.violations(Violation.REPLIED_TWICE)).isOne();
    }

    @RouseTest
    void aProbeWaitsInRealTimeToo(ActorSystem system) {
        TestProbe<String> probe = TestProbe.of(system, "probe", Duration.ofSeconds(30));
        Task<Void> _ = system.spawn(() -> {
            sleepFor(Duration.ofMillis(5));
            probe.ref().tell("late");
            probe.ref().tell("later");
        });

        probe.expect("late");
        system.spawn(() -> probe.expect("later")).join(); // a function is suspended meanwhile
        probe.expectNone(Duration.ofMillis(5));
    }

    @RouseTest
    void aProbeLosesItsPatienceInRealTimeToo(ActorSystem system) {
        TestProbe<String> probe = TestProbe.of(system, "probe", Duration.ofMillis(5));

        assertThatThrownBy(() -> probe.expect("never"))
                .isInstanceOf(AssertionError.class)
                .hasMessage("expected: a message\n but was: none within PT0.005S");
    }

    @Test
    void aViolationFailsTheTest() {
        assertThat(Launched.failureOf(Failing.class, "violates", ActorSystem.class))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("the system has not ended cleanly\n"
                        + "a rule was violated: REPLIED_TWICE, times=1\n"
                        + "logged, and neither expected nor allowed: WARNING dev.rouse.actor: ROUSE-V12 a ReplyTo"
                        + " was");
    }

    @Test
    void whatDoesNotEndFailsTheTest() {
        assertThat(Launched.failureOf(Failing.class, "neverEnds", ActorSystem.class))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("the system has not ended cleanly\n"
                        + "functions did not end when the system was closed: [CutOff[shard=test-shard-");
    }

    @Test
    void whatIsExpectedIsLookedForAlsoInATestWithoutASystem() {
        assertThat(Launched.failureOf(Failing.class, "expectsOnly", LogExpectations.class))
                .isInstanceOf(AssertionError.class)
                .hasMessage("the system has not ended cleanly\n"
                        + "expected to be logged, and was not: level=ERROR, text=broken");
    }

    private static void replyTwice(ActorSystem system) {
        system.<ReplyTo<Integer>>spawnActor("twice", () -> (replyTo, _) -> {
                    replyTo.reply(1);
                    replyTo.reply(2);
                })
                .<Integer>ask(replyTo -> replyTo)
                .join();
        system.spawn(() -> {}).join();
    }

    /// Run by the tests above.
    static final class Failing {
        @RouseTest
        void expectsOnly(LogExpectations logs) {
            logs.expect(Level.ERROR, "broken");
        }

        @RouseTest(shards = 1)
        void violates(ActorSystem system) {
            replyTwice(system);
        }

        @RouseTest(shards = 1)
        void neverEnds(ActorSystem system) {
            Task<Void> _ = system.spawn(() -> {
                while (true) {
                    try {
                        sleepFor(Duration.ofHours(1));
                    } catch (CancelledException _) {
                        // it does not go
                    }
                }
            });
            system.spawn(() -> sleepFor(Duration.ofMillis(1))).join();
        }
    }
}
