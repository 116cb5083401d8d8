package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ShutdownTest {
    private static final String GOODBYE = "ERROR :Closing Link: 127.0.0.1 (Server shutting down)";

    @Test
    void everyClientIsToldGoodbyeRegisteredOrNot() {
        try (TestServer server = TestServer.start()) {
            TestClient ann = server.join("ann", "#room");
            TestClient stranger = server.connect();
            stranger.ask("NICK stranger");
            CompletableFuture<Void> closing = CompletableFuture.runAsync(server.server()::close);
            assertThat(ann.readToTheEnd()).last().isEqualTo(GOODBYE);
            ann.close();
            assertThat(stranger.readToTheEnd()).containsExactly(GOODBYE);
            stranger.close();
            closing.join();
            assertThatThrownBy(() -> TestClient.connect(server.address())).hasRootCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void clientsThatStayAreCutOffWithinFiveSeconds() {
        try (TestServer server = TestServer.start()) {
            server.join("ann", "#room");
            TestClient deaf = TestClient.connect(server.address(), 4 * 1024);
            Instant start = Instant.now();
            server.server().close();
            assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(5));
            deaf.close();
        }
    }

    @Test
    void closingTwiceIsHarmless() {
        TestServer server = TestServer.start();
        server.server().close();
        server.server().close();
        server.close();
    }

    @Test
    void aPortInUseIsAnError() {
        try (TestServer server = TestServer.start()) {
            assertThatThrownBy(() -> IrcServer.start(ChatOptions.at(server.address())))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aForeignAddressIsAnError() throws IOException {
        InetSocketAddress foreign = new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 0);
        assertThatThrownBy(() -> IrcServer.start(ChatOptions.at(foreign))).isInstanceOf(IOException.class);
    }
}
