package dev.rouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.System.Logger.Level;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TestInboxTest {
    private final Simulation simulation = Simulation.of(1);
    private final TestInbox<Object> inbox = TestInbox.of(simulation.system(), "inbox");

    @AfterEach
    void close() {
        simulation.close();
    }

    private void tell(Object... messages) {
        for (Object each : messages) {
            inbox.ref().tell(each);
        }
        simulation.runFor(Duration.ofSeconds(1));
    }

    private static void fails(ThrowingCallable expectation, String message) {
        assertThatThrownBy(expectation).isInstanceOf(AssertionError.class).hasMessage(message);
    }

    @Test
    void theOldestMessageIsTheOneThatIsExpected() {
        tell(1, "two", 3, 4);

        assertThat(inbox.expect(1)).isEqualTo(1);
        assertThat(inbox.expect(String.class)).isEqualTo("two");
        assertThat(inbox.receive()).isEqualTo(3);
        fails(() -> inbox.expect(5), "expected: 5\n but was: 4");
        inbox.expectNone();
    }

    @Test
    void anotherMessageIsRefused() {
        tell(1, 2);

        fails(() -> inbox.expect(String.class), "expected: a message of type java.lang.String\n but was: 1");
        fails(inbox::expectNone, "expected: no message\n but was: 2");
    }

    @Test
    void itDoesNotWait() {
        inbox.ref().tell(1);

        fails(() -> inbox.expect(1), "expected: 1\n but was: none");
        fails(inbox::receive, "expected: a message\n but was: none");
        simulation.runFor(Duration.ofSeconds(1));
        inbox.expect(1);
    }

    @Test
    void allOfThemAreTaken() {
        tell(1, 2, 3);

        assertThat(inbox.receiveAll()).containsExactly(1, 2, 3);
        assertThat(inbox.receiveAll()).isEmpty();
    }

    @Test
    void anInboxKeepsSoManyMessagesAndNoMore() {
        simulation.logs().expect(Level.ERROR, "an inbox holds no more messages");
        for (int i = 0; i < 10_000; i++) {
            inbox.ref().tell(i);
        }
        simulation.runFor(Duration.ofSeconds(1));
        inbox.expect(0);
        tell(10_000);
        inbox.expect(1);
        tell(10_001, "one too many");

        assertThatThrownBy(inbox::receive)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("an inbox holds no more messages that nobody has looked at: limit=10000");
    }
}
