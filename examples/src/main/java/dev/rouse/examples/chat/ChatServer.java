package dev.rouse.examples.chat;

import dev.rouse.dispatch.DispatchOptions;
import dev.rouse.dispatch.Engine;
import dev.rouse.io.TlsOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
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
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The `chat-server` command: an IRC server for stock clients. It ends with 0 on SIGTERM or SIGINT, with 1 when it
/// cannot listen, with 2 for wrong options.
@Command(
        name = "chat-server",
        mixinStandardHelpOptions = true,
        version = ChatContext.VERSION,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = "An IRC server that stock clients connect to.")
public final class ChatServer implements Callable<Integer> {
    /// The longest message of the day, in lines: it goes to every client that registers.
    private static final int MOTD_LINES = 200;

    private static final int MAX_PORT = 65_535;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before anything else
    private CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A properties file with options by the same names; the command line wins.")
    @SuppressWarnings("unused") // ConfigFile has read it by then; it stands here for --help
    private @Nullable Path config;

    @Option(names = "--host", description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    private String host = "127.0.0.1";

    @Option(names = "--port", description = "Port to listen on; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    private int port = 6667;

    @Option(names = "--name", description = "Name of the server (default: ${DEFAULT-VALUE}).")
    private String name = "irc.local";

    @Option(names = "--info", description = "What the server says of itself (default: ${DEFAULT-VALUE}).")
    private String info = "A chat server on Rouse";

    @Option(names = "--motd", paramLabel = "FILE", description = "Message of the day: UTF-8, up to 200 lines.")
    private @Nullable Path motd;

    @Option(
            names = "--oper",
            paramLabel = "NAME:PASSWORD",
            split = " ",
            description = "Who may become an IRC operator; several by repeating it or separated by spaces.")
    private List<String> operators = new ArrayList<>();

    @Option(names = "--password", description = "What clients must give with PASS.")
    private @Nullable String password;

    @Option(
            names = "--tls-keystore",
            paramLabel = "FILE",
            description = "Speak TLS, with the key and certificates of this PKCS #12 file.")
    private @Nullable Path tlsKeystore;

    @Option(
            names = "--tls-password-file",
            paramLabel = "FILE",
            description = "A file whose first line is the password of the keystore.")
    private @Nullable Path tlsPasswordFile;

    @Option(names = "--shards", paramLabel = "N", description = "Worker threads (default: one for each core).")
    private int shards = Runtime.getRuntime().availableProcessors();

    @Option(names = "--engine", description = "carrier or portable (default: carrier where this JVM allows it).")
    private @Nullable Engine engine;

    @Mixin
    private LimitOptions limits = new LimitOptions();

    public static void main(String[] args) {
        System.exit(execute(args));
    }

    /// Runs the command until it is told to end; returns its exit code.
    public static int execute(String... args) {
        CommandLine command = new CommandLine(new ChatServer())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Duration.class, LimitOptions::duration)
                .setParameterExceptionHandler(ChatServer::explain);
        try {
            command.setDefaultValueProvider(ConfigFile.namedIn(args, command));
        } catch (ParameterException e) {
            return explain(e, args);
        }
        return command.execute(args);
    }

    /// One sentence instead of the whole usage.
    private static int explain(ParameterException e, String[] args) {
        e.getCommandLine().getErr().println("chat-server: " + e.getMessage() + " (see --help)");
        return ExitCode.USAGE;
    }

    @Override
    public Integer call() throws InterruptedException {
        ChatOptions options = options();
        IrcServer server;
        try {
            server = IrcServer.start(options);
        } catch (IOException e) {
            spec.commandLine().getErr().println("chat-server: " + e.getMessage());
            return ExitCode.SOFTWARE;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> endInGoodOrder(server), "chat-server-end"));
        spec.commandLine().getOut().println(readyLine(options, server));
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    /// Runs when the JVM is told to end. A JVM ended by SIGTERM reports 143, whatever its hooks achieved; halting
    /// says that the end was in good order.
    private static void endInGoodOrder(IrcServer server) {
        server.close();
        Runtime.getRuntime().halt(ExitCode.OK);
    }

    private static String readyLine(ChatOptions options, IrcServer server) {
        InetSocketAddress address = server.address();
        return "chat-server %s ready on %s:%d (%s%d shards, %s engine)"
                .formatted(
                        options.name(),
                        address.getAddress().getHostAddress(),
                        address.getPort(),
                        options.tls() == null ? "" : "TLS, ",
                        server.system().shards(),
                        server.system().engine().name().toLowerCase(Locale.ROOT));
    }

    private ChatOptions options() {
        if (!name.matches("[A-Za-z0-9.-]{1,63}")) {
            throw wrong("--name", name, "letters, digits, dots and hyphens, at most 63");
        }
        if (port < 0 || port > MAX_PORT) {
            throw wrong("--port", port, "0 to " + MAX_PORT);
        }
        if (shards < 1 || shards > DispatchOptions.MAX_SHARDS) {
            throw wrong("--shards", shards, "1 to " + DispatchOptions.MAX_SHARDS);
        }
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw wrong("--host", host, "an address of this machine or a name for it");
        }
        ChatOptions options = ChatOptions.at(address)
                .withName(name)
                .withInfo(WireText.of(oneLine("--info", info)))
                .withMotd(motdLines())
                .withOperators(operatorHashes())
                .withShards(shards)
                .withLimits(checkedLimits());
        if (password != null) {
            options = options.withPassword(new PasswordHash(WireText.of(password)));
        }
        options = withTls(options);
        return engine == null ? options : options.withEngine(allowed(engine));
    }

    private ChatOptions withTls(ChatOptions options) {
        if (tlsKeystore == null && tlsPasswordFile == null) {
            return options;
        }
        if (tlsKeystore == null || tlsPasswordFile == null) {
            throw new ParameterException(spec.commandLine(), "--tls-keystore and --tls-password-file go together");
        }
        try {
            return options.withTls(TlsOptions.server(TlsKeys.load(tlsKeystore, tlsPasswordFile)));
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private ChatLimits checkedLimits() {
        try {
            return limits.limits();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /// The portable engine always works; the other needs a flag or the jar's manifest.
    private Engine allowed(Engine wanted) {
        if (wanted == Engine.CARRIER && Engine.preferred() != Engine.CARRIER) {
            throw new ParameterException(
                    spec.commandLine(),
                    "this JVM does not allow the carrier engine; start it with --add-opens"
                            + " java.base/java.lang=ALL-UNNAMED");
        }
        return wanted;
    }

    private List<String> motdLines() {
        if (motd == null) {
            return List.of();
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(motd);
        } catch (IOException e) {
            throw new ParameterException(
                    spec.commandLine(), "cannot read the message of the day: file=" + motd + ", cause=" + e, e);
        }
        if (lines.size() > MOTD_LINES) {
            throw wrong("--motd", lines.size() + " lines", "at most " + MOTD_LINES);
        }
        return lines.stream().map(WireText::of).toList();
    }

    private Map<String, PasswordHash> operatorHashes() {
        Map<String, PasswordHash> hashes = new HashMap<>();
        for (String entry : operators) {
            int colon = entry.indexOf(':');
            if (colon < 1 || colon == entry.length() - 1) {
                throw new ParameterException(spec.commandLine(), "--oper must be NAME:PASSWORD");
            }
            hashes.put(
                    WireText.of(entry.substring(0, colon)), new PasswordHash(WireText.of(entry.substring(colon + 1))));
        }
        return hashes;
    }

    private String oneLine(String option, String text) {
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw wrong(option, text.strip(), "one line of text");
        }
        return text;
    }

    private ParameterException wrong(String option, Object value, String allowed) {
        return new ParameterException(
                spec.commandLine(), "wrong value: option=" + option + ", value=" + value + ", allowed=" + allowed);
    }
}
