package dev.rouse.perf;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "describe",
        description = "Says what a scenario measures, between whom, and what it does not show.",
        mixinStandardHelpOptions = true)
final class DescribeCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "1..*", paramLabel = "SCENARIO", description = "Names as in 'perf list', or all.")
    private List<String> names = new ArrayList<>();

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        for (Scenario scenario : Scenarios.named(names)) {
            out.println(scenario.description().inFull());
        }
    }
}
