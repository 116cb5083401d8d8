package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Task;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Faults of the network that a real one cannot be made to have, or that take their time, and a client on another host
/// that is served meanwhile and after. Each simulation accounts for sockets and functions at its end.
class UnderFireTest {
    private static final int PORT = 7;

    private static final int SEEDS = 10;

    /// How long the server waits for a whole request.
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Simulation simulation = Simulation.of(0);
    private SimulatedNetwork network = simulation.network();
    private SimulatedHost server = network.host("server");
    private SimulatedHost healthy = network.host("healthy");
    private SimulatedHost faulty = network.host("faulty");
    private final List<Throwable> ends = new ArrayList<>();

    @AfterEach
    void close() {
        simulation.close();
    }

    private void begin(long seed) {
        simulation.close();
        ends.clear();
        simulation = Simulation.of(seed);
        network = simulation.network();
        server = network.host("server");
        healthy = network.host("healthy");
        faulty = network.host("faulty");
    }

    /// Four bytes are a request, and its answer.
    private TcpListener serve() throws IOException {
        TcpListener listener = server.call(() -> TcpListener.bind(server.address(PORT)));
        ActorSystem system = server.system();
        system.spawn(() -> {
            try (listener) {
                while (true) {
                    TcpStream stream = listener.accept();
                    system.spawn(() -> answer(stream));
                }
            } catch (ClosedChannelException _) {
                // that is how accepting ends
            }
        });
        return listener;
    }

    private void answer(TcpStream stream) {
        try (stream) {
            ByteBuffer request = ByteBuffer.allocate(4);
            while (withTimeout(PATIENCE, () -> isWhole(stream, request.clear()))) {
                stream.write(request.flip());
            }
        } catch (Exception e) {
            ends.add(e);
        }
    }

    private static boolean isWhole(TcpStream stream, ByteBuffer request) throws IOException {
        while (request.hasRemaining()) {
            if (stream.read(request) < 0) {
                return false;
            }
        }
        return true;
    }

    /// One who asks every second for so long and is answered each time.
    private Task<Integer> healthyFor(Duration time) {
        return healthy.system().spawn(() -> {
            int answers = 0;
            try (TcpStream stream = TcpStream.connect(server.address(PORT))) {
                ByteBuffer answer = ByteBuffer.allocate(4);
                for (Duration end = simulation.elapsed().plus(time);
                        simulation.elapsed().compareTo(end) < 0;
                        sleepFor(Duration.ofSeconds(1))) {
                    stream.write(ByteBuffer.allocate(4).putInt(0, answers));
                    assertThat(isWhole(stream, answer.clear())).isTrue();
                    assertThat(answer.getInt(0)).isEqualTo(answers++);
                }
            }
            return answers;
        });
    }

    private TcpStream connect() throws IOException {
        return TcpStream.connect(server.address(PORT));
    }

    private static void askOnce(TcpStream stream) throws IOException {
        stream.write(ByteBuffer.allocate(4));
        assertThat(isWhole(stream, ByteBuffer.allocate(4))).isTrue();
    }

    @Test
    void aPeerThatVanishesWithoutAWordIsCutOffWhenItsTimeIsOver() throws IOException {
        for (long seed = 0; seed < SEEDS; seed++) {
            begin(seed);
            TcpListener listener = serve();
            Task<Integer> served = healthyFor(Duration.ofSeconds(60));
            faulty.system().spawn(() -> {
                askOnce(connect());
                sleepFor(Duration.ofHours(1));
            });
            simulation.runFor(Duration.ofSeconds(5));
            faulty.crash();
            simulation.runFor(PATIENCE.plusSeconds(1));
            assertThat(ends).as("seed=%s", seed).hasSize(1).allMatch(DeadlineExceededException.class::isInstance);
            assertThat(served.join()).isGreaterThan(50);
            listener.close();
        }
    }

    @Test
    void aPeerThatIsCutOffByThePartitionEndsAndItsHostIsServedAgainAfterIt() throws IOException {
        for (long seed = 0; seed < SEEDS; seed++) {
            begin(seed);
            TcpListener listener = serve();
            Task<Integer> served = healthyFor(Duration.ofSeconds(60));
            Task<Throwable> cutOff = faulty.system().spawn(() -> {
                try (TcpStream stream = connect()) {
                    askOnce(stream);
                    sleepFor(Duration.ofSeconds(60));
                    return catchThrowable(() -> {
                        stream.write(ByteBuffer.allocate(4));
                        stream.read();
                        stream.write(ByteBuffer.allocate(4));
                    });
                }
            });
            simulation.runFor(Duration.ofSeconds(5));
            network.partition(server, faulty);
            simulation.runFor(PATIENCE.plusSeconds(1));
            assertThat(ends).as("seed=%s", seed).hasSize(1);
            network.heal(server, faulty);
            assertThat(cutOff.join())
                    .satisfiesAnyOf(
                            failure -> assertThat(failure).isNull(),
                            failure -> assertThat(failure).isInstanceOf(SocketException.class));
            faulty.system()
                    .spawn(() -> {
                        try (TcpStream stream = connect()) {
                            askOnce(stream);
                        }
                    })
                    .join();
            assertThat(served.join()).isGreaterThan(50);
            listener.close();
        }
    }

    /// A byte now and then: each keeps a connection busy, none makes a request whole.
    @Test
    void slowPeersAreCutOffWhenTheirTimeIsOverHoweverOftenTheySend() throws IOException {
        for (long seed = 0; seed < SEEDS; seed++) {
            begin(seed);
            TcpListener listener = serve();
            Task<Integer> served = healthyFor(Duration.ofSeconds(60));
            List<Task<Throwable>> slow = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                slow.add(faulty.system().spawn(() -> {
                    try (TcpStream stream = connect()) {
                        return catchThrowable(() -> {
                            for (int sent = 0; sent < 10; sent++) {
                                stream.write(ByteBuffer.allocate(1));
                                sleepFor(Duration.ofSeconds(14));
                            }
                        });
                    }
                }));
            }
            for (Task<Throwable> each : slow) {
                assertThat(each.join()).as("seed=%s", seed).isInstanceOf(SocketException.class);
            }
            assertThat(ends).hasSize(10).allMatch(DeadlineExceededException.class::isInstance);
            assertThat(served.join()).isGreaterThan(50);
            listener.close();
        }
    }

    @Test
    void aStormOfResetsByABoxInBetweenHarmsNobodyElse() throws IOException {
        for (long seed = 0; seed < SEEDS; seed++) {
            begin(seed);
            TcpListener listener = serve();
            Task<Integer> served = healthyFor(Duration.ofSeconds(30));
            List<Task<Throwable>> connected = new ArrayList<>();
            for (int round = 0; round < 10; round++) {
                for (int i = 0; i < 10; i++) {
                    connected.add(faulty.system().spawn(() -> {
                        try (TcpStream stream = connect()) {
                            return catchThrowable(() -> {
                                while (true) {
                                    askOnce(stream);
                                }
                            });
                        } catch (IOException e) {
                            return e; // before it was connected
                        }
                    }));
                }
                simulation.runFor(Duration.ofMillis(20));
                network.reset(server, faulty);
            }
            for (Task<Throwable> each : connected) {
                assertThat(each.join()).as("seed=%s", seed).isInstanceOf(SocketException.class);
            }
            assertThat(served.join()).isGreaterThan(25);
            listener.close();
        }
    }

    @Test
    void aConnectIntoABlackHoleEndsWithItsDeadlineAndTheNextIsServed() throws IOException {
        TcpListener listener = serve();
        Task<Integer> served = healthyFor(Duration.ofSeconds(30));
        network.partition(server, faulty);
        Duration started = simulation.elapsed();
        Task<Throwable> connecting =
                faulty.system().spawn(() -> catchThrowable(() -> withTimeout(Duration.ofSeconds(3), this::connect)));
        assertThat(connecting.join()).isInstanceOf(DeadlineExceededException.class);
        assertThat(simulation.elapsed().minus(started)).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(4));
        network.heal(server, faulty);
        faulty.system()
                .spawn(() -> {
                    try (TcpStream stream = connect()) {
                        askOnce(stream);
                    }
                })
                .join();
        assertThat(served.join()).isGreaterThan(25);
        listener.close();
    }

    /// A reader that is behind takes what its windows hold; its writer waits, and others of its shard are served.
    @Test
    void aWriterThatIsFasterThanTheNetworkWaits() throws IOException {
        network.link(
                server,
                faulty,
                LinkOptions.defaults().withBytesPerSecond(10_000).withWindowBytes(5_000));
        TcpListener echo = serve();
        InetSocketAddress address = server.address(PORT + 1);
        TcpListener listener = server.call(() -> TcpListener.bind(address));
        List<Integer> written = new ArrayList<>();
        Task<Void> writer = server.system().spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                for (int i = 0; i < 100; i++) {
                    stream.write(ByteBuffer.allocate(1_000));
                    written.add(i);
                }
            }
        });
        Task<Integer> served = healthyFor(Duration.ofSeconds(20));
        Task<Long> reader = faulty.system().spawn(() -> {
            try (TcpStream stream = TcpStream.connect(address)) {
                sleepFor(Duration.ofSeconds(5));
                assertThat(written).hasSizeLessThanOrEqualTo(10);
                long count = 0;
                for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                    count += Objects.requireNonNull(bytes).remaining();
                }
                return count;
            }
        });
        assertThat(reader.join()).isEqualTo(100_000);
        assertThat(simulation.elapsed()).isGreaterThan(Duration.ofSeconds(10));
        writer.join();
        assertThat(served.join()).isGreaterThan(15);
        echo.close();
    }
}
