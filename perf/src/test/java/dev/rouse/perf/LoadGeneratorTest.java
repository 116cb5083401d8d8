package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {
    @Test
    void bareNioEchoesEveryMessageUnchanged() throws IOException {
        try (BareNioEcho server = BareNioEcho.start();
                LoadGenerator generator = new LoadGenerator()) {
            generator.open(server.localAddress().getPort(), 8);
            LoadGenerator.Outcome outcome = generator.run(Duration.ofMillis(50));
            assertThat(outcome.requests()).isGreaterThan(8);
            assertThat(outcome.latency().getTotalCount()).isEqualTo(outcome.requests());
            assertThat(outcome.nanos()).isGreaterThanOrEqualTo(50_000_000);
        }
    }

    @Test
    void bareNioEchoesMoreThanTheSocketTakesAtOnce() throws IOException {
        byte[] sent = new byte[4 << 20];
        for (int i = 0; i < sent.length; i++) {
            sent[i] = (byte) (i * 31);
        }
        try (BareNioEcho server = BareNioEcho.start();
                Socket client = new Socket(
                        server.localAddress().getAddress(),
                        server.localAddress().getPort())) {
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    client.getOutputStream().write(sent);
                    client.shutdownOutput();
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                }
            });
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(sent);
            writing.join();
        }
    }

    @Test
    void aServerThatClosesIsAFailureNotAFigure() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                LoadGenerator generator = new LoadGenerator()) {
            generator.open(server.getLocalPort(), 1);
            server.accept().close();
            assertThatThrownBy(() -> generator.run(Duration.ofSeconds(5))).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aWrongEchoIsAFailureNotAFigure() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                LoadGenerator generator = new LoadGenerator()) {
            generator.open(server.getLocalPort(), 1);
            try (Socket connection = server.accept()) {
                connection.getOutputStream().write(new byte[LoadGenerator.MESSAGE_BYTES]);
                assertThatThrownBy(() -> generator.run(Duration.ofSeconds(5)))
                        .hasMessage("echo differs: expected=1, actual=0");
            }
        }
    }

    @Test
    void outcomeSurvivesTheWayFromOneProcessToTheOther() throws IOException {
        Histogram latency = new Histogram(3);
        latency.recordValue(1_234);
        latency.recordValue(5_000_000);
        LoadGenerator.Outcome decoded =
                GenerateCommand.decode(GenerateCommand.encode(new LoadGenerator.Outcome(2, 77, latency)));
        assertThat(decoded.requests()).isEqualTo(2);
        assertThat(decoded.nanos()).isEqualTo(77);
        assertThat(decoded.latency()).isEqualTo(latency);
        assertThatThrownBy(() -> GenerateCommand.decode("CLOSED")).hasMessage("not an outcome: line=CLOSED");
    }
}
