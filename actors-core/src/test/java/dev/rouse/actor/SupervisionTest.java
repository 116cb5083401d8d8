package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Supervision.Decision;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SupervisionTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    @Test
    void withoutRulesItDecidesAlikeForAllExceptions() {
        assertThat(Supervision.stop().decide(new IOException())).isEqualTo(Decision.STOP);
        assertThat(Supervision.resume().decide(new IOException())).isEqualTo(Decision.RESUME);
        assertThat(Supervision.restart().decide(new IllegalStateException())).isEqualTo(Decision.RESTART);
        assertThat(Supervision.escalate().decide(new IOException())).isEqualTo(Decision.ESCALATE);
    }

    @Test
    void theFirstRuleThatFitsCounts() {
        Supervision supervision = Supervision.restart()
                .on(IllegalArgumentException.class, Decision.RESUME)
                .on(RuntimeException.class, Decision.STOP);
        assertThat(supervision.decide(new NumberFormatException())).isEqualTo(Decision.RESUME);
        assertThat(supervision.decide(new IllegalStateException())).isEqualTo(Decision.STOP);
        assertThat(supervision.decide(new IOException())).isEqualTo(Decision.RESTART);
    }

    @Test
    void aRuleThatAnEarlierOneCoversIsRefused() {
        Supervision supervision = Supervision.stop().on(RuntimeException.class, Decision.RESUME);
        assertThatThrownBy(() -> supervision.on(IllegalStateException.class, Decision.RESTART))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the rule would never be used: type=java.lang.IllegalStateException, covered by="
                        + "java.lang.RuntimeException; put the narrower type first");
    }

    @Test
    void anErrorStopsUnlessARuleNamesAnErrorType() {
        Supervision all = Supervision.resume().on(Throwable.class, Decision.RESUME);
        assertThat(all.decide(new StackOverflowError())).isEqualTo(Decision.STOP);
        assertThat(Supervision.escalate().decide(new OutOfMemoryError())).isEqualTo(Decision.STOP);
        Supervision named = Supervision.stop().on(VirtualMachineError.class, Decision.RESTART);
        assertThat(named.decide(new StackOverflowError())).isEqualTo(Decision.RESTART);
        assertThat(named.decide(new AssertionError())).isEqualTo(Decision.STOP);
    }

    @Test
    void anErrorCannotBeResumed() {
        assertThatThrownBy(() -> Supervision.stop().on(AssertionError.class, Decision.RESUME))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an error cannot be resumed: type=java.lang.AssertionError; the state that it has left "
                        + "cannot be trusted, choose RESTART, STOP or ESCALATE");
    }

    @Test
    void anEscalatedFailureIsJudgedByWhatFailedFirst() {
        Supervision supervision = Supervision.stop().on(IOException.class, Decision.RESTART);
        Throwable twice = new ChildFailedException("/a", new ChildFailedException("/a/b", new IOException("broken")));
        assertThat(supervision.decide(twice)).isEqualTo(Decision.RESTART);
        assertThat(twice).hasMessage("a child actor failed and escalated: child=/a");
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        Supervision restart = Supervision.restart();
        Duration second = Duration.ofSeconds(1);
        assertThatThrownBy(() -> restart.atMost(0, second))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("restarts is out of range: value=0, least=1, most=1000");
        assertThatThrownBy(() -> restart.atMost(1_001, second))
                .hasMessage("restarts is out of range: value=1001, least=1, most=1000");
        assertThatThrownBy(() -> restart.atMost(1, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("period must be above zero: value=PT0S");
        assertThatThrownBy(() -> restart.backoff(Duration.ZERO, second))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("backoff is out of range: first=PT0S, most=PT1S, least=PT0.001S");
        assertThatThrownBy(() -> restart.backoff(Duration.ofSeconds(2), second))
                .hasMessage("backoff is out of range: first=PT2S, most=PT1S, least=PT0.001S");
    }

    @Test
    void backoffDoublesUpToItsMostAndIsShortenedByUpToAHalf() {
        long seed = new Random().nextLong();
        RandomGenerator random = new SplittableRandom(seed);
        Supervision supervision = Supervision.restart().backoff(Duration.ofSeconds(1), Duration.ofSeconds(5));
        long[] most = {0, 1, 2, 4, 5, 5, 5};
        for (int round = 0; round < 1_000; round++) {
            for (int n = 1; n < most.length; n++) {
                assertThat(supervision.backoffNanos(n, random))
                        .as("seed=%d, n=%d", seed, n)
                        .isBetween(most[n] * SECOND / 2, most[n] * SECOND);
            }
        }
        assertThat(supervision.backoffNanos(Integer.MAX_VALUE, random)).isBetween(5 * SECOND / 2, 5 * SECOND);
    }

    @Test
    void backoffFollowsItsSeed() {
        Supervision supervision = Supervision.restart().backoff(Duration.ofSeconds(1), Duration.ofSeconds(5));
        assertThat(supervision.backoffNanos(1, new SplittableRandom(7)))
                .isEqualTo(supervision.backoffNanos(1, new SplittableRandom(7)))
                .isNotEqualTo(supervision.backoffNanos(1, new SplittableRandom(8)));
    }

    @Test
    void theLongestBackoffDoesNotOverflow() {
        Supervision supervision =
                Supervision.restart().backoff(Duration.ofMillis(1), Duration.ofSeconds(Long.MAX_VALUE));
        assertThat(supervision.backoffNanos(1_000, new SplittableRandom(1)))
                .isBetween(Long.MAX_VALUE / 2, Long.MAX_VALUE);
    }

    @Test
    void aBudgetAllowsSoManyRestartsInAnyPeriodOfItsLength() {
        Restarts restarts = new Restarts(Supervision.restart().atMost(3, Duration.ofSeconds(10)));
        assertThat(restarts.take(0)).isTrue();
        assertThat(restarts.take(4 * SECOND)).isTrue();
        assertThat(restarts.take(8 * SECOND)).isTrue();
        assertThat(restarts.take(9 * SECOND)).isFalse();
        assertThat(restarts.take(10 * SECOND)).isTrue();
        assertThat(restarts.take(11 * SECOND)).isFalse();
        assertThat(restarts.take(14 * SECOND)).isTrue();
    }

    @Test
    void restartsInARowBeginAnewAfterAQuietPeriod() {
        Restarts restarts = new Restarts(Supervision.restart().atMost(3, Duration.ofSeconds(10)));
        assertThat(restarts.take(0)).isTrue();
        restarts.done(5 * SECOND);
        assertThat(restarts.take(14 * SECOND)).isTrue();
        assertThat(restarts.inARow()).isEqualTo(2);
        restarts.done(15 * SECOND);
        assertThat(restarts.take(25 * SECOND)).isTrue();
        assertThat(restarts.inARow()).isEqualTo(1);
    }

    @Test
    void ofManyFailuresOneASecondIsLoggedAndTheOthersAreCounted() {
        Restarts restarts = new Restarts(Supervision.resume());
        assertThat(restarts.mayLog(0)).isTrue();
        assertThat(restarts.mayLog(1)).isFalse();
        assertThat(restarts.mayLog(SECOND - 1)).isFalse();
        assertThat(restarts.mayLog(SECOND)).isTrue();
        assertThat(restarts.takeLeftOut()).isEqualTo(2);
        assertThat(restarts.takeLeftOut()).isZero();
    }
}
