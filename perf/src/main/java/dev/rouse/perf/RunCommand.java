package dev.rouse.perf;

import dev.rouse.dispatch.Engine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "run",
        description = "Runs scenarios: a RESULT line for each figure, at the end a table beside the targets.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    /// More shards than any machine here has processors would only measure the operating system.
    private static final int SHARDS_LIMIT = 256;

    private static final int REPETITIONS_LIMIT = 1_000;

    /// Beyond these a chain of causes may be a circle.
    private static final int CAUSES_LIMIT = 10;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "1..*", paramLabel = "SCENARIO", description = "Names as in 'perf list', or all.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--shards",
            paramLabel = "N",
            description = "Shards of the scenarios that spread their work (default: one per processor).")
    private int shards = Math.min(SHARDS_LIMIT, Runtime.getRuntime().availableProcessors());

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            description = "carrier or portable (default: carrier where the JVM allows it).")
    private Engine engine = Engine.preferred();

    @Option(
            names = "--warmup",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "How long each bench runs before it counts (default: 3s).")
    private Duration warmup = Duration.ofSeconds(3);

    @Option(
            names = "--duration",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "How long each bench is measured, all repetitions together (default: 3s).")
    private Duration duration = Duration.ofSeconds(3);

    @Option(
            names = "--repetitions",
            paramLabel = "N",
            description = "How many values each median is taken of (default: 7; heavy benches take at most 3).")
    private int repetitions = 7;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the results to this file as JSON.")
    private @Nullable Path json;

    @Option(
            names = "--quick",
            description = "Only see that the scenarios run, within seconds: the figures say nothing.")
    private boolean quick;

    @Option(
            names = {"-v", "--verbose"},
            description = "Also show where a scenario has failed.")
    private boolean verbose;

    @Override
    public Integer call() {
        List<Scenario> scenarios = Scenarios.named(names);
        Settings settings = settings();
        if (json != null) {
            requireWritable(json);
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Report report = new Report(settings, Instant.now());
        boolean complete;
        try (Progress progress = progress(out, scenarios)) {
            complete = measureAll(scenarios, new Lab(settings, progress, report), report);
        }
        report.printTable(out);
        if (json != null) {
            complete &= write(report, json, err);
        }
        return complete ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private Settings settings() {
        requireWithin("--shards", shards, SHARDS_LIMIT);
        requireWithin("--repetitions", repetitions, REPETITIONS_LIMIT);
        if (engine == Engine.CARRIER && Engine.preferred() != Engine.CARRIER) {
            throw new UsageException("engine not available: engine=carrier; start the JVM with"
                    + " --add-opens java.base/java.lang=ALL-UNNAMED, as ./rouse and the runnable jar do");
        }
        return quick
                ? new Settings(engine, shards, Duration.ofMillis(20), Duration.ofMillis(40), 2, Settings.Scale.QUICK)
                : new Settings(engine, shards, warmup, duration, repetitions, Settings.Scale.FULL);
    }

    private static void requireWithin(String option, int value, int limit) {
        if (value < 1 || value > limit) {
            throw new UsageException(
                    "option out of range: option=" + option + ", value=" + value + "; give 1 to " + limit);
        }
    }

    /// Said before minutes of measuring, not after.
    private static void requireWritable(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || folder == null || !Files.isDirectory(folder)) {
            throw new UsageException(
                    "cannot write results: option=--json, file=" + file + "; name a file in a folder that exists");
        }
        if (Files.exists(file) ? !Files.isWritable(file) : !Files.isWritable(folder)) {
            throw new UsageException("cannot write results: option=--json, file=" + file + "; permission is denied");
        }
    }

    private static Progress progress(PrintWriter out, List<Scenario> scenarios) {
        if (!BarProgress.isWatched()) {
            return new PlainProgress(out);
        }
        int benches = scenarios.stream()
                .mapToInt(scenario -> scenario.description().benches().size())
                .sum();
        return new BarProgress(out, System.err, benches);
    }

    /// Whether all were measured. One that fails, be it for want of memory, does not take the others' results with
    /// it: what filled the memory is garbage by then.
    boolean measureAll(List<Scenario> scenarios, Lab lab, Report report) {
        boolean complete = true;
        for (Scenario scenario : scenarios) {
            complete &= measure(scenario, lab, report);
        }
        return complete;
    }

    private boolean measure(Scenario scenario, Lab lab, Report report) {
        String name = scenario.description().name();
        Optional<String> obstacle = scenario.obstacle(lab.settings());
        if (obstacle.isPresent()) {
            report.omit(name, obstacle.get());
            return true;
        }
        try {
            scenario.run(lab);
            return true;
        } catch (Exception | Error failure) {
            if (failure instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            report.omit(name, "it failed: " + failure);
            explain(name, failure);
            return false;
        }
    }

    /// Who measures wants to know what has failed; where, only who mends it.
    private void explain(String name, Throwable failure) {
        CommandLine command = spec.commandLine();
        PrintWriter err = command.getErr();
        if (verbose) {
            err.println("scenario failed: name=" + name);
            err.print(command.getColorScheme().richStackTraceString(failure));
        } else {
            err.println("scenario failed: name=" + name + ", cause=" + causes(failure) + "; --verbose shows where");
        }
        err.flush();
    }

    private static String causes(Throwable failure) {
        StringBuilder text = new StringBuilder(failure.toString());
        Throwable cause = failure.getCause();
        for (int i = 1; cause != null && i < CAUSES_LIMIT; i++) {
            text.append(", caused by ").append(cause);
            cause = cause.getCause();
        }
        return text.toString();
    }

    private static boolean write(Report report, Path file, PrintWriter err) {
        try {
            report.writeJson(file);
            return true;
        } catch (IOException failure) {
            err.println("cannot write results: file=" + file + ", cause=" + failure);
            err.flush();
            return false;
        }
    }
}
