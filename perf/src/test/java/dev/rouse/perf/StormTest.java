package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.Engine;
import dev.rouse.io.Overload;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StormTest {
    private static final Duration SHORT = Duration.ofMillis(100);

    @Test
    void clientsThatAreFewAreAllServedHoweverTheServerIsSetUp() throws IOException {
        for (Overload overload : Overload.values()) {
            try (DigestServer server = DigestServer.start(Engine.preferred(), overload);
                    Storm storm = new Storm(server.localAddress().getPort())) {
                Storm.Outcome outcome = storm.ofClients(2, SHORT);
                assertThat(outcome.served()).isPositive().isEqualTo(outcome.offered());
                assertThat(outcome.latency().getTotalCount()).isEqualTo(outcome.served());
                assertThat(server.answer("REFUSED")).isEqualTo("REFUSED 0");
            }
        }
    }

    @Test
    void whatAServerResetsIsRefusedAndNotServed() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Storm storm = new Storm(server.getLocalPort())) {
            Thread.ofPlatform().daemon().start(() -> resetAll(server));
            Storm.Outcome outcome = storm.ofClients(2, SHORT);
            assertThat(outcome.refused()).isPositive();
            assertThat(outcome.served()).isZero();
            assertThat(outcome.refused() + outcome.gaveUp()).isEqualTo(outcome.offered());
        }
    }

    private static void resetAll(ServerSocket server) {
        try {
            while (true) {
                try (Socket client = server.accept()) {
                    client.setSoLinger(true, 0);
                }
            }
        } catch (IOException _) {
            // the server was closed
        }
    }

    @Test
    void clientsOfAServerThatSaysNothingGiveUp() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Storm storm = new Storm(silent.getLocalPort())) {
            Storm.Outcome outcome = storm.atRate(100, SHORT);
            assertThat(outcome.gaveUp()).isEqualTo(10);
            assertThat(outcome.offered()).isEqualTo(10);
        }
    }

    @Test
    void clientsOfNobodyAreRefused() throws IOException {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        try (Storm storm = new Storm(port)) {
            assertThat(storm.atRate(100, SHORT).refused()).isEqualTo(10);
        }
    }

    @Test
    void aReplyToAnotherRequestIsAFailureNotAFigure() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Storm storm = new Storm(server.getLocalPort())) {
            Thread.ofPlatform().daemon().start(() -> replyWithZeros(server));
            assertThatThrownBy(() -> storm.ofClients(1, SHORT)).hasMessage("reply to another request: expected=1");
        }
    }

    private static void replyWithZeros(ServerSocket server) {
        try (Socket client = server.accept();
                OutputStream out = client.getOutputStream()) {
            out.write(new byte[DigestServer.REPLY_BYTES]);
            out.flush();
        } catch (IOException _) {
            // the client has closed it
        }
    }

    @Test
    void outcomeSurvivesTheWayFromOneProcessToTheOther() throws IOException {
        Histogram latency = new Histogram(3);
        latency.recordValue(2_000_000);
        Storm.Outcome outcome = new Storm.Outcome(10, 5, 3, 2, 500_000_000, latency);
        assertThat(Storm.Outcome.of(outcome.line())).isEqualTo(outcome);
        assertThat(outcome.perSecond(outcome.served())).isEqualTo(10);
        assertThatThrownBy(() -> Storm.Outcome.of("STORMED 1 2"))
                .isInstanceOf(IOException.class)
                .hasMessage("not an outcome: line=STORMED 1 2");
    }

    @Test
    void tooFewDescriptorsAreSaidBeforeAnythingIsMeasured() {
        assertThat(Descriptors.obstacle(10_500, 10_500)).isEmpty();
        assertThat(Descriptors.obstacle(10_500, 10_499))
                .hasValue(
                        "too few open files are allowed: limit=10499, wanted=10500; raise it before, ulimit -n 10500");
    }

    @Test
    void connectionsWaitInTheBacklogUntilTheyAreToBeAccepted() throws Exception {
        try (RouseEcho server = RouseEcho.start(Engine.preferred());
                HeldConnections held = new HeldConnections()) {
            int port = ServeCommand.port(server.answer("BACKLOG 10"));
            held.open(port, 10);
            assertThat(server.answer("CONNECTIONS")).isEqualTo("CONNECTIONS 0");
            assertThat(ServeCommand.number(server.answer("ACCEPT 10"), "ACCEPTED"))
                    .isPositive();
            assertThat(held.greet()).isEqualTo(10);
            assertThat(server.answer("CONNECTIONS")).isEqualTo("CONNECTIONS 10");
            assertThatThrownBy(() -> server.answer("DANCE")).hasMessage("unknown request: line=DANCE");
        }
    }
}
