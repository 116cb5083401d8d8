package dev.rouse.examples.chat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// A chat server on a free port of the loopback interface, and the clients that a test connects to it.
final class TestServer implements AutoCloseable {
    private final IrcServer server;
    private final List<TestClient> clients = new ArrayList<>();

    private TestServer(IrcServer server) {
        this.server = server;
    }

    static TestServer start() {
        return start(options -> options);
    }

    /// Without a flood limit that a test could trip over by being fast; a test of that limit sets it.
    static TestServer start(UnaryOperator<ChatOptions> settings) {
        ChatOptions options = ChatOptions.at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withName("irc.test")
                .withShards(2)
                .withLimits(ChatLimits.defaults().withFlood(100_000, 100_000));
        try {
            return new TestServer(IrcServer.start(settings.apply(options)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
