package dev.rouse.perf;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// The other end of an echo server: a closed loop in which each connection has one message in flight. One thread with a
/// selector, so that it costs the machine as little as it can. Each message carries a number, and the echo is checked.
final class LoadGenerator implements AutoCloseable {
    static final int MESSAGE_BYTES = 64;

    private static final int DIGITS = 3;

    /// How long the last echoes may take to come in: what is later is lost.
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long WAIT_MILLIS = 100;

    private final Selector selector = Selector.open();
    private final List<Connection> connections = new ArrayList<>();

    LoadGenerator() throws IOException {}

    /// What one run came to.
    ///
    /// @param requests echoes that came in within the time; the first one counts however late it is
    /// @param nanos the time, or until that first one
    /// @param latency of these, from the write to the whole echo; in a closed loop a late echo also delays what
    ///     would have been sent next, so this is service time, not what an independent client would wait
    record Outcome(long requests, long nanos, Histogram latency) {}

    private static final class Connection {
        final SocketChannel channel;
        final ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        final ByteBuffer echo = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        long number;
        long sentNanos;

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        void send(long nowNanos) throws IOException {
            sentNanos = nowNanos;
            message.clear().putLong(0, ++number);
            if (channel.write(message) != MESSAGE_BYTES) {
                throw new IOException("socket took only a part of one message: limit=" + MESSAGE_BYTES
                        + "; its send buffer is smaller than that");
            }
            echo.clear();
        }

        /// Whether the whole echo is in.
        boolean receive() throws IOException {
            if (channel.read(echo) < 0) {
                throw new IOException("server closed a connection: local=" + channel.getLocalAddress());
            }
            if (echo.hasRemaining()) {
                return false;
            }
            if (echo.getLong(0) != number) {
                throw new IOException("echo differs: expected=" + number + ", actual=" + echo.getLong(0));
            }
            return true;
        }
    }

    /// Opens connections in addition to those that are open.
    void open(int port, int count) throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(server);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            Connection connection = new Connection(channel);
            channel.register(selector, SelectionKey.OP_READ, connection);
            connections.add(connection);
        }
    }

    /// Keeps one message in flight on each connection for the time, then waits for the last echoes.
    ///
    /// @throws IOException when the server closes a connection, or an echo differs or is lost
    Outcome run(Duration time) throws IOException {
        Run run = new Run(time);
        for (Connection connection : connections) {
            connection.send(run.startNanos);
        }
        while (run.inFlight > 0) {
            selector.select(run::onReady, WAIT_MILLIS);
            run.check();
        }
        long nanos = Math.max(time.toNanos(), run.lastNanos - run.startNanos);
        return new Outcome(run.latency.getTotalCount(), nanos, run.latency);
    }

    private final class Run {
        final Histogram latency = new Histogram(DIGITS);
        final long startNanos = System.nanoTime();
        final long endNanos;
        long lastNanos = startNanos;
        int inFlight = connections.size();
        private @Nullable IOException failure;

        Run(Duration time) {
            this.endNanos = startNanos + time.toNanos();
        }

        void onReady(SelectionKey key) {
            Connection connection = (Connection) key.attachment();
            try {
                if (!connection.receive()) {
                    return;
                }
                long nowNanos = System.nanoTime();
                boolean over = nowNanos - endNanos >= 0;
                if (!over || latency.getTotalCount() == 0) {
                    latency.recordValue(nowNanos - connection.sentNanos);
                    lastNanos = nowNanos;
                }
                if (over) {
                    inFlight--;
                    return;
                }
                connection.send(nowNanos);
            } catch (IOException e) {
                failure = e;
            }
        }

        void check() throws IOException {
            if (failure != null) {
                throw failure;
            }
            if (System.nanoTime() - endNanos > DRAIN_NANOS) {
                throw new IOException("echoes were lost: missing=" + inFlight + ", of=" + connections.size());
            }
        }
    }

    void closeConnections() throws IOException {
        for (Connection connection : connections) {
            connection.channel.close();
        }
        connections.clear();
        selector.selectNow();
    }

    @Override
    public void close() throws IOException {
        closeConnections();
        selector.close();
    }
}
