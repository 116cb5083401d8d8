package dev.rouse.io;

import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.Rouse;
import dev.rouse.actor.Task;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

final class ManyConnectionsTest extends SocketTest {

    private static final int CONNECTIONS = 200;
    private static final int ROUND_TRIPS = 50;

    /// Serves each connection on a shard of its own choosing until the listener is closed.
    private Task<Void> startEcho(TcpListener listener, int connections) {
        return system.spawn(() -> {
            for (int i = 0; i < connections; i++) {
                TcpStream stream = listener.accept();
                system.spawn(() -> {
                    try (stream) {
                        ByteBuffer buffer;
                        while ((buffer = stream.read()) != null) {
                            stream.write(buffer);
                        }
                    }
                });
            }
        });
    }

    private static void roundTrips(TcpListener listener, long seed) throws IOException {
        Random random = new Random(seed);
        try (TcpStream stream = TcpStream.connect(listener.localAddress())) {
            for (int i = 0; i < ROUND_TRIPS; i++) {
                byte[] sent = new byte[1 + random.nextInt(40_000)];
                random.nextBytes(sent);
                // Written and read at once: both ends' socket buffers may be smaller than the message.
                Task<Void> writer = spawn(() -> stream.write(ByteBuffer.wrap(sent)));
                ByteBuffer got = ByteBuffer.allocate(sent.length);
                while (got.hasRemaining()) {
                    assertThat(stream.read(got)).isPositive();
                }
                Rouse.await(writer);
                assertThat(got.array()).isEqualTo(sent);
            }
        }
    }

    @Test
    void eachConnectionGetsBackItsOwnBytes() throws Exception {
        long seed = new Random().nextLong();
        try (TcpListener listener = listener()) {
            Task<Void> server = startEcho(listener, CONNECTIONS);
            Task<Void> clients = system.spawn(() -> {
                List<Task<Void>> all = new ArrayList<>();
                for (int i = 0; i < CONNECTIONS; i++) {
                    long mine = seed + i;
                    all.add(spawn(() -> roundTrips(listener, mine)));
                }
                awaitAll(all);
            });
            clients.join(Duration.ofSeconds(50));
            join(server);
        } catch (Throwable e) {
            throw new AssertionError("failed: seed=" + seed, e);
        }
    }

    private static int openDescriptors() {
        String[] descriptors = new File("/proc/self/fd").list();
        Assumptions.assumeTrue(descriptors != null, "no /proc/self/fd here");
        return descriptors == null ? 0 : descriptors.length;
    }

    @Test
    void descriptorsReturnToTheirCount() throws Exception {
        // The first use opens what the shards and the JDK keep.
        echoOnce();
        int before = openDescriptors();
        for (int i = 0; i < 20; i++) {
            echoOnce();
        }
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(openDescriptors()).isLessThanOrEqualTo(before));
    }

    private void echoOnce() throws Exception {
        List<Socket> peers = new ArrayList<>();
        try (TcpListener listener = listener()) {
            Task<Void> server = startEcho(listener, 20);
            for (int i = 0; i < 20; i++) {
                Socket peer = peerOf(listener);
                peers.add(peer);
                peer.getOutputStream().write(i);
                assertThat(peer.getInputStream().read()).isEqualTo(i);
            }
            join(server);
        }
        for (Socket peer : peers) {
            peer.close();
        }
    }

    private static Duration processorTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /// The JVM compiles and collects for a while, so one quiet half second is enough; a poller that spins never
    /// leaves one.
    @Test
    void idleConnectionsUseNoProcessor() throws Exception {
        Assumptions.assumeTrue(processorTime().isPositive(), "the system does not tell processor times");
        List<Socket> peers = new ArrayList<>();
        try (TcpListener listener = listener()) {
            Task<Void> server = startEcho(listener, 50);
            for (int i = 0; i < 50; i++) {
                Socket peer = peerOf(listener);
                peers.add(peer);
                peer.getOutputStream().write(i);
                assertThat(peer.getInputStream().read()).isEqualTo(i);
            }
            join(server);
            AtomicReference<Duration> last = new AtomicReference<>(Duration.ZERO);
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> {
                        Duration now = processorTime();
                        return now.minus(last.getAndSet(now)).compareTo(Duration.ofMillis(10)) <= 0;
                    });
        } finally {
            for (Socket peer : peers) {
                peer.close();
            }
        }
    }
}
