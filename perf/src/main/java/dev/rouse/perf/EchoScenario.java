package dev.rouse.perf;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/// A server under a closed loop, beside the same loop without a runtime.
final class EchoScenario implements Scenario {
    private static final int[] CONNECTIONS = {64, 1_000};
    private static final int WARM_UP_ROUNDS = 2;

    /// Processor time comes in ticks of 10 ms: shorter rounds could not tell 1 % apart.
    private static final Duration SHORTEST_ROUND = Duration.ofSeconds(1);

    private static final Description DESCRIPTION = new Description(
            "echo",
            "an echo server under load over loopback, 64 and 1,000 connections, beside a bare NIO loop",
            List.of(
                    "echo-64",
                    "echo-64-cpu",
                    "echo-64-ratio",
                    "echo-64-cpu-ratio",
                    "echo-1000",
                    "echo-1000-cpu",
                    "echo-1000-ratio",
                    "echo-1000-cpu-ratio"),
            """
            [generator process: 1 thread, K connections] <--64 bytes, one in flight on each--> [rouse process: 1 shard]
                                                    \\ or, in turns, <--the same-->           [bare-nio process: 1 thread]
            Where the system can pin (taskset), both servers run on one processor and the generator on another.
            """,
            """
            Requests per second that the generator gets echoed, each echo checked. cpu: what the operating system charged
            the server per request, kernel included: the steadier figure. ratio: rouse over bare-nio of the same round, both
            with one thread; rounds alternate. The latency is that of a closed loop: service time under this load.
            """,
            """
            Latency at a given rate of independent clients. More than one shard. A network. The server's limit, where the
            generator is the slower of the two: then only cpu tells the servers apart.
            """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        OptionalInt serverProcessor = Processors.nth(0);
        OptionalInt generatorProcessor = Processors.nth(1);
        boolean pinned = generatorProcessor.isPresent();
        try (Contender rouse = Contender.start(Result.ROUSE, lab, pinned ? serverProcessor : OptionalInt.empty());
                Contender bareNio =
                        Contender.start(Result.BARE_NIO, lab, pinned ? serverProcessor : OptionalInt.empty());
                ChildProcess generator = ChildProcess.start(generatorProcessor, "generate")) {
            for (int connections : CONNECTIONS) {
                compare(lab, generator, rouse, bareNio, connections);
            }
        }
    }

    private static void compare(Lab lab, ChildProcess generator, Contender rouse, Contender bareNio, int connections)
            throws IOException {
        Settings settings = lab.settings();
        String bench = "echo-" + connections;
        lab.phase(bench + ": warm-up");
        Duration warmUpRound =
                Contender.max(settings.scaled(SHORTEST_ROUND), settings.warmup().dividedBy(WARM_UP_ROUNDS));
        List<Contender> order = new ArrayList<>(List.of(rouse, bareNio));
        for (int i = 0; i < WARM_UP_ROUNDS; i++) {
            for (Contender contender : order) {
                contender.round(generator, connections, warmUpRound);
            }
        }
        rouse.forget();
        bareNio.forget();
        Duration round = Contender.max(settings.scaled(SHORTEST_ROUND), settings.perRepetition());
        for (int i = 0; i < settings.repetitions(); i++) {
            lab.phase(bench + ": " + (i + 1) + " of " + settings.repetitions());
            for (Contender contender : order) {
                contender.round(generator, connections, round);
            }
            Collections.reverse(order);
        }
        rouse.report(lab, bench);
        bareNio.report(lab, bench);
        lab.report(bench + "-ratio", "ratio", Contender.ratios(rouse.requestsPerSecond, bareNio.requestsPerSecond));
        lab.report(bench + "-cpu-ratio", "ratio", Contender.ratios(rouse.microsPerRequest, bareNio.microsPerRequest));
    }
}
