package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.DeadLetter;
import dev.rouse.actor.Task;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TestProbeTest {
    private final Simulation simulation = Simulation.of(1);
    private final TestProbe<Object> probe = TestProbe.of(simulation.system(), "probe");

    @AfterEach
    void close() {
        simulation.close();
    }

    private void tell(Object... messages) {
        for (Object each : messages) {
            probe.ref().tell(each);
        }
    }

    private static void fails(ThrowingCallable expectation, String message) {
        assertThatThrownBy(expectation).isInstanceOf(AssertionError.class).hasMessage(message);
    }

    @Test
    void theNextMessageIsTheOneThatIsExpected() {
        tell(1, 2);

        assertThat(probe.expect(1)).isEqualTo(1);
        fails(() -> probe.expect(1), "expected: 1\n but was: 2");
    }

    @Test
    void theNextMessageIsOfAType() {
        tell("one", 2);

        assertThat(probe.expect(String.class)).isEqualTo("one");
        fails(() -> probe.expect(String.class), "expected: a message of type java.lang.String\n but was: 2");
    }

    @Test
    void theNextMessageIsSuchAOne() {
        tell(1, 2);

        assertThat(probe.expect("an odd one", each -> each.equals(1))).isEqualTo(1);
        fails(() -> probe.expect("an odd one", each -> each.equals(1)), "expected: an odd one\n but was: 2");
    }

    @Test
    void whateverTheTimeDoesNoMessageIsLost() {
        for (long seed = 0; seed < 200; seed++) {
            try (Simulation other = Simulation.of(seed)) {
                TestProbe<Integer> leaping = TestProbe.of(other.system(), "leaping");
                other.faults().draw(Fault.JUMP, 0.2);
                List<Integer> received = new ArrayList<>();
                Task<Void> receiver = other.system().spawn(() -> receiveFive(leaping, received));
                Task<Void> sender = other.system().spawn(() -> {
                    for (int i = 0; i < 5; i++) {
                        sleepFor(Duration.ofSeconds(3));
                        leaping.ref().tell(i);
                    }
                });
                sender.join();
                receiver.join();

                assertThat(received).as("seed=" + seed).containsExactly(0, 1, 2, 3, 4);
            }
        }
    }

    /// Waits for each until it is there.
    private static void receiveFive(TestProbe<Integer> probe, List<Integer> received) {
        while (received.size() < 5) {
            try {
                received.add(probe.receive());
            } catch (AssertionError e) {
                assertThat(e).hasMessage("expected: a message\n but was: none within PT3S");
            }
        }
    }

    @Test
    void noMessageComesWithinATime() {
        probe.expectNone(Duration.ofHours(1));
        tell(1);

        fails(() -> probe.expectNone(Duration.ofHours(1)), "expected: no message within PT1H\n but was: 1");
    }

    @Test
    void messagesComeInAnyOrder() {
        tell(1, 2, 2, 3);

        probe.expectInAnyOrder(List.of(2, 1, 2));
        fails(
                () -> probe.expectInAnyOrder(List.of(4, 3)),
                "expected: in any order [4, 3]\n but was: [3], and then none within PT3S");
    }

    @Test
    void anotherOneAmongThemIsRefused() {
        tell(1, 5);

        fails(() -> probe.expectInAnyOrder(List.of(1, 2)), "expected: in any order [1, 2]\n but was: [1], and then 5");
    }

    @Test
    void whatIsIgnoredIsPassedOver() {
        probe.ignore(Integer.class::isInstance);
        tell(1, "one", 2);

        probe.expect("one");
        probe.expectNone(Duration.ofSeconds(1));
    }

    @Test
    void aProbeKeepsSoManyMessagesAndNoMore() {
        simulation.logs().expect(Level.ERROR, "a probe holds no more messages");
        for (int i = 0; i < 10_000; i++) {
            tell(i);
        }
        simulation.runFor(Duration.ofSeconds(1));
        assertThat(simulation.deadLetters()).isEmpty();
        probe.expect(0);
        tell(10_000, "one too many");
        simulation.runFor(Duration.ofSeconds(1));

        assertThat(simulation.deadLetters()).isEmpty();
        assertThatThrownBy(probe::receive)
                .hasRootCauseMessage("a probe holds no more messages that nobody has expected: limit=10000");
        assertThat(simulation.deadLetters())
                .extracting(DeadLetter::reason)
                .doesNotContain(DeadLetter.Reason.LATE_REPLY);
    }
}
