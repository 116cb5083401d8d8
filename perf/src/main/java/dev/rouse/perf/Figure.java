package dev.rouse.perf;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/// How numbers are written: the same in every locale, never in scientific notation.
final class Figure {
    /// More digits than any measurement here can justify, so that rounding never decides about a target.
    private static final int RESULT_DIGITS = 6;

    private Figure() {}

    /// For programs: at most six significant digits, no grouping, no trailing zeros.
    static String exact(double value) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(RESULT_DIGITS, RoundingMode.HALF_EVEN));
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }

    /// For people: grouped thousands, and as many decimals as the size leaves worth reading.
    static String readable(double value) {
        double size = Math.abs(value);
        int decimals = size >= 1_000 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }
}
