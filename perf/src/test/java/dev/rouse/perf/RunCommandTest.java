package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.dispatch.Engine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class RunCommandTest {
    private static final Settings SETTINGS =
            new Settings(Engine.PORTABLE, 1, Duration.ofMillis(1), Duration.ofMillis(3), 3, Settings.Scale.FULL);

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Report report = new Report(SETTINGS, Instant.EPOCH);
    private final Lab lab = new Lab(SETTINGS, new PlainProgress(new PrintWriter(out)), report);

    private static Scenario scenario(String name, Batch work) {
        Description description =
                new Description(name, "summary", List.of(name), "topology", "measures", "does not show");
        return new Scenario() {
            @Override
            public Description description() {
                return description;
            }

            @Override
            public void run(Lab lab) throws Exception {
                lab.report(name, "ns", lab.time(name, 1, work));
            }
        };
    }

    private static final List<Scenario> SECOND_HAS_NO_MEMORY = List.of(
            scenario("first", rounds -> rounds),
            scenario("second", _ -> {
                throw new OutOfMemoryError("Java heap space");
            }),
            scenario("third", rounds -> rounds));

    private boolean measure(List<Scenario> scenarios, String... options) {
        RunCommand command = new RunCommand();
        CommandLine line = new CommandLine(command).setErr(new PrintWriter(err));
        line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        line.parseArgs(options);
        return command.measureAll(scenarios, lab, report);
    }

    @Test
    void aScenarioWithoutMemoryLeavesTheOthersTheirResults() {
        assertThat(measure(SECOND_HAS_NO_MEMORY, "all")).isFalse();

        assertThat(report.results()).extracting(Result::bench).containsExactly("first", "third");
        report.printTable(new PrintWriter(out));
        assertThat(out.toString())
                .contains("not measured: scenario=second; it failed: java.lang.OutOfMemoryError: Java heap space");
    }

    @Test
    void aFailureIsOneLineWithItsCauses() {
        measure(
                List.of(scenario("broken", _ -> {
                    throw new IllegalStateException("work was lost", new OutOfMemoryError("Java heap space"));
                })),
                "all");

        assertThat(err.toString().lines())
                .containsExactly("scenario failed: name=broken, cause=java.lang.IllegalStateException: work was lost,"
                        + " caused by java.lang.OutOfMemoryError: Java heap space; --verbose shows where");
    }

    @Test
    void verboseShowsWhereItHasFailed() {
        measure(SECOND_HAS_NO_MEMORY, "all", "--verbose");

        assertThat(err.toString())
                .startsWith("scenario failed: name=second")
                .contains("java.lang.OutOfMemoryError: Java heap space", "at dev.rouse.perf.RunCommand.measureAll(");
    }

    @Test
    void whatFailsInACircleOfCausesIsStillExplained() {
        IllegalStateException first = new IllegalStateException("first");
        first.initCause(new IllegalStateException("second", first));
        measure(
                List.of(scenario("circle", _ -> {
                    throw first;
                })),
                "all");

        assertThat(err.toString()).contains("first, caused by").endsWith("; --verbose shows where\n");
    }

    @Test
    void allMeasuredIsComplete() {
        assertThat(measure(List.of(scenario("first", rounds -> rounds)), "all")).isTrue();
        assertThat(err.toString()).isEmpty();
    }
}
