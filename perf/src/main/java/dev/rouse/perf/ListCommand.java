package dev.rouse.perf;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "list", description = "Lists the scenarios, one line each.", mixinStandardHelpOptions = true)
final class ListCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-v", "--verbose"},
            description = "Describe each in full.")
    private boolean verbose;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        for (Scenario scenario : Scenarios.all()) {
            Description description = scenario.description();
            out.println(verbose ? description.inFull() : description.line());
        }
    }
}
