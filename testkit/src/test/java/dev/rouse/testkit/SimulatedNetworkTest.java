package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Supervision;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Clock;
import dev.rouse.dispatch.Engine;
import dev.rouse.io.Overload;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpOptions;
import dev.rouse.io.TcpStream;
import dev.rouse.io.UdpOptions;
import dev.rouse.io.UdpSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedNetworkTest {
    private static final int PORT = 7;
    private static final Duration LONG = Duration.ofHours(1);

    private Simulation simulation = Simulation.of(1);
    private SimulatedNetwork network = simulation.network();
    private SimulatedHost server = network.host("server");
    private SimulatedHost client = network.host("client");

    @AfterEach
    void close() {
        simulation.close();
    }

    /// Another run with the same hosts, in place of the one that is there.
    private void begin(Simulation next) {
        simulation.close();
        simulation = next;
        network = simulation.network();
        server = network.host("server");
        client = network.host("client");
    }

    private TcpListener listener() throws IOException {
        return listener(TcpOptions.defaults());
    }

    private TcpListener listener(TcpOptions options) throws IOException {
        return server.call(() -> TcpListener.bind(server.address(PORT), options));
    }

    /// Sends back what one client sends, to its end.
    private Task<Void> echo() throws IOException {
        TcpListener listener = listener();
        return server.system().spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                    stream.write(bytes);
                }
            }
        });
    }

    private TcpStream connect() throws IOException {
        return TcpStream.connect(server.address(PORT));
    }

    private static byte[] readAll(TcpStream stream) throws IOException {
        return stream.inputStream().readAllBytes();
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) ((i * 31) >> 3);
        }
        return bytes;
    }

    // TCP.

    @Test
    void bytesComeOnceAndInOrderInWhateverPieces() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            begin(Simulation.of(seed));
            network.link(LinkOptions.defaults().withWindowBytes(1_000));
            Task<Void> echo = echo();
            byte[] sent = bytes(10_000);
            byte[] back = client.system()
                    .spawn(() -> {
                        try (TcpStream stream = connect()) {
                            Task<byte[]> reader = spawn(() -> readAll(stream));
                            stream.write(ByteBuffer.wrap(sent));
                            stream.shutdownOutput();
                            return await(reader);
                        }
                    })
                    .join();
            assertThat(back).isEqualTo(sent);
            echo.join();
        }
    }

    @Test
    void theSameSeedMakesTheSameRunOnBothEngines() throws IOException {
        assumeThat(Engine.preferred()).isEqualTo(Engine.CARRIER);
        for (int seed = 0; seed < 10; seed++) {
            assertThat(run(seed, Engine.PORTABLE))
                    .isEqualTo(run(seed, Engine.CARRIER))
                    .isEqualTo(run(seed, Engine.CARRIER));
        }
    }

    private List<Object> run(int seed, Engine engine) throws IOException {
        begin(Simulation.of(seed, system -> system.engine(engine).shards(2)));
        TcpListener listener = network.host("simulation").call(() -> TcpListener.bind(new InetSocketAddress(0)));
        Task<Void> echo = simulation.system().spawn(() -> {
            try (listener;
                    TcpStream accepted = listener.accept()) {
                accepted.write(ByteBuffer.wrap(bytes(10_000)));
            }
        });
        int port = listener.port();
        simulation.run(() -> {
            try (TcpStream stream = TcpStream.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
                assertThat(readAll(stream)).isEqualTo(bytes(10_000));
            }
        });
        echo.join();
        return List.of(simulation.fingerprint(), simulation.trace(), simulation.elapsed());
    }

    @Test
    void nobodyWhoListensRefusesTheConnection() {
        Task<TcpStream> refused = client.system().spawn(this::connect);

        assertThatThrownBy(refused::join)
                .rootCause()
                .isInstanceOf(ConnectException.class)
                .hasMessage("Connection refused");
    }

    @Test
    void whoIsNotThereIsWaitedForAsLongAsLinuxDoes() {
        InetSocketAddress nobody = new InetSocketAddress("10.0.0.99", PORT);
        Task<TcpStream> connecting = client.system().spawn(() -> TcpStream.connect(nobody));

        assertThatThrownBy(connecting::join)
                .hasMessageContaining("cannot connect: address=10.0.0.99:7, cause=connection timed out");
        assertThat(simulation.elapsed()).isBetween(Duration.ofSeconds(127), Duration.ofSeconds(128));
    }

    @Test
    void aPartitionThatHealsLosesNothing() throws IOException {
        Task<Void> echo = echo();
        Task<byte[]> talk = client.system().spawn(() -> {
            try (TcpStream stream = connect()) {
                sleepFor(Duration.ofSeconds(1));
                stream.write(ByteBuffer.wrap(bytes(100)));
                stream.shutdownOutput();
                return readAll(stream);
            }
        });
        simulation.runFor(Duration.ofMillis(900));
        network.partition(server, client);
        simulation.runFor(Duration.ofMinutes(15));
        assertThat(talk.isDone()).isFalse();
        network.heal(client, server);

        assertThat(talk.join()).isEqualTo(bytes(100));
        echo.join();
    }

    @Test
    void aPartitionThatStaysEndsAConnectionWhenTcpGivesUp() throws IOException {
        Task<Void> echo = echo();
        Task<Void> talk = client.system().spawn(() -> {
            try (TcpStream stream = connect()) {
                sleepFor(Duration.ofSeconds(1));
                stream.write(ByteBuffer.wrap(bytes(100)));
                assertThatThrownBy(stream::read)
                        .isInstanceOf(SocketException.class)
                        .hasMessageContaining("cause=connection timed out");
            }
        });
        simulation.runFor(Duration.ofMillis(900));
        network.partition(server, client);
        talk.join();

        assertThat(simulation.elapsed()).isBetween(Duration.ofSeconds(925), Duration.ofSeconds(926));
        network.heal(server, client); // the server learns nothing of it: what it waits for never comes
        simulation.runFor(LONG);
        assertThat(echo.isDone()).isFalse();
    }

    @Test
    void aResetFailsBothEnds() throws IOException {
        Task<Void> echo = echo();
        Task<Throwable> talk = client.system().spawn(() -> {
            try (TcpStream stream = connect()) {
                return catchThrowable(stream::read);
            }
        });
        simulation.runFor(Duration.ofSeconds(1));
        network.reset(server, client);

        assertThat(talk.join()).isInstanceOf(SocketException.class).hasMessageContaining("cause=connection reset");
        assertThatThrownBy(echo::join).hasMessageContaining("cause=connection reset");
        simulation.logs().allow(Level.WARNING, "a function failed and nobody awaited it"); // before the join
    }

    @Test
    void aPeerThatClosesWithBytesUnreadResetsTheConnection() throws IOException {
        TcpListener listener = listener();
        Task<Void> rude = server.system().spawn(() -> {
            try (listener) {
                TcpStream stream = listener.accept();
                stream.shutdownOutput(); // the first use; nothing is read
                sleepFor(Duration.ofSeconds(1));
                stream.close();
            }
        });
        Throwable failure = client.system()
                .spawn(() -> {
                    try (TcpStream stream = connect()) {
                        stream.write(ByteBuffer.wrap(bytes(10)));
                        sleepFor(Duration.ofSeconds(2));
                        return catchThrowable(() -> stream.write(ByteBuffer.wrap(bytes(10))));
                    }
                })
                .join();
        assertThat(failure).hasMessageContaining("cause=broken pipe");
        rude.join();
    }

    @Test
    void aFullBacklogHasTheNextOneWait() throws IOException {
        TcpListener listener = listener(TcpOptions.defaults().withBacklog(1));
        List<Task<Duration>> connects = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            connects.add(client.system().spawn(() -> {
                try (TcpStream _ = connect()) {
                    return simulation.elapsed();
                }
            }));
        }
        Task<Void> acceptor = server.system().spawn(() -> {
            try (listener) {
                sleepFor(Duration.ofSeconds(10));
                listener.accept().close();
                listener.accept().close();
            }
        });
        List<Duration> times = connects.stream().map(Task::join).sorted().toList();
        acceptor.join();

        assertThat(times.getFirst()).isLessThan(Duration.ofSeconds(1));
        assertThat(times.getLast()).isBetween(Duration.ofSeconds(15), Duration.ofSeconds(16)); // the fifth try
    }

    @Test
    void aWriterWaitsForTheWindowOfAReaderWhoDoesNotRead() throws IOException {
        network.link(LinkOptions.defaults().withWindowBytes(1_000));
        TcpListener listener = listener();
        Task<Integer> reader = server.system().spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                sleepFor(LONG);
                return readAll(stream).length;
            }
        });
        Duration written = client.system()
                .spawn(() -> {
                    try (TcpStream stream = connect()) {
                        stream.write(ByteBuffer.wrap(bytes(1_000)));
                        assertThat(simulation.elapsed()).isLessThan(Duration.ofSeconds(1));
                        stream.write(ByteBuffer.wrap(bytes(1)));
                        return simulation.elapsed();
                    }
                })
                .join();
        assertThat(written).isGreaterThan(LONG);
        assertThat(reader.join()).isEqualTo(1_001);
    }

    @Test
    void aWriterWaitsForTheBuffersOfBothEndsWhereTheyAreSmallerThanTheWindow() throws IOException {
        TcpOptions small = TcpOptions.defaults().withSendBufferBytes(4_096).withReceiveBufferBytes(4_096);
        TcpListener listener = listener(small);
        Task<Integer> reader = server.system().spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                sleepFor(LONG);
                return readAll(stream).length;
            }
        });
        Duration written = client.system()
                .spawn(() -> {
                    try (TcpStream stream = TcpStream.connect(server.address(PORT), small)) {
                        stream.write(ByteBuffer.wrap(bytes(8_192)));
                        assertThat(simulation.elapsed()).isLessThan(Duration.ofSeconds(1));
                        stream.write(ByteBuffer.wrap(bytes(1)));
                        return simulation.elapsed();
                    }
                })
                .join();
        assertThat(written).isGreaterThan(LONG);
        assertThat(reader.join()).isEqualTo(8_193);
    }

    @Test
    void bytesThatWereReadMakeRoomThoughTheBuffersHaveShrunkSince() throws IOException {
        List<Integer> moved = client.system()
                .spawn(() -> {
                    try (ServerSocketChannel listener = client.sockets().openServerSocketChannel();
                            SocketChannel one = client.sockets().openSocketChannel()) {
                        listener.bind(client.address(PORT));
                        one.connect(client.address(PORT));
                        sleepFor(Duration.ofSeconds(1));
                        one.finishConnect();
                        try (SocketChannel other = listener.accept()) {
                            List<Integer> counts = new ArrayList<>();
                            int sent = 20_000;
                            for (ByteBuffer src = ByteBuffer.allocate(sent); src.hasRemaining(); ) {
                                one.write(src);
                            }
                            sleepFor(Duration.ofSeconds(1));
                            for (ByteBuffer dst = ByteBuffer.allocate(sent); dst.hasRemaining(); ) {
                                other.read(dst);
                            }
                            one.setOption(StandardSocketOptions.SO_SNDBUF, 4_096);
                            other.setOption(StandardSocketOptions.SO_RCVBUF, 1); // no less than 2,048
                            counts.add(one.write(ByteBuffer.allocate(1)));
                            sleepFor(Duration.ofSeconds(1));
                            int room = 0;
                            for (int some = 1; some > 0; room += some) {
                                some = one.write(ByteBuffer.allocate(sent));
                            }
                            counts.add(room);
                            return counts;
                        }
                    }
                })
                .join();
        assertThat(moved).containsExactly(0, 4_096 + 2_048);
    }

    @Test
    void aStreamThatIsClosedWithAResetDiscardsAndResets() throws IOException {
        TcpListener listener = listener(TcpOptions.defaults().withResetOnClose());
        Task<Void> rude = server.system().spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                stream.write(ByteBuffer.wrap(bytes(10)));
            }
        });
        Throwable failure = client.system()
                .spawn(() -> catchThrowable(() -> {
                    try (TcpStream stream = connect()) {
                        readAll(stream);
                    }
                }))
                .join();
        assertThat(failure).isInstanceOf(SocketException.class).hasMessageContaining("cause=connection reset");
        rude.join();
    }

    @Test
    void aStreamWhoseBothSidesHaveEndedIsClosedWithoutAReset() throws IOException {
        TcpListener listener = listener(TcpOptions.defaults().withResetOnClose());
        Task<Void> polite = server.system().spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                readAll(stream);
                stream.shutdownOutput();
                sleepFor(Duration.ofSeconds(1));
            }
        });
        byte[] read = client.system()
                .spawn(() -> {
                    try (TcpStream stream = connect()) {
                        stream.shutdownOutput();
                        sleepFor(Duration.ofSeconds(2));
                        return readAll(stream);
                    }
                })
                .join();
        assertThat(read).isEmpty();
        polite.join();
    }

    @Test
    void aListenerAtItsLimitResetsTheNextOne() throws IOException {
        TcpListener listener =
                listener(TcpOptions.defaults().withMaxConnections(1).withOverload(Overload.REFUSE));
        Task<Void> acceptor = server.system().spawn(() -> {
            try (listener) {
                TcpStream first = listener.accept();
                Task<Void> _ = spawn(() -> {
                    sleepFor(Duration.ofSeconds(5));
                    first.close();
                });
                listener.accept().close();
            }
        });
        Throwable failure = client.system()
                .spawn(() -> {
                    try (TcpStream _ = connect()) {
                        sleepFor(Duration.ofSeconds(1));
                        return catchThrowable(this::connectAndRead);
                    }
                })
                .join();
        simulation.runFor(Duration.ofSeconds(10));
        client.system().spawn(this::connectAndRead).join();
        acceptor.join();
        assertThat(failure).isInstanceOf(SocketException.class).hasMessageContaining("cause=connection reset");
    }

    private void connectAndRead() throws IOException {
        try (TcpStream stream = connect()) {
            stream.read();
        }
    }

    @Test
    void anOptionThatNobodyHasSetIsWhatASystemHasByDefault() throws IOException {
        TcpListener listener = listener();
        client.system()
                .spawn(() -> {
                    try (listener;
                            TcpStream stream = connect()) {
                        assertThat(stream.option(StandardSocketOptions.SO_LINGER))
                                .isEqualTo(-1);
                        assertThat(stream.option(StandardSocketOptions.SO_KEEPALIVE))
                                .isFalse();
                        assertThat(stream.option(StandardSocketOptions.SO_SNDBUF))
                                .isEqualTo(65_536);
                    }
                })
                .join();
        try (DatagramChannel datagrams = client.sockets().openDatagramChannel()) {
            assertThat(datagrams.getOption(StandardSocketOptions.SO_RCVBUF)).isEqualTo(212_992);
        }
    }

    @Test
    void aSlowWayTakesItsTime() throws IOException {
        network.link(server, client, LinkOptions.defaults().withBytesPerSecond(1_000));
        Task<Void> echo = echo();
        client.system()
                .spawn(() -> {
                    try (TcpStream stream = connect()) {
                        stream.write(ByteBuffer.wrap(bytes(10_000)));
                        stream.shutdownOutput();
                        return readAll(stream);
                    }
                })
                .join();
        echo.join();

        assertThat(simulation.elapsed()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(21));
    }

    @Test
    void aPortThatIsTakenAndAnAddressOfAnotherAreRefused() throws IOException {
        TcpListener first = listener();

        assertThatThrownBy(this::listener)
                .isInstanceOf(BindException.class)
                .hasMessageContaining("cause=address already in use");
        assertThatThrownBy(() -> client.call(() -> TcpListener.bind(server.address(PORT))))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("cause=cannot assign requested address");
        first.close();
        listener().close();
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private Throwable talk(SimulatedHost from, InetSocketAddress to) {
        return from.system()
                .spawn(() -> catchThrowable(() -> TcpStream.connect(to).close()))
                .join();
    }

    @Test
    void aListenerAtLoopbackIsNotReachedFromAnotherHost() throws IOException {
        try (TcpListener _ = server.call(() -> TcpListener.bind(loopback(PORT)))) {
            assertThat(talk(client, server.address(PORT))).hasRootCauseMessage("Connection refused");
            assertThat(talk(server, server.address(PORT))).hasRootCauseMessage("Connection refused");
            assertThat(talk(server, loopback(PORT))).isNull();
            assertThat(talk(client, loopback(PORT))).hasRootCauseMessage("Connection refused");
        }
    }

    @Test
    void aListenerAtTheAddressOfItsHostIsNotReachedByLoopback() throws IOException {
        try (TcpListener _ = listener()) {
            assertThat(talk(server, loopback(PORT))).hasRootCauseMessage("Connection refused");
            assertThat(talk(server, server.address(PORT))).isNull();
        }
    }

    @Test
    void twoListenersHaveOnePortAtDifferentAddressesAndNoneHasItAtAllBesideThem() throws IOException {
        InetSocketAddress all = new InetSocketAddress(PORT);
        try (TcpListener first = listener();
                TcpListener second = server.call(() -> TcpListener.bind(loopback(PORT)))) {
            assertThat(List.of(first.port(), second.port())).containsOnly(PORT);
            assertThatThrownBy(() -> server.call(() -> TcpListener.bind(all)))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("cause=address already in use");
        }
        try (TcpListener _ = server.call(() -> TcpListener.bind(all))) {
            assertThat(talk(client, server.address(PORT))).isNull();
            assertThat(talk(server, loopback(PORT))).isNull();
            assertThatThrownBy(() -> server.call(() -> TcpListener.bind(loopback(PORT))))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("cause=address already in use");
        }
    }

    @Test
    void whoConnectsByLoopbackIsAtLoopbackAndSoIsItsPeer() throws IOException {
        try (TcpListener listener = server.call(() -> TcpListener.bind(new InetSocketAddress(PORT)))) {
            Task<List<SocketAddress>> accepted = server.system().spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    return List.of(stream.localAddress(), stream.remoteAddress());
                }
            });
            List<SocketAddress> connected = server.system()
                    .spawn(() -> {
                        try (TcpStream stream = TcpStream.connect(loopback(PORT))) {
                            return List.of(stream.remoteAddress(), stream.localAddress());
                        }
                    })
                    .join();
            assertThat(accepted.join()).isEqualTo(connected);
            assertThat(connected).first().isEqualTo(loopback(PORT));
            assertThat(connected.getLast())
                    .isInstanceOfSatisfying(
                            InetSocketAddress.class,
                            local -> assertThat(local.getAddress().isLoopbackAddress())
                                    .isTrue());
        }
    }

    @Test
    void whichOfSeveralReadySocketsComesFirstIsDrawn() throws IOException {
        Set<List<Integer>> orders = new HashSet<>();
        for (int seed = 0; seed < 20; seed++) {
            begin(Simulation.of(seed));
            network.link(LinkOptions.defaults().withLatency(Duration.ofMillis(1), Duration.ofMillis(1)));
            TcpListener listener = listener();
            List<Integer> order = new ArrayList<>();
            Task<Void> acceptor = server.system().spawn(() -> {
                List<Task<Void>> readers = new ArrayList<>();
                try (listener) {
                    for (int i = 0; i < 3; i++) {
                        TcpStream stream = listener.accept();
                        readers.add(spawn(() -> {
                            try (stream) {
                                order.add((int) readAll(stream)[0]);
                            }
                        }));
                    }
                }
                readers.forEach(each -> await(each));
            });
            client.system()
                    .spawn(() -> {
                        List<TcpStream> streams = new ArrayList<>();
                        for (int i = 0; i < 3; i++) {
                            streams.add(connect());
                        }
                        for (int i = 0; i < 3; i++) {
                            streams.get(i).write(ByteBuffer.wrap(new byte[] {(byte) i}));
                            streams.get(i).close();
                        }
                    })
                    .join();
            acceptor.join();
            orders.add(order);
        }
        assertThat(orders).hasSizeGreaterThan(1);
    }

    // Hosts.

    @Test
    void aHostThatCrashesIsSilentUntilItIsBackAndThenRefuses() throws IOException {
        TcpListener listener = listener();
        List<String> cleanups = new ArrayList<>();
        ActorSystem crashed = server.system();
        Task<Void> _ = crashed.spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                stream.read();
            } finally {
                cleanups.add("server");
            }
        });
        Task<Throwable> talk = client.system().spawn(() -> {
            try (TcpStream stream = connect()) {
                sleepFor(Duration.ofSeconds(10));
                stream.write(ByteBuffer.wrap(bytes(1)));
                return catchThrowable(stream::read);
            }
        });
        simulation.runFor(Duration.ofSeconds(1));
        server.crash();
        simulation.runFor(Duration.ofMinutes(1));
        assertThat(talk.isDone()).isFalse();
        assertThatThrownBy(server::system)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the host has crashed: host=server; restart it first");
        server.restart();

        assertThat(talk.join()).hasMessageContaining("cause=connection reset");
        assertThat(cleanups).isEmpty();
        crashed.close(); // as a test does that was about to
        Task<Void> echo = echo(); // the port is free, and there is a new system
        client.system().spawn(() -> connect().close()).join();
        echo.join();
    }

    private static LinkOptions late(Duration time) {
        return LinkOptions.defaults().withLatency(time, time);
    }

    /// Accepts one after another, and reads each to its end.
    private Task<List<Throwable>> readers(int number) throws IOException {
        TcpListener listener = listener();
        return server.system().spawn(() -> {
            List<Throwable> failures = new ArrayList<>();
            try (listener) {
                for (int i = 0; i < number; i++) {
                    try (TcpStream stream = listener.accept()) {
                        failures.add(catchThrowable(() -> readAll(stream)));
                    }
                }
            }
            return failures;
        });
    }

    @Test
    void aHostThatIsBackRefusesAnEndOfOutputToo() throws IOException {
        network.link(late(Duration.ofMillis(200)));
        Task<List<Throwable>> _ = readers(1);
        Task<Throwable> talk = client.system().spawn(() -> {
            try (TcpStream stream = connect()) {
                sleepFor(Duration.ofSeconds(1));
                stream.shutdownOutput();
                return catchThrowable(stream::read);
            }
        });
        simulation.runFor(Duration.ofSeconds(1));
        server.crash();
        server.restart();

        assertThat(talk.join()).isInstanceOf(SocketException.class).hasMessageContaining("cause=connection reset");
    }

    @Test
    void aHostThatIsBackRefusesTheAcknowledgementOfBytesThatHaveCome() throws IOException {
        network.link(late(Duration.ofMillis(200)));
        TcpListener listener = listener();
        Task<Void> _ = server.system().spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                stream.write(ByteBuffer.wrap(bytes(64 * 1024)));
                stream.read();
            }
        });
        Task<Throwable> talk = client.system().spawn(() -> {
            try (TcpStream stream = connect()) {
                sleepFor(Duration.ofSeconds(2));
                return catchThrowable(() -> readAll(stream));
            }
        });
        simulation.runFor(Duration.ofSeconds(1));
        server.crash();
        server.restart();

        assertThat(talk.join()).isInstanceOf(SocketException.class).hasMessageContaining("cause=connection reset");
    }

    @Test
    void anAnswerThatComesWhenTcpHasGivenUpResetsWhatThePeerTakesForAConnection() throws IOException {
        network.link(late(Duration.ofSeconds(40)));
        Task<List<Throwable>> reader = readers(1);
        Task<TcpStream> connecting = client.system().spawn(this::connect);
        network.partition(client, server);
        simulation.runFor(Duration.ofSeconds(100));
        network.heal(client, server); // the last try comes after 103 s, its answer after 143

        assertThatThrownBy(connecting::join).hasMessageContaining("cause=connection timed out");
        assertThat(reader.join())
                .singleElement()
                .satisfies(failure -> assertThat(failure).hasMessageContaining("cause=connection reset"));
        assertThat(simulation.elapsed()).isBetween(Duration.ofSeconds(183), Duration.ofSeconds(184));
    }

    @Test
    void anAnswerToOneThatNoLongerConnectsResetsWhatThePeerTakesForAConnection() throws IOException {
        network.link(late(Duration.ofMillis(200)));
        Task<List<Throwable>> reader = readers(1);
        Task<TcpStream> connecting = client.system()
                .spawn(() -> TcpStream.connect(
                        server.address(PORT), TcpOptions.defaults().withConnectTimeout(Duration.ofMillis(300))));

        assertThatThrownBy(connecting::join).hasMessageContaining("cause=no answer for 300ms");
        assertThat(reader.join())
                .singleElement()
                .satisfies(failure -> assertThat(failure).hasMessageContaining("cause=connection reset"));
    }

    @Test
    void aHostThatCrashesBeforeItsAnswerIsThereIsConnectedToWhenItIsBack() throws IOException {
        network.link(late(Duration.ofMillis(200)));
        Task<List<Throwable>> _ = readers(1);
        Task<Duration> connecting = client.system().spawn(() -> {
            connect().close();
            return simulation.elapsed();
        });
        simulation.runFor(Duration.ofMillis(300));
        server.crash();
        server.restart();
        Task<List<Throwable>> reader = readers(1);

        assertThat(connecting.join()).isLessThan(Duration.ofSeconds(2)); // the second try
        assertThat(reader.join()).singleElement().isNull();
    }

    @Test
    void whatAHostHasSentJustBeforeItCrashesArrivesOrNotAndNeverWithAGap() throws IOException {
        Set<Integer> lengths = new HashSet<>();
        for (int seed = 0; seed < 40; seed++) {
            begin(Simulation.of(seed));
            network.link(late(Duration.ofMillis(200)));
            TcpListener listener = listener();
            Task<Void> _ = server.system().spawn(() -> {
                try (listener;
                        TcpStream stream = listener.accept()) {
                    stream.read();
                    stream.write(ByteBuffer.wrap(bytes(100)));
                    stream.write(ByteBuffer.wrap(bytes(200)), ByteBuffer.wrap(bytes(0)));
                    sleepFor(LONG);
                }
            });
            Task<byte[]> answer = client.system().spawn(() -> {
                ByteBuffer got = ByteBuffer.allocate(300);
                try (TcpStream stream = TcpStream.connect(
                        server.address(PORT), TcpOptions.defaults().withReadTimeout(Duration.ofSeconds(5)))) {
                    sleepFor(Duration.ofSeconds(1));
                    stream.write(ByteBuffer.wrap(bytes(1)));
                    stream.readFully(got);
                } catch (SocketTimeoutException _) {
                    // no more has come
                }
                return Arrays.copyOf(got.array(), got.position());
            });
            simulation.runFor(Duration.ofMillis(1_700)); // asked at 1.4 s, answered at 1.6 s, due at 1.8 s
            server.crash();
            byte[] got = answer.join();
            byte[] all =
                    ByteBuffer.allocate(300).put(bytes(100)).put(bytes(200)).array();
            assertThat(got).isEqualTo(Arrays.copyOf(all, got.length));
            lengths.add(got.length);
        }
        assertThat(lengths).contains(0, 100, 300);
    }

    @Test
    void bytesThatComeWhenTcpHasGivenUpAreRefused() throws IOException {
        TcpListener listener = listener();
        Task<Throwable> writer = server.system().spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                sleepFor(Duration.ofMinutes(20));
                stream.write(ByteBuffer.wrap(bytes(1)));
                return catchThrowable(stream::read);
            }
        });
        Task<byte[]> reader = client.system().spawn(() -> {
            try (TcpStream stream = connect()) {
                sleepFor(Duration.ofSeconds(1));
                stream.write(ByteBuffer.wrap(bytes(1)));
                sleepFor(LONG);
                assertThatThrownBy(() -> readAll(stream)).hasMessageContaining("cause=connection timed out");
                return bytes(0);
            }
        });
        simulation.runFor(Duration.ofMillis(900));
        network.partition(server, client);
        simulation.runFor(Duration.ofMinutes(17));
        network.heal(server, client);

        assertThat(writer.join()).hasMessageContaining("cause=connection reset");
        reader.join();
    }

    @Test
    void aConnectionThatNobodyHasAcceptedIsResetByAListenerThatClosesAndNotByOneThatCrashes() throws IOException {
        for (boolean crashes : List.of(true, false)) {
            begin(Simulation.of(1));
            TcpListener listener = listener();
            Task<Void> _ = server.system().spawn(() -> {
                try (listener) {
                    TcpStream first = listener.accept();
                    first.close();
                    sleepFor(Duration.ofSeconds(10));
                }
            });
            client.system().spawn(() -> connect().close()).join();
            Task<Throwable> second = client.system().spawn(() -> {
                try (TcpStream stream = connect()) {
                    return catchThrowable(stream::read);
                }
            });
            simulation.runFor(Duration.ofSeconds(5));
            if (crashes) {
                server.crash();
            }
            simulation.runFor(LONG);
            assertThat(second.isDone()).isEqualTo(!crashes);
        }
    }

    @Test
    void aSelectorAnswersHowManyAreReady() throws IOException {
        int ready = server.system()
                .spawn(() -> {
                    try (Selector selector = server.sockets().openSelector();
                            DatagramChannel socket = server.sockets().openDatagramChannel()) {
                        socket.configureBlocking(false);
                        SelectionKey key = socket.bind(server.address(PORT)).register(selector, SelectionKey.OP_WRITE);
                        return key.isValid() ? selector.selectNow(_ -> {}) : 0;
                    }
                })
                .join();
        assertThat(ready).isOne();
    }

    /// Opens two that are ready, has the one that comes first close the other, and says what the action has met.
    private static List<String> closeTheOther(
            Selector selector, AbstractSelectableChannel one, AbstractSelectableChannel other) throws IOException {
        List<String> met = new ArrayList<>();
        for (AbstractSelectableChannel each : List.of(one, other)) {
            each.configureBlocking(false);
            each.register(selector, SelectionKey.OP_WRITE);
        }
        int reported = selector.selectNow(key -> {
            try {
                met.add("ready for " + key.readyOps());
                (key.channel().equals(one) ? other : one).close();
            } catch (CancelledKeyException _) {
                met.add("cancelled");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(reported).isEqualTo(met.size());
        one.close();
        other.close();
        return met;
    }

    private static SocketChannel connected(SelectorProvider provider, SocketAddress to) throws IOException {
        SocketChannel stream = provider.openSocketChannel();
        stream.connect(to);
        sleepFor(Duration.ofSeconds(1));
        stream.finishConnect();
        return stream;
    }

    @Test
    void aKeyWhoseChannelIsClosedByAnotherOfItsBatchIsMetAsInTheJdk() throws IOException {
        List<List<String>> simulated = client.system()
                .spawn(() -> {
                    SelectorProvider provider = client.sockets();
                    try (Selector selector = provider.openSelector();
                            ServerSocketChannel listener = provider.openServerSocketChannel()) {
                        listener.bind(client.address(PORT));
                        return List.of(
                                closeTheOther(
                                        selector,
                                        connected(provider, client.address(PORT)),
                                        connected(provider, client.address(PORT))),
                                closeTheOther(
                                        selector, provider.openDatagramChannel(), provider.openDatagramChannel()));
                    }
                })
                .join();
        SelectorProvider machine = SelectorProvider.provider();
        try (Selector selector = machine.openSelector();
                ServerSocketChannel listener = machine.openServerSocketChannel()) {
            listener.bind(loopback(0));
            List<String> streams = closeTheOther(
                    selector,
                    SocketChannel.open(listener.getLocalAddress()),
                    SocketChannel.open(listener.getLocalAddress()));
            List<String> datagrams =
                    closeTheOther(selector, machine.openDatagramChannel(), machine.openDatagramChannel());
            assertThat(simulated)
                    .isEqualTo(List.of(streams, datagrams))
                    .isEqualTo(List.of(List.of("ready for 4"), List.of("ready for 4", "cancelled")));
        }
    }

    @Test
    void aKeyThatIsCancelledSaysSo() throws IOException {
        client.system()
                .spawn(() -> {
                    try (Selector selector = client.sockets().openSelector();
                            DatagramChannel socket = client.sockets().openDatagramChannel()) {
                        socket.configureBlocking(false);
                        SelectionKey key = socket.register(selector, SelectionKey.OP_READ);
                        key.interestOps(SelectionKey.OP_WRITE);
                        assertThat(key.interestOps()).isEqualTo(SelectionKey.OP_WRITE);
                        key.cancel();
                        assertThatThrownBy(key::interestOps).isInstanceOf(CancelledKeyException.class);
                        assertThatThrownBy(() -> key.interestOps(0)).isInstanceOf(CancelledKeyException.class);
                        assertThatThrownBy(key::readyOps).isInstanceOf(CancelledKeyException.class);
                        assertThat(selector.selectNow(_ -> {})).isZero();
                    }
                })
                .join();
    }

    @Test
    void aSocketThatIsLeftOpenFailsTheTest() throws IOException {
        Simulation other = Simulation.of(7);
        SimulatedHost host = other.network().host("left");
        TcpListener _ = host.call(() -> TcpListener.bind(host.address(PORT)));

        assertThatThrownBy(other::close)
                .isInstanceOf(AssertionError.class)
                .hasMessage("the simulation has not ended cleanly: seed=7\n"
                        + "a socket was not closed: listener, local=left:7");
    }

    @Test
    void socketsThatWereUsedOrAcceptedAndNeverClosedFailTheTestByName() throws IOException {
        Simulation other = Simulation.of(7);
        SimulatedHost left = other.network().host("left");
        SimulatedHost right = other.network().host("right");
        TcpListener listener = left.call(() -> TcpListener.bind(left.address(PORT)));
        Task<TcpStream> accepted = left.system().spawn(() -> {
            try (listener) {
                return listener.accept();
            }
        });
        right.system()
                .spawn(() -> {
                    TcpStream stream = TcpStream.connect(left.address(PORT));
                    stream.write(ByteBuffer.wrap(bytes(5)));
                    UdpSocket socket = UdpSocket.bind(right.address(PORT));
                    socket.send(ByteBuffer.wrap(bytes(5)), left.address(PORT));
                })
                .join();
        TcpStream _ = accepted.join();

        assertThatThrownBy(other::close).isInstanceOf(AssertionError.class).hasMessageMatching("""
            the simulation has not ended cleanly: seed=7
            a socket was not closed: stream, right:\\d+ to 10.0.0.2:7, bytes not read=0
            a socket was not closed: datagrams, local=right:7
            a socket was not closed: stream, left:7 to 10.0.0.3:\\d+, bytes not read=\\d\
            """);
    }

    @Test
    void aStreamThatIsLeftOpenIsNamedWithWhatNobodyHasRead() throws IOException {
        Simulation other = Simulation.of(7);
        SimulatedHost left = other.network().host("left");
        SimulatedHost right = other.network().host("right");
        TcpListener listener = left.call(() -> TcpListener.bind(left.address(PORT)));
        CompletableFuture<TcpStream> accepted = new CompletableFuture<>();
        Task<Void> _ = left.system().spawn(() -> {
            try (listener) {
                accepted.complete(listener.accept());
                sleepFor(LONG); // its shard closes the stream
            }
        });
        Task<Void> writer = right.system().spawn(() -> {
            TcpStream stream = TcpStream.connect(left.address(PORT));
            stream.write(ByteBuffer.wrap(bytes(5)));
            sleepFor(Duration.ofSeconds(1));
        });
        writer.join();
        assertThat(accepted).isDone();
        assertThat(left.openSockets())
                .anySatisfy(socket ->
                        assertThat(socket).startsWith("stream, left:7 to ").endsWith(", bytes not read=5"));
        other.mayLeaveFunctions();
        other.close();
    }

    @Test
    void bytesThatAreOnTheirWayWhenThereIsNoneFailTheTest() throws IOException {
        Simulation other = Simulation.of(7);
        SimulatedHost left = other.network().host("left");
        SimulatedHost right = other.network().host("right");
        TcpListener listener = left.call(() -> TcpListener.bind(left.address(PORT)));
        Task<Void> acceptor = left.system().spawn(() -> {
            try (listener;
                    TcpStream _ = listener.accept()) {
                sleepFor(Duration.ofSeconds(2));
            }
        });
        Task<Void> writer = right.system().spawn(() -> {
            try (TcpStream stream = TcpStream.connect(left.address(PORT))) {
                sleepFor(Duration.ofSeconds(2));
                stream.write(ByteBuffer.wrap(bytes(5)));
            }
        });
        other.runFor(Duration.ofSeconds(1));
        other.network().partition(left, right);
        writer.join();
        acceptor.join();

        assertThatThrownBy(other::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("the simulation has not ended cleanly: seed=7\n"
                        + "bytes were on their way, and there was none: 5 bytes from right:")
                .hasMessageEndingWith(" to left:7");
    }

    @Test
    void aSystemThatIsLeftOpenFailsTheTestAndEnds() {
        Simulation other = Simulation.of(7);
        SimulatedHost host = other.network().host("left");
        ActorSystem system = host.call(
                () -> ActorSystem.builder().name("forgotten").shards(1).build());

        assertThatThrownBy(other::close)
                .isInstanceOf(AssertionError.class)
                .hasMessage("the simulation has not ended cleanly: seed=7\n"
                        + "a system was not closed: shard=left/forgotten-shard-0");
        assertThat(system.alive()).isZero();
    }

    private static ActorSystem twin(SimulatedHost host) {
        return host.call(() -> ActorSystem.builder().name("twin").shards(1).build());
    }

    private Duration sleeper(ActorSystem system) {
        return system.spawn(() -> {
                    sleepFor(Duration.ofSeconds(1));
                    return simulation.elapsed();
                })
                .join();
    }

    @Test
    void shardsOfEquallyNamedSystemsAreToldApartByTheirHosts() {
        try (ActorSystem one = twin(server);
                ActorSystem other = twin(client)) {
            assertThatThrownBy(() -> simulation.faults().pause("twin-shard-0", LONG))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there is no such shard: name=twin-shard-0, shards=[simulation-shard-0,"
                            + " simulation-shard-1, server/twin-shard-0, client/twin-shard-0]");
            simulation.faults().pause("client/twin-shard-0", LONG);

            assertThat(sleeper(one)).isLessThan(LONG);
            assertThat(simulation.trace()).contains("server/twin-shard-0 ").doesNotContain(" twin-shard-0");
            assertThat(sleeper(other)).isGreaterThan(LONG);
        }
    }

    @Test
    void aNameThatSeveralShardsHaveIsRefused() {
        try (ActorSystem _ = twin(server);
                ActorSystem _ = twin(server)) {
            assertThatThrownBy(() -> simulation.faults().pause("server/twin-shard-0", LONG))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("several shards have this name: name=server/twin-shard-0, shards=[simulation-shard-0,"
                            + " simulation-shard-1, server/twin-shard-0, server/twin-shard-0]; give the systems of a"
                            + " host names of their own");
        }
    }

    @Test
    void aSystemThatIsBuiltOnAHostDrawsItsBackoffFromTheSeed() {
        assertThat(runOfAnActorThatFails(3)).isEqualTo(runOfAnActorThatFails(3)).isNotEqualTo(runOfAnActorThatFails(4));
    }

    private static Duration runOfAnActorThatFails(long seed) {
        Supervision waiting = Supervision.restart().backoff(Duration.ofSeconds(1), Duration.ofHours(1));
        try (Simulation other = Simulation.of(seed)) {
            other.logs().allow(Level.WARNING, "an actor failed and is restarted: actor=/failing");
            Duration[] last = new Duration[1];
            SimulatedHost host = other.network().host("host");
            try (ActorSystem system = host.call(() -> ActorSystem.builder().build())) {
                ActorRef<Integer> failing = system.spawnActor(
                        "failing", ActorOptions.defaults().withSupervision(waiting), () -> (message, _) -> {
                            last[0] = other.elapsed();
                            throw new IllegalStateException("planned: " + message);
                        });
                for (int i = 0; i < 5; i++) {
                    failing.tell(i);
                }
                other.runFor(LONG);
            }
            return last[0];
        }
    }

    /// What the others see of it has an order.
    @Test
    void theSocketsThatAShardHasToCloseAreClosedInTheSameOrderInEachRun() throws IOException {
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            seen.add(runWithSocketsThatAShardHasToClose());
        }
        assertThat(seen).hasSize(1);
    }

    private static long runWithSocketsThatAShardHasToClose() throws IOException {
        try (Simulation other = Simulation.of(7)) {
            other.mayLeaveFunctions();
            SimulatedHost left = other.network().host("left");
            SimulatedHost right = other.network().host("right");
            ActorSystem system = left.call(
                    () -> ActorSystem.builder().name("closed").shards(1).build());
            TcpListener listener = left.call(() -> TcpListener.bind(left.address(PORT)));
            Task<Void> accepting = system.spawn(() -> {
                List<TcpStream> streams = new ArrayList<>();
                try (listener) {
                    for (int i = 0; i < 10; i++) {
                        streams.add(listener.accept());
                    }
                }
                for (TcpStream used : streams.subList(0, 5)) {
                    used.write(ByteBuffer.wrap(bytes(1)));
                }
            });
            List<Task<Void>> connected = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                connected.add(right.system().spawn(() -> {
                    try (TcpStream stream = TcpStream.connect(left.address(PORT))) {
                        readAll(stream);
                    }
                }));
            }
            accepting.join();
            other.runFor(Duration.ofSeconds(1));
            system.close();
            connected.forEach(Task::join);
            return other.fingerprint();
        }
    }

    @Test
    void codeOnAHostReadsItsTime() {
        simulation.runFor(LONG);
        long there = client.call(() -> Clock.system().nanoTime());

        assertThat(there).isEqualTo(simulation.elapsed().toNanos());
    }

    @Test
    void socketsOfTheMachineAndOfASimulationDoNotMix() throws IOException {
        try (TcpListener real = TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                ActorSystem machine = ActorSystem.create();
                TcpListener simulated = listener()) {
            assertThatThrownBy(() -> client.system().spawn(real::accept).join())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("socket of another network than its function's: listener, local=127.0.0.1:")
                    .hasMessageEndingWith("; open it where it is used, in the simulation or outside of it");
            assertThatThrownBy(() -> machine.spawn(simulated::accept).join())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("socket of another network than its function's: listener, local=10.0.0.");
        }
    }

    @Test
    void aSimulationRefusesUnixDomainSockets() {
        UnixDomainSocketAddress path = UnixDomainSocketAddress.of("rouse.sock");
        String refusal = "a simulated host has no such sockets: host=" + client.name()
                + ", family=UNIX; use TCP in a simulation, an address from SimulatedHost.address";

        assertThatThrownBy(() -> client.call(() -> TcpListener.bind(path)))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage(refusal);
        assertThatThrownBy(() ->
                        client.system().spawn(() -> TcpStream.connect(path)).join())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage(refusal);
    }

    @Test
    void thereAreSoManyHostsAndNoMore() {
        for (int i = 0; i < 247; i++) { // beside those of the simulation itself and of this test
            network.host("host" + i);
        }
        assertThat(network.host("host0")).isSameAs(network.host("host0"));
        assertThatThrownBy(() -> network.host("one more"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("too many hosts: host=one more, most=250");
    }

    // UDP.

    private List<Integer> datagrams(int number) throws IOException {
        UdpSocket receiver = server.call(() -> UdpSocket.bind(server.address(PORT)));
        List<Integer> received = new ArrayList<>();
        Task<Void> _ = server.system().spawn(() -> {
            ByteBuffer room = ByteBuffer.allocate(2);
            try (receiver) {
                while (true) {
                    receiver.receive(room);
                    received.add((int) room.get(0));
                    room.clear();
                }
            }
        });
        client.system()
                .spawn(() -> {
                    try (UdpSocket sender = UdpSocket.bind(client.address(0))) {
                        for (int i = 0; i < number; i++) {
                            sender.send(ByteBuffer.wrap(new byte[] {(byte) i, 1, 2, 3}), server.address(PORT));
                        }
                    }
                })
                .join();
        simulation.runFor(LONG);
        return received;
    }

    @Test
    void datagramsComeCutToTheRoomThereIs() throws IOException {
        assertThat(datagrams(3)).containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void datagramsOvertakeEachOther() throws IOException {
        List<Integer> received = datagrams(20);
        assertThat(received).hasSize(20).doesNotHaveDuplicates();
        assertThat(received).isNotEqualTo(received.stream().sorted().toList());
    }

    @Test
    void datagramsGetLost() throws IOException {
        network.link(LinkOptions.defaults().withLossPercent(50));
        assertThat(datagrams(100)).hasSizeBetween(20, 80).doesNotHaveDuplicates();
    }

    @Test
    void datagramsComeTwice() throws IOException {
        network.link(LinkOptions.defaults().withDoublingPercent(100));
        assertThat(datagrams(3)).containsExactlyInAnyOrder(0, 0, 1, 1, 2, 2);
    }

    @Test
    void datagramsThatANarrowWayHasNoRoomForAreDropped() throws IOException {
        network.link(LinkOptions.defaults().withBytesPerSecond(1_000).withQueueBytes(10_000));
        UdpSocket receiver = server.call(() -> UdpSocket.bind(server.address(PORT)));
        Task<List<Duration>> arrivals = server.system().spawn(() -> {
            List<Duration> times = new ArrayList<>();
            try (receiver) {
                while (true) {
                    withTimeout(Duration.ofMinutes(1), () -> receiver.receive(ByteBuffer.allocate(1)));
                    times.add(simulation.elapsed());
                }
            } catch (DeadlineExceededException _) {
                return times;
            }
        });
        client.system()
                .spawn(() -> {
                    try (UdpSocket socket = UdpSocket.bind(client.address(0))) {
                        for (int i = 0; i < 1_000; i++) {
                            socket.send(ByteBuffer.allocate(972), server.address(PORT)); // 1,000 with its headers
                        }
                    }
                })
                .join();
        List<Duration> times = arrivals.join();
        assertThat(times).hasSize(10);
        assertThat(times.getLast()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(11));
    }

    @Test
    void aDatagramGoesThroughAWayThatIsFreeHoweverSmallItsQueue() throws IOException {
        network.link(LinkOptions.defaults().withBytesPerSecond(1_000).withQueueBytes(1));
        assertThat(datagrams(3)).containsExactly(0);
    }

    @Test
    void datagramsThatTheReceiveBufferHasNoRoomForAreDropped() throws IOException {
        UdpSocket receiver = server.call(
                () -> UdpSocket.bind(server.address(PORT), UdpOptions.defaults().withReceiveBufferBytes(4_096)));
        client.system()
                .spawn(() -> {
                    try (UdpSocket socket = UdpSocket.bind(client.address(0))) {
                        for (int i = 0; i < 20; i++) {
                            socket.send(ByteBuffer.allocate(1), server.address(PORT));
                        }
                    }
                })
                .join();
        simulation.runFor(Duration.ofSeconds(1));
        Task<Integer> received = server.system().spawn(() -> {
            try (receiver) {
                return receiveAll(receiver);
            }
        });
        assertThat(received.join()).isEqualTo(6); // each takes 769, and one comes as long as 4,096 are not passed
    }

    private static int receiveAll(UdpSocket socket) throws IOException {
        for (int count = 0; ; count++) {
            try {
                withTimeout(Duration.ofSeconds(1), () -> socket.receive(ByteBuffer.allocate(1)));
            } catch (DeadlineExceededException _) {
                return count;
            }
        }
    }

    @Test
    void aDatagramSocketAtLoopbackHearsAndReachesItsOwnHostOnly() throws IOException {
        UdpSocket local = server.call(() -> UdpSocket.bind(loopback(PORT)));
        Task<Integer> received = server.system().spawn(() -> receiveAll(local));
        server.system()
                .spawn(() -> {
                    try (UdpSocket neighbour = UdpSocket.bind(new InetSocketAddress(0))) {
                        neighbour.send(ByteBuffer.allocate(1), loopback(PORT));
                    }
                })
                .join();
        UdpSocket stranger = client.call(() -> UdpSocket.connect(server.address(PORT)));
        client.system()
                .spawn(() -> {
                    try (stranger) {
                        stranger.send(ByteBuffer.allocate(1));
                        assertThatThrownBy(() -> stranger.receive(ByteBuffer.allocate(1)))
                                .isInstanceOf(PortUnreachableException.class);
                    }
                })
                .join();
        assertThat(received.join()).isEqualTo(1);
        server.system()
                .spawn(() -> {
                    try (local) {
                        assertThatThrownBy(() -> local.send(ByteBuffer.allocate(1), client.address(PORT)))
                                .hasMessageContaining("cause=invalid argument");
                    }
                })
                .join();
    }

    @Test
    void datagramsOfAPartitionAreLost() throws IOException {
        network.partition(server, client);
        assertThat(datagrams(3)).isEmpty();
    }

    @Test
    void aDatagramIsAsLargeAsItCanBeAndNoLarger() throws IOException {
        client.system()
                .spawn(() -> {
                    try (UdpSocket sender = UdpSocket.bind(client.address(0))) {
                        sender.send(ByteBuffer.allocate(65_507), server.address(PORT));
                        assertThatThrownBy(() -> sender.send(ByteBuffer.allocate(65_508), server.address(PORT)))
                                .hasMessageContaining("cause=message too long");
                    }
                })
                .join();
    }

    @Test
    void aConnectedSocketHearsItsPeerOnly() throws IOException {
        UdpSocket peer = server.call(() -> UdpSocket.bind(server.address(PORT)));
        UdpSocket stranger = server.call(() -> UdpSocket.bind(server.address(PORT + 1)));
        UdpSocket connected = client.call(() -> UdpSocket.connect(server.address(PORT)));
        assertThat(connected.remoteAddress()).isEqualTo(server.address(PORT));
        Task<InetSocketAddress> first = client.system().spawn(() -> {
            try (connected) {
                connected.send(ByteBuffer.allocate(1));
                return connected.receive(ByteBuffer.allocate(4));
            }
        });
        server.system()
                .spawn(() -> {
                    try (peer;
                            stranger) {
                        InetSocketAddress sender = peer.receive(ByteBuffer.allocate(4));
                        assertThat(sender.getAddress()).isEqualTo(client.address());
                        stranger.send(ByteBuffer.allocate(2), sender);
                        sleepFor(Duration.ofSeconds(10)); // it has arrived
                        peer.send(ByteBuffer.allocate(3), sender);
                    }
                })
                .join();
        assertThat(first.join()).isEqualTo(server.address(PORT));
        assertThat(connected.counters().received()).isEqualTo(1);
    }

    @Test
    void aConnectedSocketIsToldOnceThatItsDatagramHasMetNobody() throws IOException {
        UdpSocket connected = client.call(() -> UdpSocket.connect(server.address(PORT)));
        client.system()
                .spawn(() -> {
                    try (connected) {
                        connected.send(ByteBuffer.allocate(1));
                        assertThatThrownBy(() -> connected.receive(ByteBuffer.allocate(4)))
                                .isInstanceOf(PortUnreachableException.class)
                                .hasMessageStartingWith("port unreachable: udp socket, local=");
                        connected.send(ByteBuffer.allocate(1));
                        sleepFor(Duration.ofSeconds(10)); // the answer is there
                        assertThatThrownBy(() -> connected.send(ByteBuffer.allocate(1)))
                                .isInstanceOf(PortUnreachableException.class);
                        connected.send(ByteBuffer.allocate(1));
                    }
                })
                .join();
    }

    @Test
    void aPartitionTellsNobodyThatADatagramHasMetNobody() throws IOException {
        UdpSocket connected = client.call(() -> UdpSocket.connect(server.address(PORT)));
        network.partition(server, client);
        client.system()
                .spawn(() -> {
                    try (connected) {
                        connected.send(ByteBuffer.allocate(1));
                        sleepFor(Duration.ofSeconds(10));
                        connected.send(ByteBuffer.allocate(1));
                    }
                })
                .join();
    }

    @Test
    void groupsAndOptionsThatAreNotSimulatedAreRefused() throws IOException {
        assertThatThrownBy(() -> client.call(() ->
                        UdpSocket.bind(client.address(0), UdpOptions.defaults().withReusePort())))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("cause=this system has no option SO_REUSEPORT, leave it as it is by default");
        NetworkInterface device = NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress());
        client.system()
                .spawn(() -> {
                    try (UdpSocket socket = UdpSocket.bind(client.address(0))) {
                        assertThatThrownBy(() -> socket.join(InetAddress.getByName("239.0.0.1"), device))
                                .isInstanceOf(SocketException.class)
                                .hasMessageEndingWith("cause=a simulated network has no groups");
                        assertThat(socket.kernelDrops()).isEmpty();
                    }
                })
                .join();
    }
}
