package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Task;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpOptions;
import dev.rouse.io.TcpStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// No byte is lost or doubled, whatever ends a call: random programs of reads and writes, many of them cut off by a
/// cancellation, a deadline or a timeout, at both ends of a connection.
///
/// The model is a sequence of bytes for each direction. A writer goes on where the positions of its buffers say that it
/// has come to; a reader compares what it gets with the sequence; in the end both have come equally far.
class StreamModelTest {
    private static final int PORT = 7;
    private static final int CALLS = 40;

    /// Small buffers, so that writers wait; short timeouts, so that some end.
    private static final TcpOptions NARROW = TcpOptions.defaults()
            .withSendBufferBytes(4_096)
            .withReceiveBufferBytes(4_096)
            .withReadTimeout(Duration.ofMillis(4))
            .withWriteTimeout(Duration.ofMillis(3));

    @FunctionalInterface
    private interface Call {
        void run() throws IOException;
    }

    private static byte at(int direction, long position) {
        return (byte) (position * 31 + (position >>> 8) * 17 + direction);
    }

    /// What ends a call early is drawn, too.
    private static void disturbed(Random random, Call call) throws IOException {
        switch (random.nextInt(4)) {
            case 0 -> withDeadline(Duration.ofMillis(random.nextInt(1, 4)), call);
            case 1 -> cancelledAfter(Duration.ofMillis(random.nextInt(3)), call);
            default -> call.run();
        }
    }

    private static void withDeadline(Duration time, Call call) {
        try {
            withTimeout(time, () -> {
                call.run();
                return true;
            });
        } catch (DeadlineExceededException _) {
            // the buffers say how far it has come
        }
    }

    private static void cancelledAfter(Duration time, Call call) {
        Task<Void> task = spawn(call::run);
        sleepFor(time);
        task.cancel();
        try {
            await(task);
        } catch (CancelledException _) {
            // the buffers say how far it has come
        }
    }

    private static final class Writer {
        private final TcpStream stream;
        private final int direction;
        private final Random random;
        private long written;

        Writer(TcpStream stream, int direction, long seed) {
            this.stream = stream;
            this.direction = direction;
            this.random = new Random(seed);
        }

        long run() throws IOException {
            for (int i = 0; i < CALLS; i++) {
                ByteBuffer[] parts = parts(random.nextInt(3) == 0 ? random.nextInt(2, 6) : 1);
                disturbed(random, () -> write(parts));
                for (ByteBuffer each : parts) {
                    written += each.position();
                }
            }
            stream.shutdownOutput();
            return written;
        }

        private ByteBuffer[] parts(int count) {
            long position = written;
            ByteBuffer[] parts = new ByteBuffer[count];
            for (int i = 0; i < count; i++) {
                int size = random.nextInt(10) == 0 ? random.nextInt(40_000) : random.nextInt(600);
                ByteBuffer part = random.nextBoolean() ? ByteBuffer.allocate(size) : ByteBuffer.allocateDirect(size);
                while (part.hasRemaining()) {
                    part.put(at(direction, position++));
                }
                parts[i] = part.flip();
            }
            return parts;
        }

        private void write(ByteBuffer[] parts) throws IOException {
            try {
                if (parts.length == 1) {
                    stream.write(parts[0]);
                } else {
                    stream.write(parts);
                }
            } catch (SocketTimeoutException _) {
                // the buffers say how far it has come
            }
        }
    }

    private static final class Reader {
        private final TcpStream stream;
        private final int direction;
        private final Random random;
        private long read;
        private boolean ended;

        Reader(TcpStream stream, int direction, long seed) {
            this.stream = stream;
            this.direction = direction;
            this.random = new Random(seed);
        }

        long run() throws IOException {
            while (!ended) {
                disturbed(random, this::read);
                if (random.nextInt(8) == 0) {
                    sleepFor(Duration.ofMillis(random.nextInt(4)));
                }
            }
            return read;
        }

        private void read() throws IOException {
            try {
                switch (random.nextInt(4)) {
                    case 0 -> readLent();
                    case 1 -> readOnce(ByteBuffer.allocate(random.nextInt(1, 3_000)));
                    case 2 -> readAll(ByteBuffer.allocateDirect(random.nextInt(1, 3_000)));
                    default -> readArray(new byte[random.nextInt(1, 100)]);
                }
            } catch (SocketTimeoutException _) {
                // what comes later is for the next read
            }
        }

        private void readLent() throws IOException {
            ByteBuffer bytes = stream.read();
            if (bytes == null) {
                ended = true;
            } else {
                compare(bytes);
            }
        }

        private void readOnce(ByteBuffer dst) throws IOException {
            try {
                ended = stream.read(dst) < 0;
            } finally {
                compare(dst.flip());
            }
        }

        private void readAll(ByteBuffer dst) throws IOException {
            try {
                stream.readFully(dst);
            } catch (EOFException _) {
                ended = true;
            } finally {
                compare(dst.flip());
            }
        }

        private void readArray(byte[] dst) throws IOException {
            int count = stream.inputStream().read(dst);
            if (count < 0) {
                ended = true;
            } else {
                compare(ByteBuffer.wrap(dst, 0, count));
            }
        }

        private void compare(ByteBuffer bytes) {
            while (bytes.hasRemaining()) {
                byte got = bytes.get();
                if (got != at(direction, read)) {
                    throw new AssertionError("wrong byte: direction=" + direction + ", offset=" + read);
                }
                read++;
            }
        }
    }

    private record Counts(long written, long read) {}

    /// One end; its output has this direction, its input the other.
    private static Counts end(TcpStream stream, int direction, long seed) throws IOException {
        try (stream) {
            Task<Long> writer = spawn(new Writer(stream, direction, seed * 4 + direction)::run);
            Task<Long> reader = spawn(new Reader(stream, 1 - direction, seed * 4 + 2 + direction)::run);
            return new Counts(await(writer), await(reader));
        }
    }

    private static void agree(Counts one, Counts other) {
        assertThat(one.read()).isEqualTo(other.written());
        assertThat(other.read()).isEqualTo(one.written());
    }

    @Seeds(200)
    void noByteIsLostOrDoubledInASimulation(Simulation simulation) {
        SimulatedHost server = simulation.network().host("server");
        SimulatedHost client = simulation.network().host("client");
        Task<Counts> one = server.system().spawn(() -> {
            try (TcpListener listener = TcpListener.bind(server.address(PORT), NARROW)) {
                return end(listener.accept(), 0, simulation.seed());
            }
        });
        Task<Counts> other = client.system().spawn(() -> {
            sleepFor(Duration.ofMillis(1));
            return end(TcpStream.connect("server", PORT, NARROW), 1, simulation.seed());
        });
        simulation.runFor(Duration.ofHours(1));
        agree(one.join(), other.join());
    }

    static IntStream seeds() {
        return IntStream.range(0, 10);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noByteIsLostOrDoubledOnLoopback(int seed) throws Exception {
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (ActorSystem system = ActorSystem.builder().shards(2).build();
                TcpListener listener = TcpListener.bind(anyPort, NARROW)) {
            Task<Counts> one = system.spawn(() -> end(listener.accept(), 0, seed));
            Task<Counts> other = system.spawn(() -> end(TcpStream.connect(listener.localAddress(), NARROW), 1, seed));
            agree(one.join(Duration.ofSeconds(60)), other.join(Duration.ofSeconds(60)));
        }
    }
}
