package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.dispatch.Engine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each scenario once, tiny, on the engine that this JVM allows: the build runs all tests with and without the flag.
class ScenariosTest {
    private static final Settings QUICK =
            new Settings(Engine.preferred(), 2, Duration.ofMillis(10), Duration.ofMillis(20), 2, Settings.Scale.QUICK);

    static List<Scenario> scenarios() {
        return Scenarios.all();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void scenarioReportsTheBenchesItAnnounces(Scenario scenario) throws Exception {
        Report report = new Report(QUICK, Instant.EPOCH);
        try (Progress progress = new PlainProgress(new PrintWriter(new StringWriter()))) {
            Lab lab = new Lab(QUICK, progress, report);
            if (scenario.obstacle(QUICK).isPresent()) {
                assertThat(QUICK.engine()).isEqualTo(Engine.PORTABLE);
                return;
            }
            scenario.run(lab);
        }
        assertThat(report.results().stream()
                        .filter(result -> result.peer().equals(Result.ROUSE))
                        .map(Result::bench))
                .containsExactlyElementsOf(scenario.description().benches());
    }

    @Test
    void namesAndBenchesAreUnique() {
        assertThat(Scenarios.all())
                .extracting(scenario -> scenario.description().name())
                .doesNotHaveDuplicates();
        assertThat(Scenarios.all().stream().flatMap(scenario -> scenario.description().benches().stream()))
                .doesNotHaveDuplicates();
    }

    @Test
    void everyTargetBelongsToABench() {
        Map<String, Scenario> byBench = Scenarios.all().stream()
                .flatMap(scenario -> scenario.description().benches().stream().map(bench -> Map.entry(bench, scenario)))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        assertThat(byBench).containsKeys(Targets.benches().toArray(new String[0]));
    }

    @Test
    void allStandsForEachScenarioOnce() {
        assertThat(Scenarios.named(List.of("echo", "all", "tell"))).hasSameSizeAs(Scenarios.all());
        assertThat(Scenarios.named(List.of("echo", "all"))
                        .getFirst()
                        .description()
                        .name())
                .isEqualTo("echo");
    }
}
