package dev.rouse.perf;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// All results of one run, and the two forms in which they are handed on at its end: a table and a JSON document.
final class Report {
    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    /// The load before a run, in processors, from which on its figures are in doubt. A guess.
    private static final double BUSY = 0.5;

    private final Settings settings;
    private final Instant startedAt;

    /// How busy the machine was when the run began, with others' work: what it was in the minute before.
    private final double loadBefore =
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();

    private final List<Result> results = new ArrayList<>();
    private final List<Omission> omissions = new ArrayList<>();

    Report(Settings settings, Instant startedAt) {
        this.settings = settings;
        this.startedAt = startedAt;
    }

    void add(Result result) {
        results.add(result);
    }

    void omit(String scenario, String reason) {
        omissions.add(new Omission(scenario, reason));
    }

    List<Result> results() {
        return List.copyOf(results);
    }

    void printTable(PrintWriter out) {
        out.println();
        out.println(environment().line());
        out.println(environment().flagsLine());
        if (loadBefore > BUSY) {
            out.println("the machine was not idle when this began: load=" + Figure.readable(loadBefore) + ", limit="
                    + BUSY + "; compare only what alternates within one run");
        }
        out.println(row("peer", "bench", "median", "min", "max", "unit", "target", ""));
        for (Result result : results) {
            out.println(row(result));
        }
        printLatencies(out);
        for (Omission omission : omissions) {
            out.println("not measured: scenario=" + omission.scenario() + "; " + omission.reason());
        }
        out.flush();
    }

    private static String row(Result result) {
        Samples samples = result.samples();
        Target target = result.target();
        return row(
                result.peer(),
                result.bench(),
                Figure.readable(samples.median()),
                Figure.readable(samples.min()),
                Figure.readable(samples.max()),
                result.unit(),
                target == null ? "" : target.toString(),
                target == null ? "" : target.isMetBy(result.value()) ? "met" : "MISSED");
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, "%-9s %-26s %12s %12s %12s  %-12s %-10s %s", cells)
                .stripTrailing();
    }

    private void printLatencies(PrintWriter out) {
        if (results.stream().allMatch(result -> result.latency() == null)) {
            return;
        }
        out.println();
        out.println(latencyRow("peer", "latency (us)", "p50", "p90", "p99", "p99.9", "max"));
        for (Result result : results) {
            Latency latency = Latency.of(result.latency());
            if (latency != null) {
                out.println(latencyRow(
                        result.peer(),
                        result.bench(),
                        micros(latency.p50()),
                        micros(latency.p90()),
                        micros(latency.p99()),
                        micros(latency.p999()),
                        micros(latency.max())));
            }
        }
    }

    private static String latencyRow(Object... cells) {
        return String.format(Locale.ROOT, "%-9s %-26s %12s %12s %12s %12s %12s", cells);
    }

    private static String micros(long nanos) {
        return Figure.readable(nanos / 1_000.0);
    }

    private Environment environment() {
        return new Environment(
                startedAt.toString(),
                settings.engine().name().toLowerCase(Locale.ROOT),
                settings.shards(),
                settings.warmup().toMillis(),
                settings.duration().toMillis(),
                settings.repetitions(),
                settings.scale().name().toLowerCase(Locale.ROOT),
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                ManagementFactory.getRuntimeMXBean().getInputArguments(),
                ChildProcess.JVM_FLAGS,
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                Runtime.getRuntime().availableProcessors(),
                loadBefore);
    }

    /// @throws IOException when the file cannot be written
    void writeJson(Path file) throws IOException {
        Document document =
                new Document(environment(), results.stream().map(Entry::of).toList(), omissions);
        Files.writeString(file, JSON.toJson(document) + "\n");
    }

    /// The JSON document; its component names are the format.
    private record Document(Environment environment, List<Entry> results, List<Omission> omitted) {}

    /// A scenario that gave no figures, or not all of them.
    private record Omission(String scenario, String reason) {}

    private record Environment(
            String startedAt,
            String engine,
            int shards,
            long warmupMillis,
            long durationMillis,
            int repetitions,
            String scale,
            String java,
            List<String> jvmFlags,
            List<String> childJvmFlags,
            String os,
            int processors,
            double loadBefore) {
        String line() {
            return startedAt + " engine=" + engine + " shards=" + shards + " processors=" + processors + " repetitions="
                    + repetitions + " scale=" + scale + ", " + java + ", " + os;
        }

        String flagsLine() {
            return "jvm flags: " + (jvmFlags.isEmpty() ? "none" : String.join(" ", jvmFlags))
                    + "; of servers and generators in processes of their own: " + String.join(" ", childJvmFlags);
        }
    }

    private record Entry(
            String peer,
            String bench,
            String unit,
            double median,
            double min,
            double max,
            int repetitions,
            @Nullable String target,
            @Nullable Boolean met,
            @Nullable Latency latencyNanos) {
        static Entry of(Result result) {
            Samples samples = result.samples();
            Target target = result.target();
            return new Entry(
                    result.peer(),
                    result.bench(),
                    result.unit(),
                    samples.median(),
                    samples.min(),
                    samples.max(),
                    samples.count(),
                    target == null ? null : target.toString(),
                    target == null ? null : target.isMetBy(result.value()),
                    Latency.of(result.latency()));
        }
    }

    private record Latency(long count, long p50, long p90, long p99, long p999, long max) {
        static @Nullable Latency of(@Nullable Histogram histogram) {
            if (histogram == null || histogram.getTotalCount() == 0) {
                return null;
            }
            return new Latency(
                    histogram.getTotalCount(),
                    histogram.getValueAtPercentile(50),
                    histogram.getValueAtPercentile(90),
                    histogram.getValueAtPercentile(99),
                    histogram.getValueAtPercentile(99.9),
                    histogram.getMaxValue());
        }
    }
}
