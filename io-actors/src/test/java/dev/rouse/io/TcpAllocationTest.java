package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Engine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// What reading and writing a stream allocates, suspensions and all. On the carrier engine, where what a function
/// allocates is told of its carrier.
final class TcpAllocationTest extends SocketTest {
    private static final int ROUNDS = 4_000;

    /// Code is loaded, and what is made once is there, by then.
    private static final int WARM_UP = 3_000;

    /// In bytes: what is less for each round is not made in each.
    private static final int SMALLEST_OBJECT = 16;

    private static final int MESSAGE_BYTES = 100;

    private interface Round {
        void run(TcpStream stream) throws IOException;
    }

    private static long carrierOf(String system) {
        return Arrays.stream(threads().getThreadInfo(threads().getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().startsWith(system))
                .findFirst()
                .orElseThrow()
                .getThreadId();
    }

    private static ThreadMXBean threads() {
        return (ThreadMXBean) ManagementFactory.getThreadMXBean();
    }

    /// Per round: a message comes in and goes out again.
    private static long allocatedBytes(Round round) throws Exception {
        return allocatedBytes(TcpOptions.defaults(), round);
    }

    private static long allocatedBytes(TcpOptions options, Round round) throws Exception {
        assumeTrue(Engine.preferred() == Engine.CARRIER, "only that engine's threads can be told");
        try (ActorSystem one = ActorSystem.builder().name("counted").shards(1).build();
                TcpListener listener = TcpListener.bind(ANY_PORT, options);
                Socket peer = new Socket()) {
            peer.connect(listener.localAddress());
            peer.setTcpNoDelay(true);
            Task<Long> server = one.spawn(() -> {
                long carrier = carrierOf("counted");
                long before = 0;
                try (TcpStream stream = listener.accept()) {
                    for (int i = 0; i < ROUNDS; i++) {
                        if (i == WARM_UP) {
                            before = threads().getThreadAllocatedBytes(carrier);
                        }
                        round.run(stream);
                    }
                    return threads().getThreadAllocatedBytes(carrier) - before;
                }
            });
            byte[] message = new byte[MESSAGE_BYTES];
            for (int i = 0; i < ROUNDS; i++) {
                peer.getOutputStream().write(message);
                assertThat(peer.getInputStream().readNBytes(message, 0, MESSAGE_BYTES))
                        .isEqualTo(MESSAGE_BYTES);
            }
            return join(server) / (ROUNDS - WARM_UP);
        }
    }

    private static ByteBuffer lent(TcpStream stream) throws IOException {
        return Objects.requireNonNull(stream.read());
    }

    @Test
    void whatARoundAllocatesIsSeen() throws Exception {
        assertThat(allocatedBytes(stream -> stream.write(
                        ByteBuffer.allocate(MESSAGE_BYTES).put(lent(stream)).flip())))
                .isGreaterThan(MESSAGE_BYTES);
    }

    @Test
    void aReadOfALentBufferAndAWriteAllocateNothing() throws Exception {
        assertThat(allocatedBytes(stream -> stream.write(lent(stream)))).isLessThan(SMALLEST_OBJECT);
    }

    @Test
    void aReadIntoABufferOfTheCallersAllocatesNothing() throws Exception {
        for (ByteBuffer own : List.of(ByteBuffer.allocate(MESSAGE_BYTES), ByteBuffer.allocateDirect(MESSAGE_BYTES))) {
            assertThat(allocatedBytes(stream -> {
                        stream.read(own.clear());
                        stream.write(own.flip());
                    }))
                    .isLessThan(SMALLEST_OBJECT);
        }
    }

    @Test
    void aWriteOfSeveralBuffersAllocatesNothing() throws Exception {
        ByteBuffer[] halves = {
            ByteBuffer.allocateDirect(MESSAGE_BYTES / 2), ByteBuffer.allocateDirect(MESSAGE_BYTES / 2)
        };
        assertThat(allocatedBytes(stream -> {
                    stream.readFully(halves[0].clear());
                    stream.readFully(halves[1].clear());
                    halves[0].flip();
                    halves[1].flip();
                    stream.write(halves);
                }))
                .isLessThan(SMALLEST_OBJECT);
    }

    @Test
    void readsAndWritesWithTimeoutsAllocateNothing() throws Exception {
        TcpOptions options = TcpOptions.defaults()
                .withReadTimeout(Duration.ofMinutes(1))
                .withWriteTimeout(Duration.ofMinutes(1))
                .withIdleTimeout(Duration.ofMinutes(1));
        assertThat(allocatedBytes(options, stream -> stream.write(lent(stream))))
                .isLessThan(SMALLEST_OBJECT);
    }
}
