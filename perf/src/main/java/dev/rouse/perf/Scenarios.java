package dev.rouse.perf;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// The scenarios there are, in the order in which `all` runs them: from one message to a whole server.
final class Scenarios {
    /// Stands for every scenario on the command line.
    static final String ALL = "all";

    private static final List<Scenario> SCENARIOS = List.of(
            new TellScenario(),
            new TellPacedScenario(),
            new PingPongScenario(),
            new FanInScenario(),
            new AskScenario(),
            new SpawnScenario(),
            new AwaitAllScenario(),
            new AwaitAllWakeupScenario(),
            new SleepScenario(),
            new BlockingScenario(),
            new IdleMemoryScenario(),
            new EchoScenario(),
            new ConnectionsScenario(),
            new OverloadScenario(),
            new IdleCpuScenario());

    private Scenarios() {}

    static List<Scenario> all() {
        return SCENARIOS;
    }

    /// The scenarios of these names, each once, in the order of the names.
    ///
    /// @throws UsageException when there is no scenario of a name
    static List<Scenario> named(List<String> names) {
        Set<Scenario> chosen = new LinkedHashSet<>();
        for (String name : names) {
            if (name.equals(ALL)) {
                chosen.addAll(SCENARIOS);
            } else {
                chosen.add(named(name));
            }
        }
        return List.copyOf(chosen);
    }

    private static Scenario named(String name) {
        return SCENARIOS.stream()
                .filter(scenario -> scenario.description().name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UsageException("no such scenario: name=" + name + "; there are " + names()));
    }

    private static String names() {
        return SCENARIOS.stream()
                .map(scenario -> scenario.description().name())
                .collect(Collectors.joining(", ", "", ", and all for every one of them"));
    }
}
