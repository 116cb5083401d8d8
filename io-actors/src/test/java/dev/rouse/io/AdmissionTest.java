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
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which connections a listener and its shard take in, and what becomes of the others. Peers connect to the backlog, so
/// that each is there before the server decides.
final class AdmissionTest extends SocketTest {

    private final List<AutoCloseable> opened = new ArrayList<>();
    private ActorSystem small = system;

    private void limit(Limits limits) {
        limit(1, limits);
    }

    private void limit(int shards, Limits limits) {
        small = ActorSystem.builder().shards(shards).limits(limits).build();
    }

    @AfterEach
    void closeAll() throws Exception {
        small.close();
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    private TcpListener bind(TcpOptions options) throws IOException {
        TcpListener listener = TcpListener.bind(ANY_PORT, options);
        opened.add(listener);
        return listener;
    }

    private Socket peer(TcpListener listener) throws IOException {
        Socket peer = peerOf(listener);
        opened.add(peer);
        return peer;
    }

    private static int indexOf(TcpListener listener) {
        return listener.port();
    }

    /// Accepts, greets and keeps.
    private static TcpStream greet(TcpListener listener) throws IOException {
        TcpStream stream = listener.accept();
        stream.outputStream().write('h');
        return stream;
    }

    private static boolean isGreeted(Socket peer) throws IOException {
        return peer.getInputStream().read() == 'h';
    }

    /// The deadline is never met: it only ends an accept that found room where there was none.
    private static boolean findsNoRoom(TcpListener listener) throws Exception {
        long pauses = listener.pauses();
        Task<TcpStream> accepting = spawn(listener::accept);
        while (listener.pauses() == pauses && !accepting.isDone()) {
            sleepFor(Duration.ZERO);
        }
        boolean paused = !accepting.isDone();
        accepting.cancel();
        assertThat(catchThrowable(() -> await(accepting))).isNotNull();
        return paused;
    }

    @Test
    void aListenerTakesAsManyConnectionsAsItsLimitAndNotOneMore() throws Exception {
        TcpListener listener = bind(TcpOptions.defaults().withMaxConnections(2));
        for (int i = 0; i < 3; i++) {
            peer(listener);
        }
        join(system.spawn(() -> {
            TcpStream first = greet(listener);
            TcpStream second = greet(listener);
            assertThat(listener.connections()).isEqualTo(2);
            assertThat(findsNoRoom(listener)).isTrue();
            first.close();
            assertThat(listener.connections()).isEqualTo(1);
            TcpStream third = greet(listener);
            assertThat(listener.accepted()).isEqualTo(3);
            second.close();
            third.close();
        }));
        assertThat(listener.connections()).isZero();
        assertThat(listener.pauses()).isEqualTo(1);
        assertThat(listener.refused()).isZero();
    }

    @Test
    void aShardTakesAsManyConnectionsAsItsLimitAndNotOneMoreWhateverTheListener() throws Exception {
        limit(Limits.defaults().withConnectionsPerShard(2));
        TcpListener one = bind(TcpOptions.defaults());
        TcpListener other = bind(TcpOptions.defaults());
        peer(one);
        peer(one);
        peer(other);
        peer(other);
        join(small.spawn(() -> {
            TcpStream first = greet(one);
            TcpStream second = greet(other);
            assertThat(findsNoRoom(one)).isTrue();
            assertThat(findsNoRoom(other)).isTrue();
            assertThat(figure("connections")).isEqualTo(2);
            first.close();
            TcpStream third = greet(other);
            assertThat(findsNoRoom(one)).isTrue();
            second.close();
            third.close();
        }));
        assertThat(figure("connections")).isZero();
        assertThat(figure("accepted")).isEqualTo(3);
        assertThat(figure("pauses")).isEqualTo(3);
    }

    private long figure(String name) {
        return Objects.requireNonNull(small.socketFigures().get(name), name);
    }

    @Test
    void anAcceptThatWaitsForRoomGoesOnWhenAConnectionIsClosed() throws Exception {
        limit(Limits.defaults().withConnectionsPerShard(1));
        TcpListener listener = bind(TcpOptions.defaults());
        Socket first = peer(listener);
        Socket second = peer(listener);
        CompletableFuture<TcpStream> accepted = new CompletableFuture<>();
        Task<Void> server = small.spawn(() -> {
            accepted.complete(greet(listener));
            greet(listener).close();
        });
        assertThat(isGreeted(first)).isTrue();
        await().until(() -> listener.pauses() == 1);
        accepted.join().close(); // on this thread
        assertThat(isGreeted(second)).isTrue();
        join(server);
    }

    @Test
    void anAcceptThatHasWaitedForAPeerLooksForRoomAgain() throws Exception {
        limit(Limits.defaults().withConnectionsPerShard(1));
        TcpListener one = bind(TcpOptions.defaults());
        TcpListener other = bind(TcpOptions.defaults());
        Task<Void> server = small.spawn(() -> {
            Task<TcpStream> waitsForPeer = spawn(() -> greet(one));
            letOthersRun(); // it waits
            TcpStream taken = greet(other);
            letOthersRunUntil(() -> one.pauses() > 0);
            assertThat(one.connections()).isZero();
            taken.close();
            await(waitsForPeer).close();
        });
        assertThat(isGreeted(peer(other))).isTrue();
        Socket late = peer(one);
        assertThat(isGreeted(late)).isTrue();
        join(server);
        assertThat(one.accepted()).isEqualTo(1);
    }

    @Test
    void listenersThatWaitForRoomGetItInTurns() throws Exception {
        limit(Limits.defaults().withConnectionsPerShard(1));
        List<TcpListener> listeners = List.of(bind(TcpOptions.defaults()), bind(TcpOptions.defaults()));
        for (int i = 0; i < 4; i++) {
            peer(listeners.get(0));
            peer(listeners.get(1));
        }
        TcpListener third = bind(TcpOptions.defaults());
        peer(third);
        List<Integer> order = new ArrayList<>();
        join(small.spawn(() -> {
            TcpStream holdsThePlace = greet(third);
            List<Task<Void>> acceptors = new ArrayList<>();
            for (TcpListener listener : listeners) {
                acceptors.add(spawn(() -> {
                    for (int i = 0; i < 4; i++) {
                        TcpStream stream = listener.accept();
                        order.add(listeners.indexOf(listener));
                        spawn(() -> {
                            sleepFor(Duration.ZERO);
                            stream.close();
                        });
                    }
                }));
            }
            sleepFor(Duration.ZERO); // both wait
            holdsThePlace.close();
            for (Task<Void> acceptor : acceptors) {
                await(acceptor);
            }
        }));
        assertThat(order).containsExactly(0, 1, 0, 1, 0, 1, 0, 1);
    }

    @Test
    void aListenerThatRefusesResetsWhatItHasNoRoomForAndServesTheOthers() throws Exception {
        limit(Limits.defaults().withConnectionsPerShard(1));
        TcpListener listener = bind(TcpOptions.defaults().withOverload(Overload.REFUSE));
        Socket first = peer(listener);
        List<Socket> refused = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            refused.add(peer(listener));
        }
        CompletableFuture<TcpStream> accepted = new CompletableFuture<>();
        Task<Void> server = small.spawn(() -> {
            accepted.complete(greet(listener));
            greet(listener).close();
        });
        assertThat(isGreeted(first)).isTrue();
        for (Socket peer : refused) {
            assertThatThrownBy(() -> peer.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        assertThat(listener.connections()).isEqualTo(1);
        accepted.join().close();
        await().until(() -> listener.connections() == 0);
        assertThat(isGreeted(peer(listener))).isTrue();
        join(server);
        assertThat(listener.refused()).isEqualTo(40);
        assertThat(listener.accepted()).isEqualTo(2);
        assertThat(listener.pauses()).isZero();
        assertThat(figure("refused")).isEqualTo(40);
        assertThat(small.refusals()).isEqualTo(40);
    }

    @Test
    void aListenerOfItsOwnLimitRefusesToo() throws Exception {
        TcpListener listener = bind(TcpOptions.defaults().withMaxConnections(1).withOverload(Overload.REFUSE));
        Socket first = peer(listener);
        Socket second = peer(listener);
        Task<Void> server = system.spawn(() -> {
            greet(listener);
            listener.accept();
        });
        assertThat(isGreeted(first)).isTrue();
        assertThatThrownBy(() -> second.getInputStream().read()).isInstanceOf(SocketException.class);
        server.cancel();
        assertThat(listener.refused()).isEqualTo(1);
    }

    @Test
    void aShardWhoseFunctionsWaitForRoomAcceptsNoMore() throws Exception {
        limit(Limits.defaults().withFunctionsPerShard(3));
        TcpListener listener = bind(TcpOptions.defaults());
        Socket peer = peer(listener);
        CompletableFuture<Void> release = new CompletableFuture<>();
        Task<Void> server = small.spawn(() -> {
            Task<Void> holder = spawn(() -> {
                await(release);
            });
            Task<Void> spawner = spawn(() -> {
                spawn(() -> {}); // waits for room
            });
            letOthersRun(); // it waits
            greet(listener).close();
            await(holder);
            await(spawner);
        });
        await().until(() -> listener.pauses() == 1);
        assertThat(listener.accepted()).isZero();
        release.complete(null);
        assertThat(isGreeted(peer)).isTrue();
        join(server);
    }

    @Test
    void acceptorsThatServeThemselvesNeedNoRoomForAnotherFunction() throws Exception {
        limit(Limits.defaults().withFunctionsPerShard(1));
        TcpListener listener = bind(TcpOptions.defaults());
        Socket peer = peer(listener);
        join(small.spawn(() -> greet(listener).close()));
        assertThat(isGreeted(peer)).isTrue();
    }

    @Test
    void aShardThatBuffersNearlyAllItMayAcceptsNoMoreUntilHalfOfThatIsFree() throws Exception {
        limit(Limits.defaults().withBufferedBytesPerShard(100));
        TcpListener listener = bind(TcpOptions.defaults());
        peer(listener);
        peer(listener);
        join(small.spawn(() -> {
            BufferedBytes buffered = BufferedBytes.ofCurrentShard();
            buffered.take(75, "test");
            greet(listener).close();
            buffered.take(1, "test");
            assertThat(findsNoRoom(listener)).isTrue();
            Task<TcpStream> waits = spawn(() -> greet(listener));
            sleepFor(Duration.ZERO);
            buffered.giveBack(25);
            sleepFor(Duration.ZERO);
            assertThat(waits.isDone()).isFalse();
            buffered.giveBack(1);
            await(waits).close();
            buffered.giveBack(50);
        }));
        assertThat(listener.accepted()).isEqualTo(2);
    }

    @Test
    void aStreamCountsWhereItWasAcceptedUntilAnotherShardUsesIt() throws Exception {
        limit(2, Limits.defaults().withConnectionsPerShard(1));
        TcpListener listener = bind(TcpOptions.defaults());
        peer(listener);
        peer(listener);
        TcpStream first = join(small.spawn(listener::accept));
        AtomicInteger steps = new AtomicInteger();
        join(small.spawn(
                () -> { // on the other shard
                    first.outputStream().write('h');
                    steps.incrementAndGet();
                }));
        // On the first shard there is room again, and on the other none.
        TcpStream second = join(small.spawn(listener::accept));
        Throwable refusal = join(
                small.spawn(() -> catchThrowable(() -> second.outputStream().write('h'))));
        assertThat(refusal)
                .isInstanceOf(ConnectionLimitException.class)
                .hasMessageMatching("limit reached: limit=connectionsPerShard, value=1, owner=stream, local=\\S+,"
                        + " remote=\\S+; raise Limits.connectionsPerShard, close connections, or use other shards"
                        + " too")
                .extracting("value")
                .isEqualTo(1);
        assertThat(figure("connections")).isEqualTo(2);
        first.close();
        await().until(() -> figure("connections") == 1);
        join(small.spawn(() -> {})); // takes a turn on the first shard
        join(small.spawn(() -> second.outputStream().write('h')));
        assertThat(listener.connections()).isEqualTo(1);
        second.close();
        await().until(() -> figure("connections") == 0);
        assertThat(listener.connections()).isZero();
    }

    @Test
    void aStreamThatWasNeverUsedGivesItsPlaceBackOnWhateverThreadItIsClosed() throws Exception {
        limit(Limits.defaults().withConnectionsPerShard(1));
        TcpListener listener = bind(TcpOptions.defaults());
        peer(listener);
        Socket second = peer(listener);
        TcpStream unused = join(small.spawn(listener::accept));
        Task<Void> server = small.spawn(() -> greet(listener).close());
        await().until(() -> listener.pauses() == 1);
        unused.close();
        unused.close();
        assertThat(isGreeted(second)).isTrue();
        join(server);
        assertThat(figure("connections")).isZero();
    }

    @Test
    void aStreamThatConnectsTakesAPlaceAndIsRefusedWithoutOne() throws Exception {
        limit(Limits.defaults().withConnectionsPerShard(1));
        TcpListener listener = listener();
        opened.add(listener);
        InetSocketAddress address = (InetSocketAddress) listener.localAddress();
        join(small.spawn(() -> {
            TcpStream first = TcpStream.connect(address);
            assertThatThrownBy(() -> TcpStream.connect(address))
                    .isInstanceOf(ConnectionLimitException.class)
                    .hasMessage("limit reached: limit=connectionsPerShard, value=1, owner=stream, remote=127.0.0.1:"
                            + indexOf(listener)
                            + "; raise Limits.connectionsPerShard, close connections, or use other shards too");
            first.close();
            TcpStream.connect(address).close();
        }));
        assertThat(figure("connections")).isZero();
        assertThat(figure("refused")).isEqualTo(1);
        assertThat(small.refusals()).isEqualTo(1);
    }

    @Test
    void aConnectThatFailsGivesItsPlaceBack() throws Exception {
        limit(Limits.defaults().withConnectionsPerShard(1));
        TcpListener closed = listener();
        closed.close();
        join(small.spawn(() -> {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> TcpStream.connect(closed.localAddress()))
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(ConnectionLimitException.class);
            }
        }));
        assertThat(figure("connections")).isZero();
    }

    @Test
    void aConnectionThatIsGoneWhenItIsAcceptedGivesItsPlaceBack() throws Exception {
        join(system.spawn(() -> {
            SocketChannel unbound = open();
            Registration here =
                    new Endpoint(unbound, unbound, Origin.here("stream"), Endpoint.Holdings.NONE, null, null).enter();
            Connections connections = here.connections();
            connections.take();
            Place place = new Place(connections, null);
            SocketChannel gone = SocketChannel.open();
            gone.close();
            assertThatThrownBy(() -> TcpStream.accepted(
                            gone, Origin.here("stream"), TcpOptions.defaults(), here.unused(), place))
                    .isInstanceOf(IOException.class);
            assertThat(connections.open()).isZero();
        }));
    }

    private SocketChannel open() throws IOException {
        SocketChannel channel = SocketChannel.open();
        opened.add(channel);
        channel.configureBlocking(false);
        return channel;
    }

    @Test
    void anAcceptThatWaitsForRoomEndsWhenTheListenerIsClosed() throws Exception {
        TcpListener listener = bind(TcpOptions.defaults().withMaxConnections(1));
        peer(listener);
        Task<Throwable> server = system.spawn(() -> {
            TcpStream first = listener.accept();
            try (first) {
                return catchThrowable(listener::accept);
            }
        });
        await().until(() -> listener.pauses() == 1);
        listener.close();
        assertThat(join(server)).isInstanceOf(AsynchronousCloseException.class);
    }

    @Test
    void aDeadlineEndsTheWaitForRoom() throws Exception {
        TcpListener listener = bind(TcpOptions.defaults().withMaxConnections(1));
        peer(listener);
        join(system.spawn(() -> {
            try (TcpStream _ = listener.accept()) {
                assertThatThrownBy(() -> withTimeout(Duration.ofMillis(1), listener::accept))
                        .isInstanceOf(DeadlineExceededException.class);
            }
        }));
        assertThat(listener.pauses()).isEqualTo(1);
    }

    @Test
    void aDumpShowsWhatTheSocketsHaveCounted() throws Exception {
        limit(Limits.defaults());
        assertThat(small.socketFigures()).isEmpty();
        TcpListener listener = bind(TcpOptions.defaults().withMaxConnections(1));
        Socket peer = peer(listener);
        peer.getOutputStream().write(new byte[] {1, 2, 3});
        peer(listener);
        Task<Throwable> server = small.spawn(() -> {
            TcpStream stream = greet(listener);
            assertThat(stream.read()).isNotNull();
            return catchThrowable(listener::accept);
        });
        await().until(() -> listener.pauses() == 1);
        String figures = "connections=1, accepted=1, refused=0, pauses=1, failedAccepts=0";
        assertThat(small.dump().toString().lines())
                .contains(
                        "rouse-shard-0 sockets: " + figures + ", bytesIn=3, bytesOut=1, bufferedBytes=16384",
                        "rouse-shard-0 listener 127.0.0.1:" + indexOf(listener) + ": " + figures);
        assertThat(small.dump().toJson())
                .contains("\"poller\":[{\"part\":\"sockets\",\"connections\":1,\"accepted\":1,");
        assertThat(small.socketFigures()).containsEntry("accepted", 1L).containsEntry("bytesIn", 3L);
        listener.close();
        assertThat(join(server)).isInstanceOf(AsynchronousCloseException.class);
        await().until(() -> !small.dump().toString().contains("listener 127"));
    }
}
