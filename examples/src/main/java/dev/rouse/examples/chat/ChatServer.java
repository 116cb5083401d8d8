package dev.rouse.examples.chat;

import dev.rouse.dispatch.Engine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The `chat-server` command: an IRC server for stock clients.
///
/// Exit code 0 after SIGTERM or SIGINT, 1 when it cannot listen, 2 for wrong options.
@Command(
        name = "chat-server",
        mixinStandardHelpOptions = true,
        version = ChatContext.VERSION,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = "An IRC server that stock clients connect to.")
public final class ChatServer implements Callable<Integer> {
    /// The longest message of the day, in lines; it goes to every client that registers.
    private static final int MOTD_LINES = 200;

    @Spec
    @Nullable CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A properties file with any of these options by the same names; the command line wins.")
    @Nullable Path config;

    @Option(
            names = "--host",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    String host = "";

    @Option(names = "--port", defaultValue = "6667", description = "Port; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    int port;

    @Option(names = "--name", defaultValue = "irc.local", description = "Name of the server (default: ${DEFAULT-VALUE}).")
    String name = "";

    @Option(
            names = "--info",
            defaultValue = "A chat server on Rouse",
            description = "What WHOIS says about the server (default: ${DEFAULT-VALUE}).")
    String info = "";

    @Option(names = "--motd", paramLabel = "FILE", description = "Message of the day, UTF-8, up to 200 lines.")
    @Nullable Path motd;

    @Option(
            names = "--oper",
            paramLabel = "NAME:PASSWORD",
            description = "Who may become an IRC operator; repeatable (in a file: separated by spaces).")
    List<String> operators = new ArrayList<>();

    @Option(names = "--password", description = "Password that clients must give with PASS.")
    @Nullable String password;

    @Option(names = "--shards", description = "Worker threads (default: one for each core).")
    int shards = Runtime.getRuntime().availableProcessors();

    @Option(names = "--engine", description = "carrier or portable (default: carrier where this JVM allows it).")
    @Nullable Engine engine;

    @Mixin
    LimitOptions limits = new LimitOptions();

    public static void main(String[] args) {
        System.exit(execute(args));
    }

    static int execute(String... args) {
        CommandLine commandLine = new CommandLine(new ChatServer())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Duration.class, LimitOptions::duration)
                .setParameterExceptionHandler(ChatServer::explain);
        commandLine.setDefaultValueProvider(new ConfigFile(args));
        return commandLine.execute(args);
    }

    /// One sentence and where to read more, instead of the whole usage.
    private static int explain(ParameterException e, String[] args) {
        e.getCommandLine().getErr().println("chat-server: " + e.getMessage() + "; see --help");
        return CommandLine.ExitCode.USAGE;
    }

    @Override
    public Integer call() throws InterruptedException {
        ChatOptions options = options();
        IrcServer server;
        try {
            server = IrcServer.start(options);
        } catch (IOException e) {
            commandLine().getErr().println("chat-server: cannot listen on " + host + ":" + port + ": " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> endOnSignal(server), "chat-server-signal"));
        commandLine().getOut().println(readyLine(server));
        commandLine().getOut().flush();
        ended.await();
        return CommandLine.ExitCode.OK;
    }
}
