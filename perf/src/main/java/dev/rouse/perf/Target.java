package dev.rouse.perf;

/// A figure that the project has set itself for one bench.
record Target(Bound bound, double value) {
    /// On which side of the value the result has to lie; the value itself is met.
    enum Bound {
        AT_MOST("<="),
        AT_LEAST(">=");

        private final String symbol;

        Bound(String symbol) {
            this.symbol = symbol;
        }
    }

    static Target atMost(double value) {
        return new Target(Bound.AT_MOST, value);
    }

    static Target atLeast(double value) {
        return new Target(Bound.AT_LEAST, value);
    }

    boolean isMetBy(double result) {
        return switch (bound) {
            case AT_MOST -> result <= value;
            case AT_LEAST -> result >= value;
        };
    }

    @Override
    public String toString() {
        return bound.symbol + " " + Figure.exact(value);
    }
}
