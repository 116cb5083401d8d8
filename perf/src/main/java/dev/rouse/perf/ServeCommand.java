package dev.rouse.perf;

import dev.rouse.dispatch.Engine;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The server side of the echo scenarios, in a process of its own. Prints its port and serves until its input ends,
/// which it also does when the process that started it dies.
@Command(name = "serve", hidden = true, description = "Serves echo to a load generator (used by 'perf run echo').")
final class ServeCommand implements Callable<Integer> {
    private static final String LISTENING = "LISTENING ";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--peer", required = true)
    private String peer = Result.ROUSE;

    @Option(names = "--engine")
    private Engine engine = Engine.preferred();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (EchoServer server = start()) {
            out.println(LISTENING + server.localAddress().getPort());
            out.flush();
            System.in.transferTo(OutputStream.nullOutputStream());
        }
        return ExitCode.OK;
    }

    /// The command line that starts a server like this.
    static String[] arguments(String peer, Engine engine) {
        return new String[] {"serve", "--peer", peer, "--engine", engine.name()};
    }

    /// The port in the line that a server prints.
    static int port(String line) throws IOException {
        if (!line.startsWith(LISTENING)) {
            throw new IOException("server did not say its port: line=" + line);
        }
        return Integer.parseInt(line.substring(LISTENING.length()));
    }

    /// One more peer is one more line here.
    private EchoServer start() throws IOException {
        return switch (peer) {
            case Result.ROUSE -> RouseEcho.start(engine);
            case Result.BARE_NIO -> BareNioEcho.start();
            default -> throw new UsageException("no such peer: name=" + peer + "; there are rouse and bare-nio");
        };
    }
}
