package dev.rouse.perf;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.HdrHistogram.Histogram;

/// One peer's server and what it has reached so far.
final class Contender implements AutoCloseable {
    private static final int DIGITS = 3;

    /// Half a tick: what is charged as nothing was less than one.
    private static final Duration LEAST_CHARGE = Duration.ofMillis(5);

    final String peer;
    final ChildProcess server;
    final int port;
    final List<Double> requestsPerSecond = new ArrayList<>();
    final List<Double> microsPerRequest = new ArrayList<>();
    final Histogram latency = new Histogram(DIGITS);

    private Contender(String peer, ChildProcess server, int port) {
        this.peer = peer;
        this.server = server;
        this.port = port;
    }

    static Contender start(String peer, Lab lab, OptionalInt processor) throws IOException {
        ChildProcess server = ChildProcess.start(
                processor, ServeCommand.arguments(peer, lab.settings().engine()));
        return new Contender(peer, server, ServeCommand.port(server.readLine()));
    }

    void round(ChildProcess generator, int connections, Duration time) throws IOException {
        generator.ask("OPEN " + port + " " + connections);
        Duration before = server.processorTime();
        LoadGenerator.Outcome outcome = GenerateCommand.decode(generator.ask("RUN " + time.toMillis()));
        Duration charged = charged(before, server.processorTime());
        generator.ask("CLOSE");
        requestsPerSecond.add(outcome.requests() / (outcome.nanos() / 1e9));
        microsPerRequest.add(charged.toNanos() / 1e3 / outcome.requests());
        latency.add(outcome.latency());
    }

    void forget() {
        requestsPerSecond.clear();
        microsPerRequest.clear();
        latency.reset();
    }

    void report(Lab lab, String bench) {
        lab.report(peer, bench, "req/s", samples(requestsPerSecond), latency.copy());
        lab.report(peer, bench + "-cpu", "us/req", samples(microsPerRequest), null);
    }

    /// What a process was charged between two looks.
    static Duration charged(Duration before, Duration after) {
        return max(LEAST_CHARGE, after.minus(before));
    }

    static Duration max(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    static Samples ratios(List<Double> over, List<Double> under) {
        double[] ratios = new double[over.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = over.get(i) / under.get(i);
        }
        return Samples.of(ratios);
    }

    private static Samples samples(List<Double> values) {
        return Samples.of(values.stream().mapToDouble(value -> value).toArray());
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
