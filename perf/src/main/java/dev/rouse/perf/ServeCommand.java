package dev.rouse.perf;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.rouse.dispatch.Engine;
import dev.rouse.io.Overload;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The server side of a scenario, in a process of its own. Prints its port and serves until its input ends, which it
/// also does when the process that started it dies. Does meanwhile what the lines on its input say, and answers each
/// with one:
///
/// | request | answer |
/// |---|---|
/// | `HEAP` | `HEAP bytes`, live ones |
/// | another | the server's own |
@Command(name = "serve", hidden = true, description = "Serves a load generator (used by 'perf run').")
final class ServeCommand implements Callable<Integer> {
    private static final String LISTENING = "LISTENING ";
    private static final String HEAP = "HEAP";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--peer", required = true)
    private String peer = Result.ROUSE;

    @Option(names = "--engine")
    private Engine engine = Engine.preferred();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        try (PeerServer server = start()) {
            out.println(listening(server.localAddress()));
            out.flush();
            for (String request = in.readLine(); request != null; request = in.readLine()) {
                out.println(request.equals(HEAP) ? HEAP + " " + LiveHeap.bytes() : server.answer(request));
                out.flush();
            }
        }
        return ExitCode.OK;
    }

    /// The line that says where a server listens.
    static String listening(InetSocketAddress address) {
        return LISTENING + address.getPort();
    }

    /// The live heap of the process, once it has answered.
    static long heapBytes(ChildProcess server) throws IOException {
        return number(server.ask(HEAP), HEAP);
    }

    /// The number behind a word in an answer.
    static long number(String line, String word) throws IOException {
        if (!line.startsWith(word + " ")) {
            throw new IOException("server did not answer as it should: line=" + line + ", wanted=" + word);
        }
        return Long.parseLong(line.substring(word.length() + 1));
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
    private PeerServer start() throws IOException {
        return switch (peer) {
            case Result.ROUSE -> RouseEcho.start(engine);
            case Result.BARE_NIO -> BareNioEcho.start();
            case DigestServer.WAITS -> DigestServer.start(engine, Overload.WAIT);
            case DigestServer.REFUSES -> DigestServer.start(engine, Overload.REFUSE);
            default ->
                throw new UsageException("no such peer: name=" + peer + "; there are rouse, bare-nio, "
                        + DigestServer.WAITS + " and " + DigestServer.REFUSES);
        };
    }
}
