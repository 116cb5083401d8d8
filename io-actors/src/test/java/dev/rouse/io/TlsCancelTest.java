package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Task;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Reads and writes that are cut short again and again, by deadlines and cancellations at moments that a seed chooses,
/// over a stream below that takes and gives little at a time and suspends in between.
final class TlsCancelTest extends TlsTest {
    private static final int SIZE = 120_000;

    /// Suspends before each piece, so that a cancellation can come between any two.
    private static final class HaltingStream extends WrappedStream {
        private final Random random;

        HaltingStream(ByteStream wrapped, long seed) {
            super(wrapped);
            random = new Random(seed);
        }

        private void halt() {
            if (random.nextInt(3) == 0) {
                sleepFor(Duration.ofNanos(random.nextInt(400_000)));
            }
        }

        @Override
        public @Nullable ByteBuffer read() throws IOException {
            halt();
            return super.read();
        }

        @Override
        public int read(ByteBuffer dst) throws IOException {
            halt();
            ByteBuffer some = dst.slice(dst.position(), Math.min(dst.remaining(), 1 + random.nextInt(9_000)));
            int count = super.read(some);
            dst.position(dst.position() + Math.max(0, count));
            return count;
        }

        @Override
        public void write(ByteBuffer src) throws IOException {
            int end = src.limit();
            try {
                while (src.position() < end) {
                    halt();
                    src.limit(Math.min(end, src.position() + 1 + random.nextInt(9_000)));
                    super.write(src);
                }
            } finally {
                src.limit(end);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whateverIsCutShortNoByteIsLostOrDoubled(long seed) throws Exception {
        byte[] sent = random(seed, SIZE);
        String protocol = seed % 2 == 0 ? "TLSv1.2" : "TLSv1.3";
        try (TcpListener listener = listener()) {
            Task<byte[]> server = system.spawn(() -> {
                ByteStream below = new HaltingStream(listener.accept(), seed);
                try (TlsStream stream = TlsStream.server(below, serving.withProtocols(protocol))) {
                    return bothWays(stream, sent, new Random(seed));
                }
            });
            Task<byte[]> client = system.spawn(() -> {
                ByteStream below = new HaltingStream(TcpStream.connect(listener.localAddress()), -seed);
                try (TlsStream stream = TlsStream.client(below, "localhost", trusting)) {
                    return bothWays(stream, sent, new Random(-seed));
                }
            });
            assertThat(join(client)).as("seed=" + seed).isEqualTo(sent);
            assertThat(join(server)).as("seed=" + seed).isEqualTo(sent);
        }
    }

    /// The same bytes both ways; says its end when it has read all, since with TLS 1.2 that ends the peer's
    /// writing.
    private static byte[] bothWays(TlsStream stream, byte[] sent, Random random) throws IOException {
        Random forWriter = new Random(random.nextLong());
        Task<Void> writer = spawn(() -> writeAll(stream, ByteBuffer.wrap(sent), forWriter));
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        while (received.size() < sent.length) {
            cutShort(random, () -> readSome(stream, received, random));
        }
        await(writer);
        stream.shutdownOutput();
        assertThat(stream.read()).isNull();
        return received.toByteArray();
    }

    private static void readSome(TlsStream stream, ByteArrayOutputStream received, Random random) throws IOException {
        if (random.nextBoolean()) {
            ByteBuffer bytes = stream.read();
            assertThat(bytes).isNotNull();
            while (bytes != null && bytes.hasRemaining()) {
                received.write(bytes.get());
            }
        } else {
            ByteBuffer bytes = ByteBuffer.allocate(1 + random.nextInt(30_000));
            assertThat(stream.read(bytes)).isEqualTo(bytes.position());
            received.write(bytes.array(), 0, bytes.position());
        }
    }

    private static void writeAll(TlsStream stream, ByteBuffer bytes, Random random) throws IOException {
        while (bytes.hasRemaining()) {
            int end = bytes.limit();
            bytes.limit(Math.min(end, bytes.position() + 1 + random.nextInt(40_000)));
            cutShort(random, () -> stream.write(bytes));
            bytes.limit(end);
        }
        stream.write(ByteBuffer.allocate(0)); // the last write may have left a part of its last record
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    /// In the function itself with a deadline, or in a child that is cancelled.
    private static void cutShort(Random random, Step step) {
        Duration time = Duration.ofNanos(random.nextInt(3_000_000));
        if (random.nextBoolean()) {
            try {
                withTimeout(time, () -> {
                    step.run();
                    return true;
                });
            } catch (DeadlineExceededException _) {
                // goes on in the next one
            }
        } else {
            Task<Void> child = spawn(step::run);
            sleepFor(time);
            child.cancel();
            try {
                await(child);
            } catch (CancelledException _) {
                // goes on in the next one
            }
        }
    }
}
