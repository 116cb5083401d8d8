package dev.rouse.perf;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/// The entry point: exits with 0 when all was measured, 1 when a scenario failed, 2 when the request was wrong.
@Command(
        name = "perf",
        description = "Measures Rouse: how fast, how big, and beside the figures to reach.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        subcommands = {
            ListCommand.class,
            DescribeCommand.class,
            RunCommand.class,
            ServeCommand.class,
            GenerateCommand.class
        })
public final class PerfMain {
    /// Held, since the logging framework forgets the level of a logger that nobody holds. Each scenario creates
    /// systems, and each system says which engine it runs on; the report says it once.
    private static final Logger RUNTIME_LOGGER = Logger.getLogger("dev.rouse");

    private PerfMain() {}

    public static void main(String[] arguments) {
        RUNTIME_LOGGER.setLevel(Level.WARNING);
        System.exit(execute(writer(System.out), writer(System.err), arguments));
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, stream.charset());
    }

    static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        return new CommandLine(new PerfMain())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((failure, _) -> refuse(err, failure))
                .setExecutionExceptionHandler((failure, _, _) -> {
                    if (failure instanceof UsageException) {
                        return refuse(err, failure);
                    }
                    throw failure;
                })
                .execute(arguments);
    }

    private static int refuse(PrintWriter err, Exception failure) {
        String command = failure instanceof ParameterException wrong
                ? wrong.getCommandLine().getCommandSpec().qualifiedName()
                : "perf";
        err.println(command + ": " + failure.getMessage());
        err.println("see: " + command + " --help");
        err.flush();
        return CommandLine.ExitCode.USAGE;
    }
}
