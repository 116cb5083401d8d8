package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SamplesTest {
    @Test
    void medianOfAnOddCountIsTheMiddleValue() {
        Samples samples = Samples.of(9, 1, 5);
        assertThat(samples.median()).isEqualTo(5);
        assertThat(samples.min()).isEqualTo(1);
        assertThat(samples.max()).isEqualTo(9);
        assertThat(samples.count()).isEqualTo(3);
    }

    @Test
    void medianOfAnEvenCountIsTheMeanOfTheMiddleTwo() {
        assertThat(Samples.of(10, 2, 4, 1).median()).isEqualTo(3);
    }

    @Test
    void medianOfOneIsItself() {
        assertThat(Samples.of(7).median()).isEqualTo(7);
    }

    @Test
    void ratesAreSortedAnewSinceTheSlowestHasTheLeast() {
        Samples rates = Samples.of(10, 100, 50).toMillionsPerSecond();
        assertThat(rates.min()).isEqualTo(10);
        assertThat(rates.median()).isEqualTo(20);
        assertThat(rates.max()).isEqualTo(100);
    }

    @Test
    void nothingMeasuredIsNotAResult() {
        assertThatThrownBy(Samples::of).hasMessage("no samples: repetitions=0; measure at least once");
        assertThatThrownBy(() -> Samples.of(1, 1 / 0.0)).hasMessageContaining("sample is not finite: value=Infinity");
    }
}
