package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.Task;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Exchanger;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A close by several threads that meets reads, writes and accepts, at a moment drawn from a seed.
@ExtendWith(NothingLeft.class)
final class CloseRaceTest extends SocketTest {

    private static final int ROUNDS = 100;

    private static final int CLOSERS = 2;

    /// Most steps of a loop by which a closer comes later than the others.
    private static final int LATEST = 20_000;

    /// Closes it on several threads at once, after a time of their own each.
    private static List<Thread> closers(AutoCloseable socket, Random random) {
        CyclicBarrier together = new CyclicBarrier(CLOSERS);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLOSERS; i++) {
            int later = random.nextInt(LATEST);
            Thread thread = new Thread(
                    () -> {
                        try {
                            together.await();
                            for (int step = 0; step < later; step++) {
                                Thread.onSpinWait();
                            }
                            socket.close();
                        } catch (Exception e) {
                            throw new AssertionError("close failed", e);
                        }
                    },
                    "closer-" + i);
            thread.start();
            threads.add(thread);
        }
        return threads;
    }

    private static void joinAll(List<Thread> threads) throws InterruptedException {
        for (Thread each : threads) {
            each.join();
        }
    }

    /// Counts the bytes that it reads, each of which must be the next one, until the stream is closed.
    private static long readToTheClose(TcpStream stream) throws IOException {
        long count = 0;
        try {
            for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                while (bytes.hasRemaining()) {
                    if (bytes.get() != (byte) count++) {
                        throw new AssertionError("wrong byte: offset=" + (count - 1));
                    }
                }
            }
            throw new AssertionError("the peer has not closed");
        } catch (ClosedChannelException _) {
            return count;
        }
    }

    private static long writeToTheClose(TcpStream stream) throws IOException {
        long count = 0;
        ByteBuffer piece = ByteBuffer.allocate(256);
        try {
            while (true) {
                piece.clear();
                for (int i = 0; i < piece.capacity(); i++) {
                    piece.put(i, (byte) (count + i));
                }
                try {
                    stream.write(piece);
                } finally {
                    count += piece.position();
                }
            }
        } catch (ClosedChannelException _) {
            return count;
        }
    }

    /// Reads what it gets, each byte the next one, and returns their number; resets are ends too.
    private static long drain(Socket peer) throws IOException {
        InputStream in = peer.getInputStream();
        byte[] piece = new byte[8192];
        long count = 0;
        try {
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                for (int i = 0; i < n; i++) {
                    if (piece[i] != (byte) count++) {
                        throw new AssertionError("wrong byte: offset=" + (count - 1));
                    }
                }
            }
        } catch (SocketException _) {
            // closed with bytes unread
        }
        return count;
    }

    private static void flood(Socket peer) {
        byte[] piece = new byte[256];
        for (int i = 0; i < piece.length; i++) {
            piece[i] = (byte) i;
        }
        try {
            while (true) {
                peer.getOutputStream().write(piece);
            }
        } catch (IOException _) {
            // the stream is closed
        }
    }

    @Test
    void aStreamThatIsClosedWhileItIsReadAndWrittenEndsBothAndMixesUpNoByte() throws Exception {
        try (SmallServer server = SmallServer.start(system, SmallServer::echo);
                HealthyClient healthy = HealthyClient.of(server.address())) {
            for (long seed = 0; seed < ROUNDS; seed++) {
                closeWhileItIsReadAndWritten(seed);
            }
            healthy.isServed();
        }
    }

    private void closeWhileItIsReadAndWritten(long seed) throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Exchanger<TcpStream> handOver = new Exchanger<>();
            Task<Long> written = system.spawn(() -> {
                TcpStream stream = listener.accept();
                Task<Long> reader = spawn(() -> readToTheClose(stream));
                Task<Long> writer = spawn(() -> writeToTheClose(stream));
                handOver.exchange(stream);
                assertThat(await(reader)).isNotNegative();
                return await(writer);
            });
            List<Thread> closers = closers(handOver.exchange(null, 30, TimeUnit.SECONDS), new Random(seed));
            Thread flood = new Thread(() -> flood(peer), "flood");
            flood.start();
            assertThat(drain(peer)).as("seed=%s", seed).isLessThanOrEqualTo(join(written));
            joinAll(closers);
            flood.join();
        }
    }

    @Test
    void aListenerThatIsClosedWhileItAcceptsServesEachOneThatItHasAccepted() throws Exception {
        try (SmallServer server = SmallServer.start(system, SmallServer::echo);
                HealthyClient healthy = HealthyClient.of(server.address())) {
            for (long seed = 0; seed < ROUNDS; seed++) {
                closeWhileItAccepts(seed);
            }
            healthy.isServed();
        }
    }

    private void closeWhileItAccepts(long seed) throws Exception {
        TcpListener listener = listener();
        Task<Void> accepting = system.spawn(() -> {
            try {
                while (true) {
                    try (TcpStream stream = listener.accept()) {
                        stream.write(ByteBuffer.wrap(new byte[] {1}));
                    }
                }
            } catch (ClosedChannelException _) {
                // that is how accepting ends
            }
        });
        assertThat(isServed(listener, accepting, 0)).isTrue();
        List<Thread> closers = closers(listener, new Random(seed));
        int served = 1;
        while (isServed(listener, accepting, served)) {
            served++;
        }
        join(accepting);
        joinAll(closers);
        assertThat(listener.accepted()).as("seed=%s", seed).isEqualTo(served);
        assertThat(listener.connections()).as("seed=%s", seed).isZero();
    }

    /// Whether one more is served, and not refused or reset.
    ///
    /// Linux has been seen to answer a connect and forget the connection without a reset, where that has met the
    /// close: such a peer would wait for ever. So it waits only while somebody is accepting, or accepted.
    private static boolean isServed(TcpListener listener, Task<Void> accepting, int served) throws IOException {
        try (Socket peer = peerOf(listener)) {
            peer.setSoTimeout(100);
            for (int i = 0; i < 300; i++) {
                boolean ended = accepting.isDone() && listener.accepted() == served;
                try {
                    return peer.getInputStream().read() == 1;
                } catch (SocketTimeoutException _) {
                    if (ended) {
                        return false;
                    }
                }
            }
            throw new AssertionError("accepted and not served: accepted=" + listener.accepted());
        } catch (SocketException _) {
            return false; // refused, or reset while it waited
        }
    }

    @Test
    void aUdpSocketThatIsClosedWhileItReceivesAndSendsEndsBoth() throws Exception {
        try (SmallServer server = SmallServer.start(system, SmallServer::echo);
                HealthyClient healthy = HealthyClient.of(server.address());
                UdpSocket target = UdpSocket.bind(ANY_PORT)) {
            for (long seed = 0; seed < ROUNDS; seed++) {
                Random random = new Random(seed);
                UdpSocket socket = UdpSocket.bind(ANY_PORT);
                AtomicInteger begun = new AtomicInteger();
                Task<Void> task = system.spawn(() -> {
                    Task<Void> receiver = spawn(() -> untilItIsClosed(() -> {
                        begun.incrementAndGet();
                        socket.receive(ByteBuffer.allocate(10));
                    }));
                    Task<Void> sender = spawn(() -> untilItIsClosed(() -> {
                        begun.incrementAndGet();
                        socket.send(ByteBuffer.allocate(1), socket.localAddress());
                        socket.send(ByteBuffer.allocate(1), target.localAddress());
                    }));
                    await(receiver);
                    await(sender);
                });
                await().pollInterval(Duration.ofMillis(1)).until(() -> begun.get() > 2);
                joinAll(closers(socket, random));
                join(task);
            }
            healthy.isServed();
        }
    }

    @FunctionalInterface
    private interface Call {
        void run() throws IOException;
    }

    private static void untilItIsClosed(Call call) throws IOException {
        try {
            while (true) {
                call.run();
            }
        } catch (ClosedChannelException _) {
            // that is what it waited for
        }
    }
}
