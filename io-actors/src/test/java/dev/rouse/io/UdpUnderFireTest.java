package dev.rouse.io;

import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.awaitAllSettled;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Datagrams under fire: whoever gives up, closes, or sends too much, at any moment.
final class UdpUnderFireTest extends SocketTest {

    private static final int SEEDS = 20;
    private static final int DATAGRAMS = 150;

    /// So few that the system has room for them all, and over loopback loses none.
    private static final int WINDOW = 32;

    /// Sends numbers, not more than the window ahead of who receives.
    private static Task<Void> sendNumbers(UdpSocket from, InetSocketAddress to, AtomicInteger received, Random random) {
        return spawn(() -> {
            for (int i = 0; i < DATAGRAMS; i++) {
                while (i - received.get() >= WINDOW) {
                    sleepFor(Duration.ofNanos(1_000));
                }
                from.send(ByteBuffer.allocate(4).putInt(0, i), to);
                if (random.nextInt(4) == 0) {
                    sleepFor(Duration.ofNanos(random.nextInt(100_000)));
                }
            }
        });
    }

    /// Receives in every way there is, and gives up at every moment.
    private static final class Receiver {
        private final UdpSocket socket;
        private final Random random;
        private final AtomicInteger count;
        private final List<Integer> received = new ArrayList<>();
        private final ByteBuffer room = ByteBuffer.allocateDirect(8);
        private final DatagramBatch batch = DatagramBatch.of(5, 4);

        Receiver(UdpSocket socket, Random random, AtomicInteger count) {
            this.socket = socket;
            this.random = random;
            this.count = count;
        }

        List<Integer> receiveAll() {
            while (received.size() < DATAGRAMS) {
                switch (random.nextInt(4)) {
                    case 0 -> timed(this::receiveOne);
                    case 1 -> timed(this::receiveSeveral);
                    case 2 -> cancelled(this::receiveOne);
                    default -> cancelled(this::receiveSeveral);
                }
            }
            return received;
        }

        private interface Receive {
            void run() throws IOException;
        }

        private Duration moment() {
            return Duration.ofNanos(random.nextInt(200_000));
        }

        private void timed(Receive receive) {
            try {
                withTimeout(moment(), () -> {
                    receive.run();
                    return null;
                });
            } catch (DeadlineExceededException _) {
                // again
            }
        }

        private void cancelled(Receive receive) {
            Task<Void> task = spawn(() -> receive.run());
            sleepFor(moment());
            task.cancel();
            awaitAllSettled(List.of(task));
        }

        private void receiveOne() throws IOException {
            socket.receive(room.clear());
            received(room.flip().getInt());
        }

        private void receiveSeveral() throws IOException {
            socket.receive(batch);
            for (int i = 0; i < batch.size(); i++) {
                received(batch.bytes(i).getInt());
            }
        }

        private void received(int number) {
            received.add(number);
            count.incrementAndGet();
        }
    }

    @Test
    void deadlinesAndCancelsLoseAndDoubleNoDatagramThatHasArrived() throws Exception {
        long first = new Random().nextLong();
        for (long seed = first; seed < first + SEEDS; seed++) {
            Random random = new Random(seed);
            try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                    UdpSocket peer = UdpSocket.bind(ANY_PORT)) {
                Task<List<Integer>> task = system.spawn(() -> {
                    AtomicInteger received = new AtomicInteger();
                    sendNumbers(peer, socket.localAddress(), received, random);
                    return new Receiver(socket, random, received).receiveAll();
                });
                assertThat(join(task))
                        .as("seed=" + seed)
                        .isEqualTo(IntStream.range(0, DATAGRAMS).boxed().toList());
                assertThat(socket.counters().received()).isEqualTo(DATAGRAMS);
            }
        }
    }

    @Test
    void aCloseFromElsewhereEndsReceiversAndSendersWhateverTheyDo() throws Exception {
        long first = new Random().nextLong();
        for (long seed = first; seed < first + 100; seed++) {
            Random random = new Random(seed);
            UdpSocket socket = UdpSocket.bind(ANY_PORT);
            InetSocketAddress address = socket.localAddress();
            AtomicBoolean begun = new AtomicBoolean();
            Task<List<Throwable>> task = system.spawn(() -> {
                DatagramBatch batch = DatagramBatch.of(4, 4);
                Task<Throwable> receiver = spawn(() -> catchThrowable(() -> {
                    while (true) {
                        socket.receive(batch);
                    }
                }));
                Task<Throwable> sender = spawn(() -> catchThrowable(() -> {
                    while (true) {
                        socket.send(ByteBuffer.allocate(4), address);
                        begun.set(true);
                        sleepFor(Duration.ZERO);
                    }
                }));
                return awaitAll(List.of(receiver, sender));
            });
            if (random.nextBoolean()) {
                Awaitility.await()
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .untilTrue(begun);
            }
            for (int i = random.nextInt(20_000); i > 0; i--) {
                Thread.onSpinWait();
            }
            socket.close();
            socket.close();
            assertThat(join(task))
                    .as("seed=" + seed)
                    .allSatisfy(failure -> assertThat(failure).isInstanceOf(ClosedChannelException.class));
            Awaitility.await()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .ignoreException(BindException.class)
                    .untilAsserted(() -> UdpSocket.bind(address).close());
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aStormIsDroppedByTheSystemAndCountedWhileOthersAreServed() throws Exception {
        int storm = 20_000;
        try (UdpSocket slow = UdpSocket.bind(ANY_PORT, UdpOptions.defaults().withReceiveBufferBytes(64 << 10));
                UdpSocket echo = UdpSocket.bind(ANY_PORT);
                DatagramSocket flood = new DatagramSocket(ANY_PORT);
                DatagramSocket healthy = new DatagramSocket(ANY_PORT)) {
            healthy.setSoTimeout(10_000);
            AtomicBoolean over = new AtomicBoolean();
            Task<Integer> receivers = system.spawn(() -> {
                Task<Throwable> server = spawn(() -> catchThrowable(() -> {
                    ByteBuffer room = ByteBuffer.allocate(100);
                    while (true) {
                        InetSocketAddress sender = echo.receive(room.clear());
                        echo.send(room.flip(), sender);
                    }
                }));
                DatagramBatch batch = DatagramBatch.of(8, 1_000);
                int received = 0;
                while (!over.get()) {
                    try {
                        received += withTimeout(Duration.ofMillis(20), () -> slow.receive(batch));
                    } catch (DeadlineExceededException _) {
                        // nothing is there
                    }
                    sleepFor(Duration.ofMillis(1));
                }
                while (true) { // what is left
                    try {
                        received += withTimeout(Duration.ofMillis(20), () -> slow.receive(batch));
                    } catch (DeadlineExceededException _) {
                        server.cancel();
                        return received;
                    }
                }
            });
            DatagramPacket packet = new DatagramPacket(new byte[1_000], 1_000, slow.localAddress());
            DatagramPacket question = new DatagramPacket(new byte[3], 3, echo.localAddress());
            DatagramPacket answer = new DatagramPacket(new byte[10], 10);
            for (int i = 0; i < storm; i++) {
                flood.send(packet);
                if (i % 1_000 == 0) {
                    healthy.send(question);
                    healthy.receive(answer);
                    assertThat(answer.getLength()).isEqualTo(3);
                }
            }
            long dropped = slow.kernelDrops().orElseThrow();
            over.set(true);
            int received = join(receivers);
            assertThat(dropped).isPositive();
            assertThat(received + slow.kernelDrops().orElseThrow()).isEqualTo(storm);
        }
    }

    /// In bytes: what is less for each datagram is not made for each.
    private static final int SMALLEST_OBJECT = 16;

    private interface Attempt {
        boolean run() throws IOException;
    }

    /// On a thread whose allocation can be told.
    private static long allocatedBytes(Attempt attempt, DatagramChannel peer, SocketAddress to) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ByteBuffer datagram = ByteBuffer.allocateDirect(100);
        long bytes = 0;
        for (int i = 0; i < 2_000; i++) {
            peer.send(datagram.clear(), to);
            long before = threads.getCurrentThreadAllocatedBytes();
            assertThat(attempt.run()).isTrue();
            bytes += i < 1_000 ? 0 : threads.getCurrentThreadAllocatedBytes() - before;
        }
        return bytes / 1_000;
    }

    @Test
    void aReceiveAllocatesTheAddressThatTheJdkMakesAndNothingElse() throws Exception {
        BufferPool buffers = new BufferPool(new BufferedBytes(Limits.defaults(), (_, _, _) -> {}, _ -> {}));
        try (DatagramChannel channel = DatagramChannel.open();
                DatagramChannel peer = DatagramChannel.open()) {
            channel.bind(ANY_PORT).configureBlocking(false);
            peer.bind(ANY_PORT);
            DatagramReceive receive = new DatagramReceive(channel, Oversize.TRUNCATE, new UdpCounts());
            ByteBuffer bare = ByteBuffer.allocateDirect(100);
            long address = allocatedBytes(() -> channel.receive(bare.clear()) != null, peer, channel.getLocalAddress());
            for (ByteBuffer room : List.of(
                    ByteBuffer.allocate(100), ByteBuffer.allocateDirect(100), ByteBuffer.allocateDirect(70_000))) {
                receive.into(room);
                assertThat(allocatedBytes(
                                () -> {
                                    room.clear();
                                    return receive.attempt(buffers);
                                },
                                peer,
                                channel.getLocalAddress()))
                        .as(room.toString())
                        .isLessThan(address + SMALLEST_OBJECT);
            }
            DatagramBatch batch = DatagramBatch.of(4, 100);
            receive.into(batch);
            assertThat(allocatedBytes(
                            () -> {
                                batch.clear();
                                return receive.attempt(buffers);
                            },
                            peer,
                            channel.getLocalAddress()))
                    .isLessThan(address + SMALLEST_OBJECT);
        }
    }
}
