package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ViolationTest extends SystemTest {
    private final AtomicInteger haltStatus = new AtomicInteger();

    /// One that says what it would have halted with.
    private ActorSystem open(Violation violation, ViolationPolicy policy) {
        return opened(ActorSystem.builder()
                .name("strict")
                .shards(1)
                .onViolation(violation, policy)
                .halt(haltStatus::set));
    }

    @Test
    void noTwoHaveTheSameCode() {
        assertThat(Arrays.stream(Violation.values()).map(Violation::code))
                .doesNotHaveDuplicates()
                .allMatch(code -> code.matches("ROUSE-V\\d\\d"));
    }

    @Test
    void theExceptionKnowsTheRule() {
        assertThatThrownBy(() ->
                        system.spawn(() -> Rouse.await(Cell.current("test"))).join())
                .isInstanceOfSatisfying(
                        ViolationException.class,
                        refused -> assertThat(refused.violation()).isEqualTo(Violation.AWAIT_OF_ITSELF));
    }

    @Test
    void violationsAreCountedBySystemAndCode() {
        Task<Object> task = system.spawn(() -> Rouse.await(Cell.current("test")));
        assertThatThrownBy(task::join).isInstanceOf(ViolationException.class);
        assertThat(system.violations(Violation.AWAIT_OF_ITSELF)).isEqualTo(1);
        assertThat(system.violations(Violation.AWAIT_CYCLE)).isZero();
    }

    @Test
    void aLibraryRefusesInTheNameOfTheFunctionThatRuns() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            throw Violation.SECOND_WAITER.refused("two at once: thing=7");
                        })
                        .join())
                .hasMessage("ROUSE-V05 two at once: thing=7; let one function do it and hand on what comes of it");
        assertThat(system.violations(Violation.SECOND_WAITER)).isEqualTo(1);
    }

    @Test
    void whatCannotBeGoneOnWithCannotBeReportedOnly() {
        assertThatThrownBy(() -> ActorSystem.builder().onViolation(Violation.AWAIT_OF_ITSELF, ViolationPolicy.REPORT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("policy does not suit the violation: violation=AWAIT_OF_ITSELF, code=ROUSE-V02,"
                        + " policy=REPORT, allowed=[FAIL, HALT]; there is nothing that the caller could go on with");
    }

    @Test
    void whatNobodyIsThereToBeToldCannotFail() {
        assertThatThrownBy(() -> ActorSystem.builder().onViolation(Violation.LONG_TURN, ViolationPolicy.FAIL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("policy does not suit the violation: violation=LONG_TURN, code=ROUSE-V08, policy=FAIL,"
                        + " allowed=[REPORT, HALT]; nobody is there to be given an exception");
    }

    @Test
    void aThreadOutsideHasNoSystemThatCouldHalt() {
        assertThatThrownBy(() -> ActorSystem.builder().onViolation(Violation.OUTSIDE_FUNCTION, ViolationPolicy.HALT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("policy does not suit the violation: violation=OUTSIDE_FUNCTION, code=ROUSE-V01,"
                        + " policy=HALT, allowed=[FAIL]; no system is known");
    }

    @Test
    void haltEndsTheProcessWithAStatusOfItsOwn() {
        ActorSystem strict = open(Violation.AWAIT_OF_ITSELF, ViolationPolicy.HALT);
        Task<Object> task = strict.spawn(() -> Rouse.await(Cell.current("test")));
        assertThatThrownBy(task::join).isInstanceOf(ViolationException.class);
        assertThat(haltStatus).hasValue(70);
    }

    @Test
    void aReportIsLoggedOnceForEachCulprit() {
        try (RecordedLog log = new RecordedLog()) {
            Rules rules = system.rules();
            rules.report(Violation.LONG_TURN, "/slow", "a turn was long: path=/slow", null);
            rules.report(Violation.LONG_TURN, "/slow", "a turn was long: path=/slow", null);
            rules.report(Violation.LONG_TURN, "/other", "a turn was long: path=/other", null);
            assertThat(log.messages())
                    .containsExactly(
                            "ROUSE-V08 a turn was long: path=/slow; do it in parts with sleepFor(Duration.ZERO)"
                                    + " between them, or on a thread outside",
                            "ROUSE-V08 a turn was long: path=/other; do it in parts with sleepFor(Duration.ZERO)"
                                    + " between them, or on a thread outside");
        }
        assertThat(system.violations(Violation.LONG_TURN)).isEqualTo(3);
    }

    @Test
    void theSystemDecidesWhetherABrokenRuleFails() {
        Rules reporting = open(Violation.AWAIT_CYCLE, ViolationPolicy.REPORT).rules();
        ViolationException cycle = new ViolationException(Violation.AWAIT_CYCLE, "a cycle: path=/a");
        reporting.broken("/a", cycle);
        assertThat(reporting.count(Violation.AWAIT_CYCLE)).isEqualTo(1);
        assertThatThrownBy(() -> system.rules().broken("/a", cycle)).isSameAs(cycle);
    }

    @Test
    void aSignalThatIsFiredByAnotherThreadIsRefusedWhileAFunctionWaitsForIt() {
        Signal signal = new Signal();
        Task<Void> waits = system.spawn(() -> signal.await());
        while (!isAwaited(signal)) {
            Thread.onSpinWait();
        }
        assertThatThrownBy(signal::fire)
                .isInstanceOf(ViolationException.class)
                .hasMessage(Violation.FOREIGN_TOUCH.message("a signal was fired from outside the shard where it is"
                        + " awaited: waiting=/ViolationTest-function, shard=test-shard-0"));
        assertThat(system.violations(Violation.FOREIGN_TOUCH)).isEqualTo(1);
        assertThat(waits.isDone()).isFalse();
        system.spawn(signal::fire).join();
        waits.join();
    }

    private boolean isAwaited(Signal signal) {
        return system.spawn(() -> signal.isAwaited()).join();
    }
}
