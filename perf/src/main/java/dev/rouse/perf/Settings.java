package dev.rouse.perf;

import dev.rouse.dispatch.Engine;
import java.time.Duration;

/// How a run measures; the same for all its scenarios.
///
/// @param shards of the scenarios that spread their work; those that ask about one shard, or two, say so
/// @param warmup how long a bench runs before it counts
/// @param duration how long a bench is measured, all repetitions together
/// @param scale how much of the work is done
record Settings(Engine engine, int shards, Duration warmup, Duration duration, int repetitions, Scale scale) {
    /// Heavy benches do the same work anew, minutes of it: a few repetitions have to do.
    private static final int HEAVY_REPETITIONS = 3;

    /// How much of the work a scenario with a fixed amount of it does.
    enum Scale {
        FULL(1),
        /// Only shows that the scenarios run.
        QUICK(1_000);

        private final int divisor;

        Scale(int divisor) {
            this.divisor = divisor;
        }
    }

    /// The count to use where the full work counts `full`; at least ten, so that there is something to count.
    int scaled(int full) {
        return Math.min(full, Math.max(10, full / scale.divisor));
    }

    /// The time to use where the full work takes `full`.
    Duration scaled(Duration full) {
        return scale == Scale.FULL ? full : full.dividedBy(10);
    }

    int heavyRepetitions() {
        return Math.min(repetitions, HEAVY_REPETITIONS);
    }

    Duration perRepetition() {
        return duration.dividedBy(repetitions);
    }
}
