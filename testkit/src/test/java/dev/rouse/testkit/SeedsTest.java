package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

class SeedsTest {
    @Seeds(50)
    void probesSeeWhatIsToldInOrder(Simulation simulation) {
        TestProbe<Integer> probe = TestProbe.of(simulation.system(), "probe");
        simulation.run(() -> {
            for (int i = 0; i < 10; i++) {
                probe.ref().tell(i);
            }
        });
        for (int i = 0; i < 10; i++) {
            probe.expect(i);
        }
        probe.expectNone(Duration.ofMinutes(1));
        assertThat(simulation.elapsed()).isGreaterThan(Duration.ofMinutes(1));
    }

    @Seeds(50)
    void aProbeThatIsToldNothingSaysSo(Simulation simulation) {
        TestProbe<String> probe = TestProbe.of(simulation.system(), "probe");

        assertThatThrownBy(probe::receive)
                .isInstanceOf(AssertionError.class)
                .hasMessage("expected: a message\n but was: none within PT3S");
    }

    @Test
    void theFirstSeedThatFailsIsNamedWithHowToRunItAlone() {
        assertThat(failureOf("failsFromTheFourthSeedOn"))
                .hasMessageStartingWith("failed with seed=3, after 3 that passed; -Drouse.seed=3 runs it alone\n")
                .hasMessageContaining("\nlast turns:\n")
                .hasMessageContaining("/SeedsTest$Failing-function");
    }

    private static Throwable failureOf(String method) {
        Events tests = EngineTestKit.engine("junit-jupiter")
                .selectors(selectMethod(Failing.class, method, Simulation.class.getName()))
                .execute()
                .testEvents();
        return tests.failed().stream()
                .findFirst()
                .orElseThrow()
                .getPayload(TestExecutionResult.class)
                .flatMap(TestExecutionResult::getThrowable)
                .orElseThrow();
    }

    /// Run by the tests above.
    static final class Failing {
        @Seeds(10)
        void failsFromTheFourthSeedOn(Simulation simulation) {
            simulation.system().spawn(() -> sleepFor(Duration.ofMillis(1))).join();
            assertThat(simulation.seed()).isLessThan(3);
        }
    }
}
