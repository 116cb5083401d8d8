package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Task;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import dev.rouse.io.TlsException;
import dev.rouse.io.TlsOptions;
import dev.rouse.io.TlsStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/// TLS over links that are slow, cut records anywhere, are gone for a while, or break.
///
/// The engine of the JDK draws keys and random numbers of its own, and looks at the clock of the machine for the dates
/// of certificates. What is sent differs from run to run in its bytes, but not in its lengths, as long as the server's
/// key is an RSA key (a signature of another kind has one byte more or less now and then): so turns, waits and times
/// are those of the seed.
class SimulatedTlsTest {
    private static final int PORT = 7;

    private final KeyStore store = store();

    private static KeyStore store() {
        Path file = Path.of("../io-actors/src/test/resources/tls/certificates.p12");
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore all = KeyStore.getInstance("PKCS12");
            all.load(in, "rouse-test".toCharArray());
            return all;
        } catch (Exception e) {
            throw new AssertionError("no certificates: file=" + file, e);
        }
    }

    /// With the authority's certificate and, on a server, the RSA key. Of its own for each run, so that no session
    /// of another one is resumed.
    private SSLContext context(String... aliases) {
        char[] password = "rouse-test".toCharArray();
        try {
            KeyStore own = empty();
            for (String alias : aliases) {
                own.setKeyEntry(alias, store.getKey(alias, password), password, store.getCertificateChain(alias));
            }
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(own, password);
            KeyStore trusted = empty();
            trusted.setCertificateEntry("authority", store.getCertificate("authority"));
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static KeyStore empty() throws Exception {
        KeyStore some = KeyStore.getInstance("PKCS12");
        some.load(null, null);
        return some;
    }

    /// Two hosts, a link between them, and what each does with its end.
    private final class Peers {
        private final SimulatedNetwork network;
        private final SimulatedHost server;
        private final SimulatedHost client;
        private final TlsOptions serving;
        private final TlsOptions trusting;
        private boolean connected;

        Peers(Simulation simulation, String protocol) {
            network = simulation.network();
            server = network.host("server");
            client = network.host("client");
            serving = TlsOptions.server(context("rsa")).withProtocols(protocol);
            trusting = TlsOptions.client().withContext(context()).withProtocols(protocol);
            network.link(LinkOptions.defaults()
                    .withLatency(Duration.ofMillis(1), Duration.ofMillis(30))
                    .withBytesPerSecond(200_000)
                    .withWindowBytes(1_500));
        }

        <T> Task<T> serve(Use<T> use) throws IOException {
            TcpListener listener = server.call(() -> TcpListener.bind(server.address(PORT)));
            return server.system().spawn(() -> {
                try (listener;
                        TlsStream stream = TlsStream.server(listener.accept(), serving)) {
                    return use.with(stream);
                }
            });
        }

        <T> Task<T> connect(Use<T> use) {
            return client.system().spawn(() -> {
                TcpStream below = TcpStream.connect(server.address(PORT));
                try (TlsStream stream = TlsStream.client(below, "localhost", trusting)) {
                    return use.with(stream);
                }
            });
        }
    }

    /// How both ends fail, in the handshake or later.
    private static List<Task<Throwable>> failures(Peers peers, Use<?> serve, Use<?> connect) throws IOException {
        TcpListener listener = peers.server.call(() -> TcpListener.bind(peers.server.address(PORT)));
        Task<Throwable> server = peers.server
                .system()
                .spawn(() -> failure(() -> {
                    try (listener;
                            TlsStream stream = TlsStream.server(listener.accept(), peers.serving)) {
                        serve.with(stream);
                    }
                }));
        Task<Throwable> client = peers.client
                .system()
                .spawn(() -> failure(() -> {
                    TcpStream below = TcpStream.connect(peers.server.address(PORT));
                    peers.connected = true;
                    try (TlsStream stream = TlsStream.client(below, "localhost", peers.trusting)) {
                        connect.with(stream);
                    }
                }));
        return List.of(server, client);
    }

    private static Throwable failure(ThrowingCallable body) {
        return Objects.requireNonNull(catchThrowable(body), "it has ended well");
    }

    private interface Use<T> {
        T with(TlsStream stream) throws Exception;
    }

    private static byte[] bytes(long seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String protocol(Simulation simulation) {
        return simulation.seed() % 2 == 0 ? "TLSv1.3" : "TLSv1.2";
    }

    private static Duration patience(Random random) {
        return Duration.ofMillis(1 + random.nextInt(40));
    }

    /// Reads to the end, with deadlines that pass in the middle of records.
    private static byte[] readAll(TlsStream stream, Random random, int[] cuts) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer some = ByteBuffer.allocate(4_000);
        int count = 0;
        while (count >= 0) {
            try {
                count = withTimeout(patience(random), () -> stream.read(some.clear()));
                all.write(some.array(), 0, some.position());
            } catch (DeadlineExceededException _) {
                cuts[0]++;
            }
        }
        return all.toByteArray();
    }

    private static void write(TlsStream stream, byte[] bytes, Random random, int[] cuts) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
            try {
                withTimeout(patience(random), () -> {
                    stream.write(rest);
                    return rest;
                });
            } catch (DeadlineExceededException _) {
                cuts[0]++;
            }
        }
    }

    private static byte[] exchange(TlsStream stream, byte[] bytes, long seed, int[] cuts) throws IOException {
        Task<Void> writer = spawn(() -> {
            write(stream, bytes, new Random(seed), cuts);
            stream.shutdownOutput();
        });
        byte[] back = readAll(stream, new Random(seed + 1), cuts);
        await(writer);
        return back;
    }

    @Seeds(30)
    void noByteIsLostDoubledOrReorderedBySlownessPartitionsAndDeadlines(Simulation simulation) throws IOException {
        Peers peers = new Peers(simulation, protocol(simulation));
        byte[] sent = bytes(simulation.seed(), 40_000);
        int[] cuts = new int[1];
        Task<Integer> echo = peers.serve(stream -> {
            byte[] heard = readAll(stream, new Random(simulation.seed() + 2), cuts);
            if (stream.protocol().equals("TLSv1.3")) {
                write(stream, heard, new Random(simulation.seed() + 3), cuts);
            }
            return heard.length;
        });
        Task<byte[]> back = peers.connect(stream -> exchange(stream, sent, simulation.seed(), cuts));
        for (int i = 0; i < 3; i++) {
            simulation.runFor(Duration.ofMillis(150));
            peers.network.partition(peers.server, peers.client);
            simulation.runFor(Duration.ofSeconds(2));
            peers.network.heal(peers.server, peers.client);
        }
        assertThat(echo.join()).isEqualTo(sent.length);
        // With TLS 1.2 the end of one direction is the end of both.
        assertThat(back.join()).isEqualTo(protocol(simulation).equals("TLSv1.3") ? sent : new byte[0]);
        assertThat(cuts[0]).isPositive();
    }

    /// Whenever the connection breaks, in the handshake or in the middle of a record: each end fails, and has heard
    /// a beginning of what was sent.
    @Seeds(30)
    void aConnectionThatBreaksIsNoEndOfTheStream(Simulation simulation) throws IOException {
        Peers peers = new Peers(simulation, protocol(simulation));
        byte[] sent = bytes(simulation.seed(), 200_000);
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        List<Task<Throwable>> ends = failures(
                peers,
                stream -> {
                    stream.write(ByteBuffer.wrap(sent));
                    return stream.read() == null;
                },
                stream -> {
                    for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                        byte[] some = new byte[bytes.remaining()];
                        bytes.get(some);
                        heard.writeBytes(some);
                    }
                    return heard;
                });
        simulation.runFor(Duration.ofMillis(30 * (1 + simulation.seed() % 30)));
        peers.network.reset(peers.server, peers.client);
        simulation.runFor(Duration.ofSeconds(30));
        for (Task<Throwable> end : ends) {
            assertThat(end.join()).isInstanceOf(IOException.class);
        }
        assertThat(heard.toByteArray()).isEqualTo(Arrays.copyOf(sent, heard.size()));
    }

    /// In virtual time, to the millisecond.
    @Seeds(20)
    void aHandshakeThroughAPartitionEndsInItsTime(Simulation simulation) throws IOException {
        Peers peers = new Peers(simulation, protocol(simulation));
        List<Task<Throwable>> ends = failures(
                peers, stream -> stream.read(ByteBuffer.allocate(1)), stream -> stream.read(ByteBuffer.allocate(1)));
        while (!peers.connected) {
            simulation.runFor(Duration.ofMillis(1));
        }
        peers.network.partition(peers.server, peers.client);
        simulation.runFor(Duration.ofSeconds(12));
        for (Task<Throwable> end : ends) {
            assertThat(end.isDone()).isTrue();
            assertThat(end.join())
                    .isInstanceOfSatisfying(
                            TlsException.class,
                            failure -> assertThat(failure.reason()).isEqualTo(TlsException.Reason.TIMEOUT));
        }
        peers.network.heal(peers.server, peers.client); // what is still on its way meets a closed port
        simulation.runFor(Duration.ofMinutes(1));
    }

    @Test
    void theSameSeedMakesTheSameRun() throws IOException {
        for (String protocol : List.of("TLSv1.3", "TLSv1.2")) {
            assertThat(run(protocol)).isEqualTo(run(protocol));
        }
    }

    private List<Object> run(String protocol) throws IOException {
        List<Object> seen = new ArrayList<>();
        try (Simulation simulation = Simulation.of(3)) {
            Peers peers = new Peers(simulation, protocol);
            byte[] sent = bytes(3, 10_000);
            int[] cuts = new int[1];
            Task<Integer> echo = peers.serve(stream -> readAll(stream, new Random(1), cuts).length);
            Task<byte[]> back = peers.connect(stream -> exchange(stream, sent, 3, cuts));
            assertThat(echo.join()).isEqualTo(sent.length);
            assertThat(back.join()).isEmpty();
            seen.add(cuts[0]);
            seen.add(simulation.turns());
            seen.add(simulation.elapsed());
            seen.add(simulation.fingerprint());
        }
        return seen;
    }
}
