package dev.rouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class LinkOptionsTest {
    private static final LinkOptions DEFAULTS = LinkOptions.defaults();

    @Test
    void valuesAtTheirLimitsAreAllowed() {
        LinkOptions options = DEFAULTS.withLatency(Duration.ZERO, Duration.ofDays(1))
                .withBytesPerSecond(1)
                .withWindowBytes(1)
                .withQueueBytes(1)
                .withLossPercent(100)
                .withDoublingPercent(100);

        assertThat(options)
                .isEqualTo(new LinkOptions(Duration.ZERO, Duration.ofDays(1), 1, 1, 1, 100, 100))
                .isEqualTo(options.withLossPercent(0).withLossPercent(100));
    }

    @Test
    void oneBeyondIsRefused() {
        refuses(each -> each.withBytesPerSecond(0), "bytesPerSecond is out of range: value=0, least=1");
        refuses(each -> each.withWindowBytes(0), "windowBytes is out of range: value=0, least=1");
        refuses(each -> each.withQueueBytes(0), "queueBytes is out of range: value=0, least=1");
        refuses(each -> each.withLossPercent(-1), "lossPercent is out of range: value=-1, least=0, most=100");
        refuses(each -> each.withLossPercent(101), "lossPercent is out of range: value=101, least=0, most=100");
        refuses(each -> each.withDoublingPercent(101), "doublingPercent is out of range: value=101, least=0, most=100");
        refuses(
                each -> each.withLatency(Duration.ofNanos(-1), Duration.ZERO),
                "latencies are out of range: least=PT-0.000000001S, most=PT0S");
        refuses(
                each -> each.withLatency(Duration.ofNanos(2), Duration.ofNanos(1)),
                "latencies are out of range: least=PT0.000000002S, most=PT0.000000001S");
        refuses(
                each -> each.withLatency(Duration.ZERO, Duration.ofDays(1).plusNanos(1)),
                "latencies are out of range: least=PT0S, most=PT24H0.000000001S; allowed are 0 to PT24H,"
                        + " the least first");
    }

    private static void refuses(UnaryOperator<LinkOptions> change, String message) {
        assertThatThrownBy(() -> change.apply(DEFAULTS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }
}
