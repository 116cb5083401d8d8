package dev.rouse.examples;

import dev.rouse.examples.chat.ChatServer;
import dev.rouse.examples.echo.EchoServer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The main class of the examples' jar: picks the program by the first argument.
@Command(
        name = "rouse",
        description = "Programs that show how Rouse is used.",
        mixinStandardHelpOptions = true,
        versionProvider = Examples.Version.class,
        subcommands = {ChatServer.class, EchoServer.class})
public final class Examples implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before it calls run()
    private CommandSpec spec;

    private Examples() {}

    /// Runs the program that the first argument names and exits with its exit code: 0 for a clean end, 2 for wrong
    /// arguments.
    public static void main(String[] args) {
        System.exit(new CommandLine(new Examples()).execute(args));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no program named; name one of those below");
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Examples.class.getPackage().getImplementationVersion();
            return new String[] {"rouse " + (version == null ? "(not run from its jar)" : version)};
        }
    }
}
