package dev.rouse.examples.echo;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The `echo-server` command around [Echo]. It ends with 0 on SIGTERM or SIGINT, with 1 when it cannot listen, with 2
/// for wrong options.
@Command(
        name = "echo-server",
        mixinStandardHelpOptions = true,
        description = "Sends back what comes in, over TCP and UDP on one port.")
public final class EchoServer implements Callable<Integer> {
    private static final int MAX_PORT = 65_535;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before anything else
    private CommandSpec spec;

    @Option(names = "--host", description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    private String host = "127.0.0.1";

    @Option(names = "--port", description = "Port to listen on; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    private int port = 7007;

    public static void main(String[] args) {
        System.exit(execute(args));
    }

    /// Runs the command until it is told to end; returns its exit code.
    public static int execute(String... args) {
        return new CommandLine(new EchoServer())
                .setParameterExceptionHandler(EchoServer::explain)
                .execute(args);
    }

    /// One sentence instead of the whole usage.
    private static int explain(ParameterException e, String[] args) {
        e.getCommandLine().getErr().println("echo-server: " + e.getMessage() + " (see --help)");
        return ExitCode.USAGE;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > MAX_PORT) {
            throw new ParameterException(
                    spec.commandLine(), "wrong value: option=--port, value=" + port + ", allowed=0 to " + MAX_PORT);
        }
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "wrong value: option=--host, value=" + host
                            + ", allowed=an address of this machine or a name for it");
        }
        Echo echo;
        try {
            echo = new Echo(address);
        } catch (IOException e) {
            spec.commandLine().getErr().println("echo-server: " + e.getMessage());
            return ExitCode.SOFTWARE;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> endInGoodOrder(echo), "echo-server-end"));
        InetSocketAddress bound = echo.address();
        spec.commandLine()
                .getOut()
                .println("echo-server ready on " + bound.getAddress().getHostAddress() + ":" + bound.getPort());
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    /// Runs when the JVM is told to end, which would report 143 whatever this achieved; halting says that all went
    /// well.
    private static void endInGoodOrder(Echo echo) {
        echo.close();
        Runtime.getRuntime().halt(ExitCode.OK);
    }
}
