package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResultTest {
    private static Result result(String peer, String bench, double value) {
        return new Result(peer, bench, "ns/msg", Samples.of(value), null);
    }

    @Test
    void lineHasPeerBenchValueAndUnitInThisOrder() {
        assertThat(result("rouse", "tell-local", 12.5).line())
                .isEqualTo("RESULT peer=rouse bench=tell-local value=12.5 unit=ns/msg");
    }

    @Test
    void wordsWithBlanksAreRefusedSinceTheLineIsSplitAtBlanks() {
        assertThatThrownBy(() -> result("rouse", "tell local", 1))
                .hasMessage("not one word: text=\"tell local\"; peer, bench and unit stand in a line split at blanks");
        assertThatThrownBy(() -> result("", "tell", 1)).hasMessageContaining("not one word: text=\"\"");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1",
        "0.9321, 0.9321",
        "1234567.8, 1234570",
        "150000000, 150000000",
        "0.000001234, 0.000001234",
        "213000.4, 213000",
    })
    void valueIsPlainWithSixDigits(double value, String text) {
        assertThat(Figure.exact(value)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0.9321|0.932", "6.3|6.30", "250|250.0", "186500.4|186,500"})
    void readableFigureHasAsManyDecimalsAsItsSizeDeserves(double value, String text) {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertThat(Figure.readable(value)).isEqualTo(text);
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void targetAtItsValueIsMet() {
        assertThat(Target.atMost(20).isMetBy(20)).isTrue();
        assertThat(Target.atMost(20).isMetBy(20.1)).isFalse();
        assertThat(Target.atLeast(0.85).isMetBy(0.85)).isTrue();
        assertThat(Target.atLeast(0.85).isMetBy(0.849)).isFalse();
        assertThat(Target.atLeast(0.85)).hasToString(">= 0.85");
    }

    @Test
    void onlyRouseHasTargets() {
        assertThat(result("rouse", "idle-cpu", 1).target()).isEqualTo(Target.atMost(0.5));
        assertThat(result("bare-nio", "idle-cpu", 1).target()).isNull();
        assertThat(result("rouse", "fan-in", 1).target()).isNull();
    }
}
