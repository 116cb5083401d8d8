package dev.rouse.io;

import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CloseReport;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Shard;
import java.io.File;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a closed system leaves of its sockets: nothing, also of those that nobody closed.
@Timeout(120)
final class SystemCloseTest {

    private static final int STREAMS = 30;

    private final List<Socket> peers = new ArrayList<>();

    @AfterEach
    void closePeers() throws IOException {
        for (Socket peer : peers) {
            peer.close();
        }
    }

    private static ActorSystem system() {
        return ActorSystem.builder()
                .shards(2)
                .limits(Limits.defaults().withCloseTimeout(Duration.ofSeconds(5)))
                .build();
    }

    private static int openDescriptors() {
        String[] descriptors = new File("/proc/self/fd").list();
        Assumptions.assumeTrue(descriptors != null, "no /proc/self/fd here");
        return descriptors == null ? 0 : descriptors.length;
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private TcpStream accept(TcpListener listener) throws IOException {
        peers.add(new Socket(SocketTest.ANY_PORT.getAddress(), listener.port()));
        return listener.accept();
    }

    /// Sockets in every state, none of them closed by its owner. Returns the functions that were suspended in one.
    private List<Task<Throwable>> leaveOpen(ActorSystem system) throws Exception {
        List<Task<Throwable>> suspended = new ArrayList<>();
        CountDownLatch ready = new CountDownLatch(STREAMS);
        TcpListener listener = TcpListener.bind(SocketTest.ANY_PORT);
        UdpSocket datagrams = UdpSocket.bind(SocketTest.ANY_PORT);
        Task<List<TcpStream>> accepted = system.spawn(() -> {
            List<TcpStream> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                streams.add(accept(listener));
            }
            return streams;
        });
        List<TcpStream> streams = accepted.join(Duration.ofSeconds(30));
        suspended.add(system.spawn(() -> catchThrowable(listener::accept)));
        suspended.add(system.spawn(() -> catchThrowable(() -> datagrams.receive(ByteBuffer.allocate(10)))));
        for (int i = 0; i < STREAMS; i++) {
            TcpStream stream = streams.get(i);
            peers.get(i).getOutputStream().write(i);
            suspended.add(
                    switch (i % 3) {
                        case 0 ->
                            system.spawn(() -> {
                                stream.read();
                                ready.countDown();
                                return catchThrowable(stream::read);
                            });
                        case 1 ->
                            system.spawn(() -> {
                                // never has to wait: in no selector's interest
                                stream.write(ByteBuffer.allocate(1));
                                ready.countDown();
                                return catchThrowable(() -> sleepFor(Duration.ofHours(1)));
                            });
                        default ->
                            system.spawn(() -> {
                                // holds a lent buffer
                                ByteBuffer lent = stream.read();
                                ready.countDown();
                                Throwable end = catchThrowable(() -> sleepFor(Duration.ofHours(1)));
                                assertThat(lent).isNotNull();
                                return end;
                            });
                    });
        }
        ready.await();
        return suspended;
    }

    /// Accepted, and the function that was to serve it never began: it stayed open for as long as the process
    /// lived.
    @Test
    void aStreamThatWasAcceptedAndNeverUsedIsClosed() throws Exception {
        ActorSystem system = system();
        try (TcpListener listener = TcpListener.bind(SocketTest.ANY_PORT)) {
            TcpStream unused = system.spawn(() -> accept(listener)).join(Duration.ofSeconds(30));
            assertThat(unused.remoteAddress()).isEqualTo(peers.getFirst().getLocalSocketAddress());
            system.shutdown().get(30, TimeUnit.SECONDS);
        }
        peers.getFirst().setSoTimeout(30_000);
        assertThat(peers.getFirst().getInputStream().read()).isEqualTo(-1);
    }

    /// One that is used or closed is no longer among the unused: they would be kept for ever.
    @Test
    void aStreamThatWasUsedOrClosedIsForgottenByTheShardThatAcceptedIt() throws Exception {
        try (ActorSystem system = system();
                TcpListener listener = TcpListener.bind(SocketTest.ANY_PORT)) {
            Task<Integer> left = system.spawn(() -> {
                SocketChannel other = SocketChannel.open();
                Set<Endpoint> unused = Objects.requireNonNull(Shard.current())
                        .poller(NioPoller.class, NioPoller::new)
                        .register(new Endpoint(other, other, Origin.here("stream"), Endpoint.Holdings.NONE, null, null))
                        .unused();
                TcpStream used = accept(listener);
                TcpStream closed = accept(listener);
                assertThat(unused).hasSize(2);
                used.write(ByteBuffer.allocate(1));
                assertThat(unused).hasSize(1);
                closed.close();
                return unused.size();
            });
            assertThat(left.join(Duration.ofSeconds(30))).isZero();
        }
    }

    private void openAndClose() throws Exception {
        ActorSystem system = system();
        List<Task<Throwable>> suspended = leaveOpen(system);
        CloseReport report = system.shutdown().get(30, TimeUnit.SECONDS);
        for (Task<Throwable> task : suspended) {
            assertThat(task.join(Duration.ofSeconds(1)))
                    .as("report: %s", report)
                    .isNotNull();
        }
        closePeers();
        peers.clear();
    }

    @Test
    void descriptorsAndDirectMemoryReturnToWhereTheyWere() throws Exception {
        // The first use opens what the JDK keeps.
        openAndClose();
        openAndClose();
        int descriptors = openDescriptors();
        long bytes = directBytes();
        for (int i = 0; i < 5; i++) {
            openAndClose();
        }
        assertThat(openDescriptors()).isLessThanOrEqualTo(descriptors);
        // Direct memory goes with the buffers' objects, when the garbage collector finds them.
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            System.gc();
            assertThat(directBytes()).isLessThanOrEqualTo(bytes);
        });
    }
}
