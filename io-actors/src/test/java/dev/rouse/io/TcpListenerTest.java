package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.LimitExceededException;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class TcpListenerTest extends SocketTest {

    @Test
    void aPortInUseIsRefusedWithTheRemedy() throws Exception {
        try (TcpListener first = listener()) {
            assertThatThrownBy(() -> TcpListener.bind(first.localAddress()))
                    .isInstanceOf(BindException.class)
                    .hasMessage("cannot bind: address=127.0.0.1:"
                            + first.port()
                            + ", cause=address already in use; another socket has this port, stop its owner or choose"
                            + " another port, 0 for any")
                    .hasCauseInstanceOf(BindException.class);
        }
    }

    @Test
    void anAddressOfAnotherMachineIsRefused() throws Exception {
        InetAddress documentation = InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 1});
        assertThatThrownBy(() -> TcpListener.bind(new InetSocketAddress(documentation, 0)))
                .isInstanceOf(BindException.class)
                .hasMessage("cannot bind: address=192.0.2.1:0, cause=cannot assign requested address;"
                        + " this machine has no such address, use one of its own or 0.0.0.0");
    }

    @Test
    void anUnresolvedNameIsRefused() {
        assertThatThrownBy(() -> TcpListener.bind(InetSocketAddress.createUnresolved("nowhere.invalid", 0)))
                .isInstanceOf(UnknownHostException.class)
                .hasMessageStartingWith("cannot bind: host=nowhere.invalid, port=0, cause=the name is not resolved");
    }

    @Test
    void closedBeforeUseItFreesItsPortAtOnce() throws Exception {
        TcpListener listener = listener();
        listener.close();
        listener.close();
        TcpListener.bind(listener.localAddress()).close();
        assertThat(join(system.spawn(() -> catchThrowable(listener::accept))))
                .isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void closedOnItsShardItFreesItsPortAtOnce() throws Exception {
        Task<Void> task = system.spawn(() -> {
            TcpListener listener = listener();
            assertThatThrownBy(() -> withTimeout(Duration.ofMillis(1), listener::accept))
                    .isInstanceOf(DeadlineExceededException.class);
            listener.close();
            TcpListener.bind(listener.localAddress()).close();
        });
        join(task);
    }

    @Test
    void closingFromAnotherThreadEndsASuspendedAccept() throws Exception {
        CountDownLatch accepting = new CountDownLatch(1);
        TcpListener listener = listener();
        Task<Throwable> task = system.spawn(() -> {
            Task<Throwable> accepter = spawn(() -> catchThrowable(listener::accept));
            letOthersRun();
            accepting.countDown();
            return await(accepter);
        });
        accepting.await();
        listener.close();
        assertThat(join(task)).isInstanceOf(AsynchronousCloseException.class);
        await().untilAsserted(() -> TcpListener.bind(listener.localAddress()).close());
    }

    @Test
    void anAcceptThatTimesOutLosesNoConnection() throws Exception {
        try (TcpListener listener = listener()) {
            CountDownLatch timedOut = new CountDownLatch(1);
            Task<Void> server = system.spawn(() -> {
                assertThatThrownBy(() -> withTimeout(Duration.ofMillis(5), listener::accept))
                        .isInstanceOf(DeadlineExceededException.class);
                timedOut.countDown();
                try (TcpStream stream = listener.accept()) {
                    assertThat(stream.read()).isNull();
                }
            });
            timedOut.await();
            peerOf(listener).close();
            join(server);
        }
    }

    /// Accepts after so many refusals.
    private static Operation.Accept.Call outOfDescriptors(int refusals, ServerSocketChannel channel) {
        AtomicInteger left = new AtomicInteger(refusals);
        return () -> {
            if (left.getAndDecrement() > 0) {
                throw new IOException("Too many open files");
            }
            return channel.accept();
        };
    }

    @Test
    void whenTheSystemCannotAcceptItPausesAndGoesOn() throws Exception {
        ServerSocketChannel channel = TcpListener.open(ANY_PORT, TcpOptions.defaults());
        Operation.Accept.Call outOfDescriptors = outOfDescriptors(3, channel);
        try (RecordedLog log = new RecordedLog();
                TcpListener listener = new TcpListener(channel, outOfDescriptors, TcpOptions.defaults());
                Socket peer = peerOf(listener)) {
            long started = System.nanoTime();
            Task<Void> server = system.spawn(() -> listener.accept().close());
            join(server);
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThanOrEqualTo(Duration.ofMillis(70));
            assertThat(listener.failedAccepts()).isEqualTo(3);
            assertToldOnceAndAccepted(log, listener, peer);
        }
    }

    /// The server closes what it has accepted.
    private static void assertToldOnceAndAccepted(RecordedLog log, TcpListener listener, Socket peer)
            throws IOException {
        assertThat(log.messages())
                .as("one for the whole row")
                .singleElement()
                .asString()
                .startsWith("cannot accept, tried again: listener=127.0.0.1:" + listener.port()
                        + ", cause=too many open files: shard=");
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void whenTheShardCannotHaveASelectorItPausesAndGoesOn() throws Exception {
        ServerSocketChannel channel = TcpListener.open(ANY_PORT, TcpOptions.defaults());
        AtomicInteger refusals = new AtomicInteger(2);
        NioPoller.Selectors outOfDescriptors = () -> {
            if (refusals.getAndDecrement() > 0) {
                throw new IOException("Too many open files");
            }
            return Selector.open();
        };
        try (RecordedLog log = new RecordedLog();
                TcpListener listener = new TcpListener(
                        channel,
                        channel::accept,
                        TcpOptions.defaults(),
                        shard -> new NioPoller(shard, outOfDescriptors));
                Socket peer = peerOf(listener)) {
            join(system.spawn(() -> listener.accept().close()));
            assertThat(listener.failedAccepts()).isEqualTo(2);
            assertToldOnceAndAccepted(log, listener, peer);
        }
    }

    @Test
    void closingEndsAnAcceptThatWaitsForASelector() throws Exception {
        ServerSocketChannel channel = TcpListener.open(ANY_PORT, TcpOptions.defaults());
        TcpListener listener = new TcpListener(
                channel,
                channel::accept,
                TcpOptions.defaults(),
                shard -> new NioPoller(shard, () -> {
                    throw new IOException("Too many open files");
                }));
        Task<Throwable> server = system.spawn(() -> catchThrowable(listener::accept));
        await().until(() -> listener.failedAccepts() > 2);
        listener.close();
        assertThat(join(server)).isInstanceOf(AsynchronousCloseException.class);
    }

    @Test
    void itPausesAlsoOnAShardThatHasNoTimerLeft() throws Exception {
        ServerSocketChannel channel = TcpListener.open(ANY_PORT, TcpOptions.defaults());
        Operation.Accept.Call outOfDescriptors = outOfDescriptors(1, channel);
        Limits oneTimer = Limits.defaults().withTimersPerShard(1);
        try (ActorSystem small =
                        ActorSystem.builder().shards(1).limits(oneTimer).build();
                TcpListener listener = new TcpListener(channel, outOfDescriptors, TcpOptions.defaults());
                Socket peer = peerOf(listener)) {
            Task<Void> sleeper = small.spawn(() -> sleepFor(Duration.ofHours(1)));
            Task<Void> server = small.spawn(() -> {
                assertThatThrownBy(() -> sleepFor(Duration.ofHours(1))).isInstanceOf(LimitExceededException.class);
                listener.accept().close();
                sleeper.cancel();
            });
            join(server);
            assertThat(listener.failedAccepts()).isEqualTo(1);
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void closingEndsAPausedAccept() throws Exception {
        ServerSocketChannel channel = TcpListener.open(ANY_PORT, TcpOptions.defaults());
        Operation.Accept.Call outOfDescriptors = () -> {
            throw new IOException("Too many open files");
        };
        TcpListener listener = new TcpListener(channel, outOfDescriptors, TcpOptions.defaults());
        Task<Throwable> server = system.spawn(() -> catchThrowable(listener::accept));
        await().until(() -> listener.failedAccepts() > 2);
        listener.close();
        assertThat(join(server)).isInstanceOf(AsynchronousCloseException.class);
    }

    @Test
    void optionsReachTheSockets() throws Exception {
        TcpOptions options = TcpOptions.defaults()
                .withKeepAlive()
                .withReceiveBufferBytes(20_000)
                .withSendBufferBytes(30_000);
        try (ServerSocketChannel server = TcpListener.open(ANY_PORT, options);
                Socket _ = new Socket(ANY_PORT.getAddress(), server.socket().getLocalPort());
                SocketChannel channel = await().until(server::accept, Objects::nonNull)) {
            assertThat(server.getOption(StandardSocketOptions.SO_REUSEADDR)).isTrue();
            assertThat(server.getOption(StandardSocketOptions.SO_RCVBUF)).isBetween(20_000, 40_000);
            TcpStream.accepted(channel, Origin.here("stream"), options, new HashSet<>(), new Place());
            assertThat(channel.isBlocking()).isFalse();
            assertThat(channel.getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
            assertThat(channel.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
            assertThat(channel.getOption(StandardSocketOptions.SO_SNDBUF)).isBetween(30_000, 60_000);
            assertThat(channel.getOption(StandardSocketOptions.SO_RCVBUF)).isBetween(20_000, 40_000);
        }
    }

    @Test
    void anAcceptedChannelThatCannotBeSetUpIsClosed() throws Exception {
        TcpOptions unsupported = TcpOptions.defaults().withSendBufferBytes(4_096);
        try (SocketChannel channel = new BrokenSocketChannel(Set.of())) {
            assertThatThrownBy(() -> TcpStream.accepted(
                            channel, Origin.here("stream"), unsupported, new HashSet<>(), new Place()))
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThat(channel.isOpen()).isFalse();
        }
    }
}
