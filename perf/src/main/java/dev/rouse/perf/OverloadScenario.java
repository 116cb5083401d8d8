package dev.rouse.perf;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

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
            rss: its memory as the system counts it, both after the step. goodput-ratio: at 10x over the best step.
            heap-ratio: after 10x over after 0.5x.
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

    private static final class Ramp {
        private final Lab lab;
        private final String prefix;
        private final ChildProcess server;
        private final ChildProcess generator;
        private final int port;
        private final Duration time;

        Ramp(Lab lab, String prefix, ChildProcess server, ChildProcess generator) throws IOException {
            this.lab = lab;
            this.prefix = prefix;
            this.server = server;
            this.generator = generator;
            this.port = ServeCommand.port(server.readLine());
            Settings settings = lab.settings();
            this.time = Contender.max(settings.scaled(SHORTEST_STEP), settings.duration());
        }

        void run() throws IOException {
            lab.phase(prefix + ": warm-up");
            flock();
            lab.phase(prefix + ": capacity");
            Storm.Outcome closed = flock();
            double capacity = closed.perSecond(closed.served());
            report("-capacity", "req/s", capacity);
            double best = 0;
            double last = 0;
            List<Double> heaps = new ArrayList<>();
            for (Step step : Step.values()) {
                last = measure(step, capacity, heaps);
                best = Math.max(best, last);
            }
            report("-goodput-ratio", "ratio", last / best);
            report("-heap-ratio", "ratio", heaps.getLast() / heaps.getFirst());
        }

        private Storm.Outcome flock() throws IOException {
            return Storm.Outcome.of(generator.ask("FLOCK " + port + " " + CLIENTS + " " + time.toMillis()));
        }

        /// Returns the goodput.
        private double measure(Step step, double capacity, List<Double> heaps) throws IOException {
            lab.phase(prefix + ": " + step.label);
            Storm.Outcome outcome = Storm.Outcome.of(
                    generator.ask("STORM " + port + " " + step.factor * capacity + " " + time.toMillis()));
            Lab.requireDone(
                    "clients of " + prefix + "-" + step.label,
                    outcome.offered(),
                    outcome.served() + outcome.refused() + outcome.gaveUp());
            double goodput = outcome.perSecond(outcome.served());
            lab.report(Result.ROUSE, prefix + "-" + step.label, "req/s", Samples.of(goodput), outcome.latency());
            String bench = "-" + step.label;
            report(bench + "-shed", "req/s", outcome.perSecond(outcome.refused() + outcome.gaveUp()));
            OptionalLong resident = server.residentBytes();
            double heap = ServeCommand.heapBytes(server) / MIB;
            heaps.add(heap);
            report(bench + "-heap", "MiB", heap);
            report(bench + "-rss", "MiB", resident.orElse(0) / MIB);
            return goodput;
        }

        private void report(String bench, String unit, double value) {
            lab.report(prefix + bench, unit, Samples.of(value));
        }
    }
}
