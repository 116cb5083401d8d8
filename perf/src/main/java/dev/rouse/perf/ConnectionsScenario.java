package dev.rouse.perf;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Many connections on which nothing happens, beside a few busy ones.
final class ConnectionsScenario implements Scenario {
    private static final int IDLE = 10_000;
    private static final int BUSY = 64;
    private static final int WARM_UP_ROUNDS = 2;

    /// Rounds of connections that come, say something and go, before their heap is measured. What starts a function
    /// and what ends it runs once for each: after 36,000 of them a waiting stack took 520 to 670 bytes, after none
    /// 550 to 880, and after bursts of silent ones 850 to 1,060.
    private static final int PASSING_ROUNDS = 4;

    /// Connections that are accepted in one go: as many as wait in a backlog.
    private static final int BURST = 4_000;

    private static final int LEAST_BURST = 10;
    private static final Path LONGEST_BACKLOG = Path.of("/proc/sys/net/core/somaxconn");

    /// Files and sockets of a JVM, beside its connections.
    private static final int OTHER_DESCRIPTORS = 500;

    /// Processor time comes in ticks of 10 ms: shorter rounds could not tell 1 % apart.
    private static final Duration SHORTEST_ROUND = Duration.ofSeconds(1);

    /// Until the server has seen what the generator has done.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final long PAUSE_MILLIS = 10;

    private static final Description DESCRIPTION = new Description(
            "connections",
            "10,000 idle connections beside 64 busy ones; what one holds, and how fast they are accepted",
            List.of(
                    "connections-accept-burst",
                    "connections-accept",
                    "connections-accept-cpu",
                    "connections-idle-heap",
                    "connections-idle-heap-used",
                    "connections-busy",
                    "connections-busy-cpu",
                    "connections-busy-alone",
                    "connections-busy-alone-cpu",
                    "connections-busy-ratio",
                    "connections-busy-cpu-ratio"),
            """
            [generator process: 1 thread] <--64 connections, 64 bytes, one in flight on each--> [server: 1 shard]
                                          <--10,000 connections, nothing happens------------->
                                          or, in turns, <--64 connections, as above-----------> [the same server, no others]
            Where the system can pin (taskset), the servers run on one processor and the generator on another.
            """,
            """
            accept: connections that wait in the backlog, 4,000 or as many as fit (burst), taken in and each given to a function of
            its own: per second, until the last of these has begun, and what the operating system charged for each. The
            generator has connected them before. idle-heap: live heap after garbage collection of the server that holds
            10,000 connections, each with a function that waits in read, less what it was before, per connection, when 40,000
            others have come, echoed a message and gone; used: once each has echoed a message since that collection, which
            leaves most of them a second piece of stack. busy: requests per second on the 64, and what
            the operating system charged the server for each. ratio: with the 10,000 over without, in rounds that alternate.
            """,
            """
            Memory of the kernel, some KiB for each socket. Accepting while peers connect from a network. Connections that
            are idle for a while only. Timers, such as an idle timeout.
            """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public Optional<String> obstacle(Settings settings) {
        return Descriptors.obstacle(settings.scaled(IDLE) + BUSY + OTHER_DESCRIPTORS);
    }

    @Override
    public void run(Lab lab) throws Exception {
        OptionalInt serverProcessor = Processors.nth(0);
        OptionalInt generatorProcessor = Processors.nth(1);
        OptionalInt pinnedTo = generatorProcessor.isPresent() ? serverProcessor : OptionalInt.empty();
        try (ChildProcess generator = ChildProcess.start(generatorProcessor, "generate")) {
            try (Contender accepting = Contender.start(Result.ROUSE, lab, pinnedTo)) {
                accept(lab, generator, accepting.server);
            }
            // Others: bursts of connections that say nothing teach the JIT what is not so here.
            try (Contender crowded = Contender.start(Result.ROUSE, lab, pinnedTo);
                    Contender alone = Contender.start(Result.ROUSE, lab, pinnedTo)) {
                hold(lab, generator, crowded);
                compare(lab, generator, crowded, alone);
            }
        }
    }

    private static void accept(Lab lab, ChildProcess generator, ChildProcess server) throws Exception {
        int count = lab.settings().scaled(burst());
        double[] perSecond = new double[lab.settings().repetitions()];
        double[] micros = new double[perSecond.length];
        for (int i = -WARM_UP_ROUNDS; i < perSecond.length; i++) {
            lab.phase("connections-accept: " + (i < 0 ? "warm-up" : i + 1 + " of " + perSecond.length));
            int port = ServeCommand.port(server.ask("BACKLOG " + count));
            generator.ask("HOLD " + port + " " + count);
            Duration before = server.processorTime();
            long nanos = ServeCommand.number(server.ask("ACCEPT " + count), "ACCEPTED");
            Duration charged = Contender.charged(before, server.processorTime());
            release(generator, server);
            if (i >= 0) {
                perSecond[i] = count / (nanos / 1e9);
                micros[i] = charged.toNanos() / 1e3 / count;
            }
        }
        lab.report("connections-accept-burst", "conn", Samples.of(new double[] {count}));
        lab.report("connections-accept", "conn/s", Samples.of(perSecond));
        lab.report("connections-accept-cpu", "us/conn", Samples.of(micros));
    }

    private static int burst() throws IOException {
        int longest = Files.isReadable(LONGEST_BACKLOG) ? number(LONGEST_BACKLOG) : BURST;
        return Math.clamp(longest, LEAST_BURST, BURST);
    }

    /// Such a file gives all that it has to the first read and nothing to the next, so a reader that begins with
    /// one byte, as those for files without a size do, gets a digit of the number only.
    static int number(Path file) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            return Integer.parseInt(String.valueOf(lines.readLine()).strip());
        }
    }

    /// The last ones stay.
    private static void hold(Lab lab, ChildProcess generator, Contender crowded) throws Exception {
        int count = lab.settings().scaled(IDLE);
        lab.phase("connections-idle-heap: warm-up");
        crowded.round(generator, BUSY, lab.settings().scaled(SHORTEST_ROUND));
        for (int i = 0; i < PASSING_ROUNDS; i++) {
            open(generator, crowded, count);
            generator.ask("GREET");
            release(generator, crowded.server);
        }
        double[] bytesEach = new double[lab.settings().heavyRepetitions()];
        double[] bytesEachUsed = new double[bytesEach.length];
        for (int i = 0; i < bytesEach.length; i++) {
            lab.phase("connections-idle-heap: " + (i + 1) + " of " + bytesEach.length);
            release(generator, crowded.server);
            long before = ServeCommand.heapBytes(crowded.server);
            open(generator, crowded, count);
            bytesEach[i] = (ServeCommand.heapBytes(crowded.server) - before) / (double) count;
            generator.ask("GREET");
            bytesEachUsed[i] = (ServeCommand.heapBytes(crowded.server) - before) / (double) count;
        }
        lab.report("connections-idle-heap", "bytes", Samples.of(bytesEach));
        lab.report("connections-idle-heap-used", "bytes", Samples.of(bytesEachUsed));
    }

    /// Returns when the server has taken them in.
    private static void open(ChildProcess generator, Contender server, int count) throws Exception {
        generator.ask("HOLD " + server.port + " " + count);
        awaitOpen(server.server, count);
    }

    /// Returns when the server has seen that they are closed.
    private static void release(ChildProcess generator, ChildProcess server) throws Exception {
        generator.ask("RELEASE");
        awaitOpen(server, 0);
    }

    private static void awaitOpen(ChildProcess server, long wanted) throws Exception {
        long startNanos = System.nanoTime();
        long open = ServeCommand.number(server.ask("CONNECTIONS"), "CONNECTIONS");
        while (open != wanted) {
            if (System.nanoTime() - startNanos > PATIENCE.toNanos()) {
                throw new IOException("server has other connections than it should: open=" + open + ", wanted=" + wanted
                        + ", after=" + PATIENCE.toMillis() + "ms");
            }
            Thread.sleep(PAUSE_MILLIS);
            open = ServeCommand.number(server.ask("CONNECTIONS"), "CONNECTIONS");
        }
    }

    private static void compare(Lab lab, ChildProcess generator, Contender crowded, Contender alone)
            throws IOException {
        Settings settings = lab.settings();
        lab.phase("connections-busy: warm-up");
        Duration warmUpRound =
                Contender.max(settings.scaled(SHORTEST_ROUND), settings.warmup().dividedBy(WARM_UP_ROUNDS));
        List<Contender> order = new ArrayList<>(List.of(crowded, alone));
        for (int i = 0; i < WARM_UP_ROUNDS; i++) {
            for (Contender contender : order) {
                contender.round(generator, BUSY, warmUpRound);
            }
        }
        order.forEach(Contender::forget);
        Duration round = Contender.max(settings.scaled(SHORTEST_ROUND), settings.perRepetition());
        for (int i = 0; i < settings.repetitions(); i++) {
            lab.phase("connections-busy: " + (i + 1) + " of " + settings.repetitions());
            for (Contender contender : order) {
                contender.round(generator, BUSY, round);
            }
            Collections.reverse(order);
        }
        crowded.report(lab, "connections-busy");
        alone.report(lab, "connections-busy-alone");
        lab.report(
                "connections-busy-ratio",
                "ratio",
                Contender.ratios(crowded.requestsPerSecond, alone.requestsPerSecond));
        lab.report(
                "connections-busy-cpu-ratio",
                "ratio",
                Contender.ratios(crowded.microsPerRequest, alone.microsPerRequest));
    }
}
