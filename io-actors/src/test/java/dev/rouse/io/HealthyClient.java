package dev.rouse.io;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A client that behaves, on a thread of its own: it sends line after line and expects each one back, whatever happens
/// to others meanwhile.
final class HealthyClient implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 30_000;

    private final Socket socket;
    private final Thread thread;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    private final AtomicInteger answers = new AtomicInteger();

    private volatile boolean leaving;

    private HealthyClient(Socket socket) {
        this.socket = socket;
        this.thread = new Thread(this::talk, "healthy-client");
    }

    /// Connects and talks until it is closed.
    static HealthyClient of(InetSocketAddress server) throws IOException {
        Socket socket = new Socket(server.getAddress(), server.getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        HealthyClient client = new HealthyClient(socket);
        client.thread.start();
        return client;
    }

    private void talk() {
        try {
            for (int i = 0; !leaving; i++) {
                byte[] line = ("line " + i + "\n").getBytes(US_ASCII);
                socket.getOutputStream().write(line);
                assertThat(socket.getInputStream().readNBytes(line.length)).isEqualTo(line);
                answers.incrementAndGet();
            }
        } catch (IOException | AssertionError e) {
            failure.set(e);
        }
    }

    /// Returns when some lines that it has sent from now on have come back.
    void isServed() {
        int wanted = answers.get() + 3;
        await().pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofMillis(PATIENCE_MILLIS))
                .until(() -> answers.get() >= wanted || failure.get() != null);
        assertThat(failure.get())
                .as("the healthy client, after %s answers", answers)
                .isNull();
    }

    /// Fails if it was not served to the end.
    @Override
    public void close() throws IOException {
        try (socket) {
            isServed();
            leaving = true;
            thread.join(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
