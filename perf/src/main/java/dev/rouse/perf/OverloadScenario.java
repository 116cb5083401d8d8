package dev.rouse.perf;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.HdrHistogram.Histogram;

/// A server that is offered up to ten times what it can do.
final class OverloadScenario implements Scenario {

    /// How much is offered, in the server's own capacity.
    private enum Step {
        HALF("0.5x", 0.5),
        ONE("1x", 1),
        TWO("2x", 2),
        FIVE("5x", 5),
        TEN("10x", 10);

        final String label;
        final double factor;

        Step(String label, double factor) {
            this.label = label;
            this.factor = factor;
        }
    }

    private static final List<String> PEERS = List.of(DigestServer.WAITS, DigestServer.REFUSES);

    /// So many keep the server busy without filling its backlog.
    private static final int CLIENTS = 16;

    /// One for each client that may be there at a time, and what a JVM needs.
    private static final int DESCRIPTORS = Storm.IN_FLIGHT_LIMIT + 500;

    private static final Duration SHORTEST_STEP = Duration.ofSeconds(3);
    private static final double MIB = 1 << 20;
    private static final int DIGITS = 3;

    private static final Description DESCRIPTION = new Description(
            "overload",
            "a server that is offered 0.5 to 10 times its capacity: what it serves, refuses, and holds",
            benches(),
            """
            [generator process: 1 thread] --connect, 64 bytes--> [server: 1 shard, 32 connections, backlog 32,
            [open loop at a fixed rate  ] <--reply, 32 bytes----                   a digest of some 2 ms for each request]
            Where the system can pin (taskset), the server runs on one processor and the generator on another.
            wait: the full server stops accepting. refuse: it resets what it has no room for.
            """,
            """
            The capacity is what 16 clients get that start again when they are served. Then for each step so many new clients
            per second, whatever the server does. Each connects once, and gives up 500 ms after it was to start. The first
            figure is goodput, clients per second that were served in time, with their latency from when they were to start.
            shed: per second, refused by a reset or given up. heap: live heap of the server after garbage collection,
            rss: its memory as the system counts it, both after the step. All steps are done in a row, three times.
            goodput-ratio: at 10x over the best step, of their medians. heap-ratio: after 10x over after 0.5x, likewise.
            """,
            """
            Clients that try again, as real ones do. A network, and what it drops. Requests that differ in cost. How the
            figures would be if refusing one were dear compared to serving one. Shards that are loaded unevenly.
            """);

    private static List<String> benches() {
        List<String> benches = new ArrayList<>();
        for (String peer : PEERS) {
            String prefix = prefix(peer);
            benches.add(prefix + "-capacity");
            for (Step step : Step.values()) {
                String bench = prefix + "-" + step.label;
                benches.addAll(List.of(bench, bench + "-shed", bench + "-heap", bench + "-rss"));
            }
            benches.addAll(List.of(prefix + "-goodput-ratio", prefix + "-heap-ratio"));
        }
        return benches;
    }

    private static String prefix(String peer) {
        return peer.equals(DigestServer.WAITS) ? "overload-wait" : "overload-refuse";
    }

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public Optional<String> obstacle(Settings settings) {
        return Descriptors.obstacle(settings.scale() == Settings.Scale.FULL ? DESCRIPTORS : 1);
    }

    @Override
    public void run(Lab lab) throws Exception {
        OptionalInt serverProcessor = Processors.nth(0);
        OptionalInt generatorProcessor = Processors.nth(1);
        OptionalInt pinnedTo = generatorProcessor.isPresent() ? serverProcessor : OptionalInt.empty();
        for (String peer : PEERS) {
            try (ChildProcess server = ChildProcess.start(
                            pinnedTo,
                            ServeCommand.arguments(peer, lab.settings().engine()));
                    ChildProcess generator = ChildProcess.start(generatorProcessor, "generate")) {
                new Ramp(lab, prefix(peer), server, generator).run();
            }
        }
    }

    /// What one step has given in the ramps so far.
    private static final class Measured {
        final List<Double> goodput = new ArrayList<>();
        final List<Double> shed = new ArrayList<>();
        final List<Double> heap = new ArrayList<>();
        final List<Double> resident = new ArrayList<>();
        final Histogram latency = new Histogram(DIGITS);
    }

    /// One server under the steps, one after the other, and again: what is compared is of moments that are apart.
    private static final class Ramp {
        private final Lab lab;
        private final String prefix;
        private final ChildProcess server;
        private final ChildProcess generator;
        private final int port;
        private final Duration time;
        private final Map<Step, Measured> steps = new EnumMap<>(Step.class);

        Ramp(Lab lab, String prefix, ChildProcess server, ChildProcess generator) throws IOException {
            this.lab = lab;
            this.prefix = prefix;
            this.server = server;
            this.generator = generator;
            this.port = ServeCommand.port(server.readLine());
            Settings settings = lab.settings();
            this.time = Contender.max(settings.scaled(SHORTEST_STEP), settings.perRepetition());
        }

        void run() throws IOException {
            lab.phase(prefix + ": warm-up");
            flock();
            lab.phase(prefix + ": capacity");
            Storm.Outcome closed = flock();
            double capacity = closed.perSecond(closed.served());
            report("-capacity", "req/s", List.of(capacity));
            int ramps = lab.settings().heavyRepetitions();
            for (int i = 1; i <= ramps; i++) {
                for (Step step : Step.values()) {
                    lab.phase(prefix + "-" + step.label + ": " + i + " of " + ramps);
                    measure(step, capacity, steps.computeIfAbsent(step, _ -> new Measured()));
                }
            }
            steps.forEach(this::report);
            double best = steps.values().stream()
                    .mapToDouble(step -> median(step.goodput))
                    .max()
                    .orElseThrow();
            report("-goodput-ratio", "ratio", List.of(median(of(Step.TEN).goodput) / best));
            report("-heap-ratio", "ratio", List.of(median(of(Step.TEN).heap) / median(of(Step.HALF).heap)));
        }

        private Storm.Outcome flock() throws IOException {
            return Storm.Outcome.of(generator.ask("FLOCK " + port + " " + CLIENTS + " " + time.toMillis()));
        }

        private void measure(Step step, double capacity, Measured measured) throws IOException {
            Storm.Outcome outcome = Storm.Outcome.of(
                    generator.ask("STORM " + port + " " + step.factor * capacity + " " + time.toMillis()));
            Lab.requireDone(
                    "clients of " + prefix + "-" + step.label,
                    outcome.offered(),
                    outcome.served() + outcome.refused() + outcome.gaveUp());
            measured.goodput.add(outcome.perSecond(outcome.served()));
            measured.shed.add(outcome.perSecond(outcome.refused() + outcome.gaveUp()));
            measured.latency.add(outcome.latency());
            measured.resident.add(server.residentBytes().orElse(0) / MIB);
            measured.heap.add(ServeCommand.heapBytes(server) / MIB);
        }

        private Measured of(Step step) {
            return Objects.requireNonNull(steps.get(step), "the step was not measured");
        }

        private void report(Step step, Measured measured) {
            String bench = "-" + step.label;
            lab.report(Result.ROUSE, prefix + bench, "req/s", samples(measured.goodput), measured.latency);
            report(bench + "-shed", "req/s", measured.shed);
            report(bench + "-heap", "MiB", measured.heap);
            report(bench + "-rss", "MiB", measured.resident);
        }

        private void report(String bench, String unit, List<Double> values) {
            lab.report(prefix + bench, unit, samples(values));
        }

        private static double median(List<Double> values) {
            return samples(values).median();
        }

        private static Samples samples(List<Double> values) {
            return Samples.of(values.stream().mapToDouble(value -> value).toArray());
        }
    }
}
