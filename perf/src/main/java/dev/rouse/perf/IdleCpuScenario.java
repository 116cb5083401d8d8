package dev.rouse.perf;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/// What an idle server costs.
final class IdleCpuScenario implements Scenario {
    private static final int CONNECTIONS = 64;

    /// Long enough that one tick of the accounting, 10 ms, is a small part of the target.
    private static final Duration WINDOW = Duration.ofSeconds(5);

    /// Lets the compiler finish with what the traffic before has made hot.
    private static final Duration SETTLING = Duration.ofSeconds(2);

    private static final Duration TRAFFIC = Duration.ofMillis(500);

    private static final Description DESCRIPTION = new Description(
            "idle-cpu",
            "processor use of a server with open connections on which nothing happens",
            List.of("idle-cpu"),
            """
            [generator process: 64 connections] <--some traffic, then nothing--> [rouse process: 1 shard]
            [the same                         ] <-------------------------------> [bare-nio process: 1 thread]
            """,
            """
            What the operating system charged each server process over 5 s in which nothing happens, as a part of one
            processor: the runtime's and the JVM's own doings. bare-nio shows what of it is the JVM's.
            """,
            """
            Many connections (epoll does not care). Idle timers.
            """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        String[] rouseArguments =
                ServeCommand.arguments(Result.ROUSE, lab.settings().engine());
        String[] bareArguments =
                ServeCommand.arguments(Result.BARE_NIO, lab.settings().engine());
        try (ChildProcess rouse = ChildProcess.start(OptionalInt.empty(), rouseArguments);
                ChildProcess bareNio = ChildProcess.start(OptionalInt.empty(), bareArguments);
                ChildProcess generator = ChildProcess.start(OptionalInt.empty(), "generate")) {
            generator.ask("OPEN " + ServeCommand.port(rouse.readLine()) + " " + CONNECTIONS);
            generator.ask("OPEN " + ServeCommand.port(bareNio.readLine()) + " " + CONNECTIONS);
            GenerateCommand.decode(
                    generator.ask("RUN " + lab.settings().scaled(TRAFFIC).toMillis()));
            observe(lab, rouse, bareNio);
        }
    }

    private static void observe(Lab lab, ChildProcess rouse, ChildProcess bareNio) throws InterruptedException {
        lab.phase("idle-cpu: settling");
        Thread.sleep(lab.settings().scaled(SETTLING));
        double[] ofRouse = new double[lab.settings().heavyRepetitions()];
        double[] ofBareNio = new double[ofRouse.length];
        for (int i = 0; i < ofRouse.length; i++) {
            lab.phase("idle-cpu: " + (i + 1) + " of " + ofRouse.length);
            Duration rouseBefore = rouse.processorTime();
            Duration bareBefore = bareNio.processorTime();
            long startNanos = System.nanoTime();
            Thread.sleep(lab.settings().scaled(WINDOW));
            double nanos = System.nanoTime() - startNanos;
            ofRouse[i] = 100 * rouse.processorTime().minus(rouseBefore).toNanos() / nanos;
            ofBareNio[i] = 100 * bareNio.processorTime().minus(bareBefore).toNanos() / nanos;
        }
        lab.report("idle-cpu", "percent", Samples.of(ofRouse));
        lab.report(Result.BARE_NIO, "idle-cpu", "percent", Samples.of(ofBareNio), null);
    }
}
