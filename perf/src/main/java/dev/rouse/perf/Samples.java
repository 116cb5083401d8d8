package dev.rouse.perf;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/// The values of one bench's repetitions, of which the median is the result.
final class Samples {
    private final double[] ascending;

    private Samples(double[] ascending) {
        this.ascending = ascending;
    }

    /// @throws IllegalArgumentException when there is no value, or one is not finite: nothing was measured then
    static Samples of(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no samples: repetitions=0; measure at least once");
        }
        double[] ascending = values.clone();
        Arrays.sort(ascending);
        for (double value : ascending) {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("sample is not finite: value=" + value + "; nothing was measured");
            }
        }
        return new Samples(ascending);
    }

    int count() {
        return ascending.length;
    }

    double min() {
        return ascending[0];
    }

    /// The middle value; of an even count, the mean of the two in the middle.
    double median() {
        int middle = ascending.length / 2;
        return ascending.length % 2 == 1 ? ascending[middle] : (ascending[middle - 1] + ascending[middle]) / 2;
    }

    double max() {
        return ascending[ascending.length - 1];
    }

    Samples map(DoubleUnaryOperator conversion) {
        return of(Arrays.stream(ascending).map(conversion).toArray());
    }

    /// Nanoseconds per operation read as million operations per second.
    Samples toMillionsPerSecond() {
        return map(nanos -> 1_000 / nanos);
    }

    @Override
    public String toString() {
        return Arrays.toString(ascending);
    }
}
