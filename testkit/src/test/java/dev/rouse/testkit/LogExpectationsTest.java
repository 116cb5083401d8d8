package dev.rouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import java.lang.System.Logger.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LogExpectationsTest {
    private final LogExpectations logs = new LogExpectations();
    private final System.Logger logger = logs.logger("dev.rouse.test");

    @Test
    void whatIsLoggedAndNotExpectedIsComplainedOf() {
        logger.log(Level.ERROR, "first", new IllegalStateException("on purpose"));
        logger.log(Level.WARNING, "second");
        logger.log(Level.INFO, "third");

        assertThat(logs.unexpected())
                .containsExactly(
                        "ERROR dev.rouse.test: first: java.lang.IllegalStateException: on purpose",
                        "WARNING dev.rouse.test: second");
        assertThat(logs.complaints())
                .containsExactly(
                        "logged, and neither expected nor allowed: ERROR dev.rouse.test: first:"
                                + " java.lang.IllegalStateException: on purpose",
                        "logged, and neither expected nor allowed: WARNING dev.rouse.test: second");
    }

    @Test
    void anExpectationTakesAllSuchEntriesWhetherItIsSaidBeforeOrAfter() {
        logger.log(Level.ERROR, "an actor failed: actor=/a", new IllegalStateException("on purpose"));
        logs.expect(Level.ERROR, "on purpose");
        logger.log(Level.ERROR, "an actor failed: actor=/b", new IllegalStateException("on purpose"));

        assertThat(logs.complaints()).isEmpty();
    }

    @Test
    void anExpectationIsOfOneLevel() {
        logs.allow(Level.WARNING, "");
        logger.log(Level.WARNING, "a warning");
        logger.log(Level.ERROR, "an error");

        assertThat(logs.complaints())
                .containsExactly("logged, and neither expected nor allowed: ERROR dev.rouse.test: an error");
    }

    @Test
    void whatIsExpectedMustCome() {
        logs.expect(Level.ERROR, "never");
        logs.allow(Level.ERROR, "never either");

        assertThat(logs.complaints()).containsExactly("expected to be logged, and was not: level=ERROR, text=never");
    }

    @Test
    void oneEntryIsWhatTwoExpectationsWaitFor() {
        logs.expect(Level.ERROR, "both");
        logs.expect(Level.ERROR, "of them");
        logger.log(Level.ERROR, "both of them");

        assertThat(logs.complaints()).isEmpty();
    }

    @Test
    void otherLevelsAreNotExpected() {
        assertThatThrownBy(() -> logs.expect(Level.INFO, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("only a warning or an error is to be expected: level=INFO; other levels fail no test");
    }

    @Test
    void aThousandEntriesAreKeptAndFurtherOnesCounted() {
        for (int i = 0; i < 1_000; i++) {
            logger.log(Level.ERROR, "entry");
        }
        assertThat(logs.complaints()).hasSize(1_000);
        logger.log(Level.ERROR, "entry");

        assertThat(logs.complaints())
                .hasSize(1_001)
                .last()
                .isEqualTo("logged, and neither expected nor allowed: further entries=1");
    }

    private static void fail(ActorSystem system) {
        ActorRef<String> actor = system.spawnActor("failing", () -> (_, _) -> {
            throw new IllegalStateException("on purpose");
        });
        actor.tell("go");
        Void _ = actor.terminated().join();
    }

    @Test
    void anErrorThatASimulationLogsFailsItsEnd() {
        Simulation simulation = Simulation.of(7);
        fail(simulation.system());

        Throwable failure = catchThrowable(simulation::close);
        assertThat(failure)
                .isInstanceOf(AssertionError.class)
                .hasMessage(
                        "the simulation has not ended cleanly: seed=7\nlogged, and neither expected nor allowed: ERROR"
                                + " dev.rouse.actor: an actor failed and was stopped: actor=/failing:"
                                + " java.lang.IllegalStateException: on purpose");
        assertThat(failure.getSuppressed()).singleElement().isInstanceOf(IllegalStateException.class);
    }

    @Seeds(10)
    void anErrorThatIsExpectedFailsNothing(Simulation simulation) {
        simulation.logs().expect(Level.ERROR, "actor=/failing");
        fail(simulation.system());
    }

    @Seeds(10)
    void systemsOfItsHostsLogThereToo(Simulation simulation) {
        simulation.logs().expect(Level.ERROR, "actor=/failing");
        SimulatedHost host = simulation.network().host("other");
        ActorSystem system = host.call(ActorSystem::create);
        fail(system);
        system.close();
    }

    @RouseTest
    void anErrorInRealTimeMayBeExpectedToo(ActorSystem system, LogExpectations expectations) {
        fail(system);
        expectations.expect(Level.ERROR, "actor=/failing");
    }

    @Test
    void anErrorInRealTimeThatIsNotExpectedFailsTheTest() {
        assertThat(Launched.failureOf(Failing.class, "logs", ActorSystem.class))
                .isInstanceOf(AssertionError.class)
                .hasMessage("the system has not ended cleanly\nlogged, and neither expected nor allowed: ERROR"
                        + " dev.rouse.actor: an actor failed and was stopped: actor=/failing:"
                        + " java.lang.IllegalStateException: on purpose");
    }

    @Test
    void anErrorOfASeedFailsIt() {
        assertThat(Launched.failureOf(Failing.class, "logs"))
                .hasMessageStartingWith("failed with seed=0, after 0 that passed")
                .hasMessageContaining("logged, and neither expected nor allowed: ERROR");
    }

    /// Run by the tests above.
    static final class Failing {
        @RouseTest
        void logs(ActorSystem system) {
            fail(system);
        }

        @Seeds(2)
        void logs(Simulation simulation) {
            fail(simulation.system());
        }
    }
}
