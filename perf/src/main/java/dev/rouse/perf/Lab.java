package dev.rouse.perf;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// What a scenario measures with: it warms up, repeats, and takes down the results. Used by one thread.
final class Lab {
    /// Far beyond what any batch takes, so that a runtime that hangs fails the scenario instead of hanging it too.
    static final Duration PATIENCE = Duration.ofMinutes(2);

    /// A batch that grows faster than this while warming up would rest on figures from cold code.
    private static final int GROWTH = 8;

    /// Ends the search for a batch that is long enough, should its work take no time at all.
    private static final int ROUNDS_LIMIT = 100_000_000;

    private final Settings settings;
    private final Progress progress;
    private final Report report;

    Lab(Settings settings, Progress progress, Report report) {
        this.settings = settings;
        this.progress = progress;
        this.report = report;
    }

    Settings settings() {
        return settings;
    }

    /// A system with the limits that a server would have, save for the time to close: a million functions are to
    /// end, not to be cut.
    ActorSystem system(int shards) {
        return ActorSystem.builder()
                .name("perf")
                .engine(settings.engine())
                .shards(shards)
                .limits(Limits.defaults().withCloseTimeout(PATIENCE))
                .build();
    }

    <T> T join(Task<T> task) throws TimeoutException {
        return task.join(PATIENCE);
    }

    /// Nanoseconds per operation: warms up with the batch itself, finds how many rounds fill one repetition, and
    /// repeats.
    Samples time(String bench, int operationsPerRound, Batch batch) throws Exception {
        progress.phase(bench + ": warm-up");
        int rounds = warmUp(batch);
        double[] nanosPerOperation = new double[settings.repetitions()];
        for (int i = 0; i < nanosPerOperation.length; i++) {
            progress.phase(bench + ": " + (i + 1) + " of " + nanosPerOperation.length);
            nanosPerOperation[i] = batch.run(rounds) / ((double) rounds * operationsPerRound);
        }
        return Samples.of(nanosPerOperation);
    }

    private int warmUp(Batch batch) throws Exception {
        long wantedNanos = settings.perRepetition().toNanos();
        long leftNanos = settings.warmup().toNanos();
        int rounds = 1;
        do {
            long startNanos = System.nanoTime();
            long measuredNanos = batch.run(rounds);
            leftNanos -= System.nanoTime() - startNanos;
            rounds = nextRounds(rounds, measuredNanos, wantedNanos);
        } while (leftNanos > 0);
        return rounds;
    }

    static int nextRounds(int rounds, long measuredNanos, long wantedNanos) {
        double fitting = rounds * (wantedNanos / (double) Math.max(1, measuredNanos));
        double growing = Math.min(fitting, (double) rounds * GROWTH);
        return (int) Math.clamp(growing, 1, ROUNDS_LIMIT);
    }

    /// Fails when not all of the work was done: a figure for less than was asked is no figure.
    static void requireDone(String what, long expected, long actual) {
        if (expected != actual) {
            throw new IllegalStateException(
                    "work was lost: what=" + what + ", expected=" + expected + ", actual=" + actual);
        }
    }

    void phase(String text) {
        progress.phase(text);
    }

    void report(String bench, String unit, Samples samples) {
        report(Result.ROUSE, bench, unit, samples, null);
    }

    void report(String peer, String bench, String unit, Samples samples, @Nullable Histogram latency) {
        Result result = new Result(peer, bench, unit, samples, latency);
        report.add(result);
        progress.result(result);
    }
}
