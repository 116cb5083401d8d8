package dev.rouse.perf;

import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/// Very many timers at once.
final class SleepScenario implements Scenario {
    private static final int SLEEPERS = 1_000_000;
    private static final Duration SHORTEST = Duration.ofMillis(10);
    private static final Duration LONGEST = Duration.ofSeconds(1);

    /// One in so many sleepers looks at the clock: all of them would be charged for looking.
    private static final int OBSERVED = 100;

    /// Fixed, so that runs sleep the same.
    private static final long SEED = 42;

    private static final int DIGITS = 3;

    private static final Description DESCRIPTION = new Description(
            "sleep",
            "1,000,000 functions sleep 10 to 1,000 ms, all started in one go",
            List.of("sleep-cpu", "sleep-lateness"),
            """
            [each shard: root function --spawn--> its part of 1,000,000 functions, each sleepFor(10 to 1,000 ms)]
            """,
            """
            cpu: processor seconds of the whole process, garbage collection included, from the first spawn until all have
            ended. lateness: how long after the longest sleep, counted from before the first spawn, the last one ended.
            The latencies are those of one sleeper in 100 against its own deadline.
            """,
            """
            Timers that are cancelled. The precision of a timer on a runtime that has time to spare.
            """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        int sleepers = lab.settings().scaled(SLEEPERS);
        int repetitions = lab.settings().heavyRepetitions();
        double[] cpuSeconds = new double[repetitions];
        double[] latenessMillis = new double[repetitions];
        Histogram lateness = new Histogram(DIGITS);
        int shards = lab.settings().shards();
        int perShard = sleepers / shards;
        try (ActorSystem system = lab.system(shards)) {
            lab.phase("sleep: warm-up");
            sleep(lab, system, Math.max(1, perShard / 10), new Histogram(DIGITS));
            for (int i = 0; i < repetitions; i++) {
                lab.phase("sleep: " + (i + 1) + " of " + repetitions);
                long cpuNanos = ProcessorTime.nanos();
                long startNanos = System.nanoTime();
                sleep(lab, system, perShard, lateness);
                latenessMillis[i] = (System.nanoTime() - startNanos - LONGEST.toNanos()) / 1e6;
                cpuSeconds[i] = (ProcessorTime.nanos() - cpuNanos) / 1e9;
            }
        }
        lab.report("sleep-cpu", "s", Samples.of(cpuSeconds));
        lab.report(Result.ROUSE, "sleep-lateness", "ms", Samples.of(latenessMillis), lateness);
    }

    private static void sleep(Lab lab, ActorSystem system, int sleepersPerShard, Histogram lateness) throws Exception {
        List<Task<Histogram>> roots = new ArrayList<>();
        for (int i = 0; i < system.shards(); i++) {
            long seed = SEED + i;
            roots.add(system.spawn(() -> sleep(sleepersPerShard, new SplittableRandom(seed))));
        }
        for (Task<Histogram> root : roots) {
            lateness.add(lab.join(root));
        }
    }

    /// On one shard: the histogram is shared by its functions, which run one at a time.
    private static Histogram sleep(int sleepers, SplittableRandom random) {
        Histogram lateness = new Histogram(DIGITS);
        List<Task<Integer>> tasks = new ArrayList<>(sleepers);
        for (int i = 0; i < sleepers; i++) {
            Duration time =
                    i == 0 ? LONGEST : Duration.ofMillis(random.nextLong(SHORTEST.toMillis(), LONGEST.toMillis() + 1));
            tasks.add(spawn(i % OBSERVED == 0 ? () -> sleepObserved(time, lateness) : () -> sleepOnly(time)));
        }
        Lab.requireDone("sleepers", sleepers, awaitAll(tasks).size());
        return lateness;
    }

    private static Integer sleepOnly(Duration time) {
        sleepFor(time);
        return 1;
    }

    private static Integer sleepObserved(Duration time, Histogram lateness) {
        long deadlineNanos = System.nanoTime() + time.toNanos();
        sleepFor(time);
        long lateNanos = System.nanoTime() - deadlineNanos;
        if (lateNanos < 0) {
            throw new IllegalStateException(
                    "woke early: time=" + time + ", early=" + -lateNanos + "ns; a timer must never be early");
        }
        lateness.recordValue(lateNanos);
        return 1;
    }
}
