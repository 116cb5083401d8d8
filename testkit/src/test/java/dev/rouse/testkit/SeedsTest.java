package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

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
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFourthSeedOn", "rouse.seeds", "1x"))
                .hasMessageStartingWith("failed with seed=3, after 3 that passed; -Drouse.seed=3 runs it alone\n")
                .hasMessageContaining("\nlast turns:\n")
                .hasMessageContaining("/SeedsTest$Failing-function");
    }

    @Test
    void oneSeedIsRunAlone() {
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFourthSeedOn", "rouse.seed", "7"))
                .hasMessageStartingWith("failed with seed=7, after 0 that passed;");
    }

    @Test
    void moreSeedsAreRunWhereTheTestHasTooFew() {
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFifthSeedOn", "rouse.seeds", "5"))
                .hasMessageStartingWith("failed with seed=4, after 4 that passed;");
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFifthSeedOn", "rouse.seeds", "2x"))
                .hasMessageStartingWith("failed with seed=4, after 4 that passed;");
        assertThat(Launched.failuresOf(Failing.class, "failsFromTheFifthSeedOn", "rouse.seeds", "1x"))
                .isEmpty();
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFourthSeedOn", "rouse.seeds", "0.4x"))
                .hasMessageStartingWith("failed with seed=3, after 3 that passed;");
        assertThat(Launched.failuresOf(Failing.class, "failsFromTheFourthSeedOn", "rouse.seeds", "0.01x"))
                .isEmpty();
    }

    @Test
    void aLongRunSaysHowFarItIs() {
        assertThat(Launched.reportsOf(Failing.class, "passes", "rouse.seeds", "1000"))
                .containsExactly(Map.of("seeds", "1000 of 1000"));
    }

    @Test
    void aNumberOfSeedsThatIsNoneIsRefused() {
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFifthSeedOn", "rouse.seeds", "some"))
                .hasMessage("not a whole number: -Drouse.seeds=some");
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFifthSeedOn", "rouse.seeds", "0"))
                .hasMessage("the number of seeds is out of range: value=0, least=1, most=2147483647");
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFifthSeedOn", "rouse.seeds", "x"))
                .hasMessage("not a factor above zero: -Drouse.seeds=x");
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFifthSeedOn", "rouse.seeds", "0x"))
                .hasMessage("not a factor above zero: -Drouse.seeds=0x");
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFifthSeedOn", "rouse.seeds", "1000000000x"))
                .hasMessage("the number of seeds is out of range: value=4000000000, least=1, most=2147483647");
        assertThat(Launched.failureOf(Failing.class, "failsFromTheFifthSeedOn", "rouse.seed", "1.5"))
                .hasMessage("not a whole number: -Drouse.seed=1.5");
    }

    @Test
    void aFailureIsMadePlainer() {
        Throwable failure = Launched.failureOf(Failing.class, "theFirstOfFiveComesFirst", "rouse.minimise", "true");
        Matcher numbers = Pattern.compile("the plainest run that fails like it: turns=\\d+ of \\d+,"
                        + " choices that matter=(\\d+) of (\\d+)\n")
                .matcher(String.valueOf(failure.getMessage()));

        assertThat(numbers.find()).isTrue();
        assertThat(Integer.parseInt(numbers.group(1))).isBetween(1, Integer.parseInt(numbers.group(2)) / 4);
    }

    /// A plainer run may fail in another place, or not at all because of an assumption.
    @Test
    void thePlainerRunFailsInTheSamePlace() {
        Throwable failure =
                Launched.failureOf(Failing.class, "failsInTwoPlacesAndAssumesSomething", "rouse.minimise", "true");

        assertThat(failure)
                .hasMessageContaining("the plainest run that fails like it")
                .hasMessageContaining("second");
    }

    @Test
    void aSeedThatIsAbortedLeavesTheOthersToRun() {
        assertThat(Launched.failureOf(Failing.class, "isAbortedAtTwoSeedsAndFailsAtTheThird", "rouse.seeds", "5"))
                .hasMessageStartingWith("failed with seed=2, after 2 that passed;");
        assertThat(Launched.failuresOf(Failing.class, "isAbortedAtEachSeed", "rouse.seeds", "3"))
                .isEmpty();
        assertThat(Launched.reportsOf(Failing.class, "isAbortedAtOneOfThreeSeeds", "rouse.seeds", "3"))
                .contains(Map.of("aborted", "1 of 3"));
        assertThat(Launched.abortedOf(Failing.class, "isAbortedAtEachSeed", "rouse.seeds", "3"))
                .isOne();
        assertThat(Launched.abortedOf(Failing.class, "isAbortedAtOneOfThreeSeeds", "rouse.seeds", "3"))
                .isZero();
    }

    /// Run by the tests above.
    static final class Failing {
        @Seeds(50)
        void failsInTwoPlacesAndAssumesSomething(Simulation simulation) {
            List<Integer> order = new ArrayList<>();
            simulation.run(() -> {
                for (int i = 0; i < 5; i++) {
                    int number = i;
                    Task<Void> _ = spawn(() -> {
                        order.add(number);
                    });
                }
            });
            Assumptions.assumeTrue(order.getFirst() != 0); // not in the plainest of all runs
            assertThat(order).as("first").isNotEqualTo(List.of(3, 0, 1, 2, 4)); // to this the search would come
            assertThat(order).as("second").startsWith(0);
        }

        @Seeds(5)
        void isAbortedAtTwoSeedsAndFailsAtTheThird(Simulation simulation) {
            Assumptions.assumeTrue(simulation.seed() > 1);
            assertThat(simulation.seed()).isZero();
        }

        @Seeds(3)
        void isAbortedAtEachSeed(Simulation simulation) {
            Assumptions.abort();
        }

        @Seeds(3)
        void isAbortedAtOneOfThreeSeeds(Simulation simulation) {
            Assumptions.assumeTrue(simulation.seed() != 1);
        }

        @Seeds(10)
        void failsFromTheFourthSeedOn(Simulation simulation) {
            simulation.system().spawn(() -> sleepFor(Duration.ofMillis(1))).join();
            assertThat(simulation.seed()).isLessThan(3);
        }

        @Seeds(4)
        void failsFromTheFifthSeedOn(Simulation simulation) {
            assertThat(simulation.seed()).isLessThan(4);
        }

        @Seeds(1)
        void passes(Simulation simulation) {}

        @Seeds(50)
        void theFirstOfFiveComesFirst(Simulation simulation) {
            List<Integer> order = new ArrayList<>();
            simulation.run(() -> {
                for (int i = 0; i < 5; i++) {
                    int number = i;
                    Task<Void> _ = spawn(() -> {
                        order.add(number);
                    });
                }
            });
            assertThat(order.getFirst()).isZero();
        }
    }
}
