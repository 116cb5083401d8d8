package dev.rouse.examples.chat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A chat server on a free port of the loopback interface, and the clients that a test connects to it.
final class TestServer implements AutoCloseable {
    private final IrcServer server;
    private final @Nullable SteppedClock clock;
    private final List<TestClient> clients = new ArrayList<>();

    private TestServer(IrcServer server, @Nullable SteppedClock clock) {
        this.server = server;
        this.clock = clock;
    }

    static TestServer start() {
        return start(options -> options);
    }

    /// Without a flood limit that a test could trip over by being fast; a test of that limit sets it.
    static TestServer start(UnaryOperator<ChatOptions> settings) {
        ChatOptions options = options();
        try {
            return new TestServer(IrcServer.start(settings.apply(options)), null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// One whose time passes by [#pass] only, on one shard.
    static TestServer startStepped(UnaryOperator<ChatLimits> limits) {
        ChatOptions options = options().withShards(1);
        SteppedClock clock = new SteppedClock();
        try {
            ChatOptions limited = options.withLimits(limits.apply(options.limits()));
            return new TestServer(IrcServer.start(limited, clock, InstantSource.system()), clock);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Lets time pass for the server; what is due by then has begun when this returns.
    void pass(Duration time) {
        Objects.requireNonNull(clock, "not a stepped server").pass(time);
        server.system().spawn(() -> {}).join();
    }

    private static ChatOptions options() {
        return ChatOptions.at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withName("irc.test")
                .withShards(2)
                .withLimits(ChatLimits.defaults().withFlood(100_000, 100_000));
    }

    IrcServer server() {
        return server;
    }

    InetSocketAddress address() {
        return server.address();
    }

    /// Connected, and nothing said.
    TestClient connect() {
        TestClient client = TestClient.connect(server.address());
        clients.add(client);
        return client;
    }

    /// Registered, with the welcome read.
    TestClient join(String nick) {
        TestClient client = connect();
        client.send("NICK " + nick, "USER " + nick + " 0 * :" + nick + " Real");
        client.expect(" 422 ");
        return client;
    }

    /// Registered and on a channel, with its names read.
    TestClient join(String nick, String channel) {
        TestClient client = join(nick);
        client.send("JOIN " + channel);
        client.expect(" 366 ");
        return client;
    }

    @Override
    public void close() {
        clients.forEach(TestClient::close);
        server.close();
    }
}
