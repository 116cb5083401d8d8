package dev.rouse.perf;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// What one bench of one peer came to.
///
/// @param peer which runtime did the work
/// @param unit without blanks, so that a RESULT line splits at blanks
/// @param latency the latencies in nanoseconds behind the value, where single operations were timed
record Result(
        String peer,
        String bench,
        String unit,
        Samples samples,
        @Nullable Histogram latency) {
    /// The runtime this project is about; other peers do the same work for comparison.
    static final String ROUSE = "rouse";

    /// A selector loop without any runtime.
    static final String BARE_NIO = "bare-nio";

    Result {
        for (String word : new String[] {peer, bench, unit}) {
            if (word.isEmpty() || word.chars().anyMatch(Character::isWhitespace)) {
                throw new IllegalArgumentException(
                        "not one word: text=\"" + word + "\"; peer, bench and unit stand in a line split at blanks");
            }
        }
    }

    double value() {
        return samples.median();
    }

    /// The figure to reach, which only Rouse has.
    @Nullable
    Target target() {
        return peer.equals(ROUSE) ? Targets.of(bench) : null;
    }

    /// The line for programs.
    String line() {
        return "RESULT peer=" + peer + " bench=" + bench + " value=" + Figure.exact(value()) + " unit=" + unit;
    }
}
