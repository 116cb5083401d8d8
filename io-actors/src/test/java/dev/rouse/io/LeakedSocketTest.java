package dev.rouse.io;

import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Rouse;
import dev.rouse.actor.Task;
import dev.rouse.actor.Violation;
import dev.rouse.actor.ViolationPolicy;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Sockets that were not closed and that nobody holds any more, and those that only seem so. The peers see what the
/// garbage collector has brought about.
@ExtendWith(NothingLeft.class)
final class LeakedSocketTest extends SocketTest {

    private static final String REMEDY =
            "; close it on every path, best by try \\(stream\\) \\{ ... \\} in the function"
                    + " that it was handed to: shard=leaky-shard-0";
    private static final String LOOPBACK = "127\\.0\\.0\\.1:\\d+";

    private final Log log = new Log();
    private ActorSystem leaky = leaky(ViolationPolicy.REPORT);

    /// What systems log of leaked sockets.
    private static final class Log extends Handler {
        private final Logger logger = Logger.getLogger("dev.rouse.actor");
        private final List<String> messages = new CopyOnWriteArrayList<>();

        Log() {
            logger.setUseParentHandlers(false);
            logger.addHandler(this);
        }

        @Override
        public void publish(LogRecord entry) {
            if (entry.getMessage().startsWith(Violation.SOCKET_LEAKED.code())) {
                messages.add(entry.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            logger.removeHandler(this);
            logger.setUseParentHandlers(true);
        }
    }

    private static ActorSystem leaky(ViolationPolicy policy) {
        return ActorSystem.builder()
                .name("leaky")
                .shards(1)
                .onViolation(Violation.SOCKET_LEAKED, policy)
                .build();
    }

    @AfterEach
    void closeAll() {
        leaky.close();
        log.close();
    }

    private static void collectUntil(BooleanSupplier condition) {
        await().pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(30))
                .until(() -> {
                    System.gc();
                    return condition.getAsBoolean();
                });
    }

    /// Long enough for the collector to find what it is to find.
    private static void collectLong() {
        long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(150);
        while (System.nanoTime() - endNanos < 0) {
            System.gc();
        }
    }

    private long leaks() {
        return leaky.violations(Violation.SOCKET_LEAKED);
    }

    private void awaitLeaks(int count) {
        collectUntil(() -> leaks() >= count && !log.messages.isEmpty());
        assertThat(leaks()).isEqualTo(count);
    }

    private long figure(String name) {
        return leaky.socketFigures().getOrDefault(name, 0L);
    }

    private void awaitFigure(String name, long value) {
        await().until(() -> figure(name) == value);
    }

    private void awaitFigureAfterCollection(String name, long value) {
        collectUntil(() -> figure(name) == value);
    }

    private static boolean isClosedFor(Socket peer) throws IOException {
        peer.setSoTimeout(30_000);
        try {
            return peer.getInputStream().read() == -1;
        } catch (SocketException _) {
            return true; // reset, since there was something unread
        }
    }

    private void assertReported(String what, String place) {
        assertThat(log.messages)
                .singleElement()
                .asString()
                .matches("ROUSE-V13 a socket was not closed, and nobody holds it any more: " + what + ", opened"
                        + " at=LeakedSocketTest\\." + place + "\\(LeakedSocketTest\\.java:\\d+\\)" + REMEDY);
    }

    private static void serveBadly(TcpListener listener) throws IOException {
        TcpStream stream = listener.accept();
        stream.write(ByteBuffer.wrap(new byte[] {1}));
    }

    private static void acceptAndForget(TcpListener listener) throws IOException {
        listener.accept();
    }

    private static void connectAndForget(InetSocketAddress address) throws IOException {
        TcpStream.connect(address);
    }

    @Test
    void anAcceptedStreamThatIsForgottenIsClosedAndReportedWithWhereItWasAccepted() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            join(leaky.spawn(() -> serveBadly(listener)));
            assertThat(peer.getInputStream().read()).isEqualTo(1);
            awaitLeaks(1);
            assertThat(isClosedFor(peer)).isTrue();
            assertReported("stream, local=" + LOOPBACK + ", remote=" + LOOPBACK, "serveBadly");
            awaitFigure("connections", 0);
            assertThat(listener.connections()).isZero();
        }
    }

    @Test
    void anAcceptedStreamThatNobodyHasUsedIsToo() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            join(leaky.spawn(() -> acceptAndForget(listener)));
            awaitLeaks(1);
            assertThat(isClosedFor(peer)).isTrue();
            assertReported("stream, local=" + LOOPBACK + ", remote=" + LOOPBACK, "acceptAndForget");
            awaitFigure("connections", 0);
            assertThat(listener.connections()).isZero();
        }
    }

    @Test
    void aConnectedStreamThatIsForgottenIsClosedAndReportedWithWhereItWasConnected() throws Exception {
        try (java.net.ServerSocket server = new java.net.ServerSocket(0, 1, ANY_PORT.getAddress())) {
            join(leaky.spawn(() -> connectAndForget((InetSocketAddress) server.getLocalSocketAddress())));
            try (Socket peer = server.accept()) {
                awaitLeaks(1);
                assertThat(isClosedFor(peer)).isTrue();
                assertReported("stream, local=" + LOOPBACK + ", remote=" + LOOPBACK, "connectAndForget");
                awaitFigure("connections", 0);
            }
        }
    }

    private static int listenAndForget(InetSocketAddress address) throws IOException {
        return TcpListener.bind(address).port();
    }

    private static int listenAcceptAndForget() throws IOException {
        TcpListener listener = TcpListener.bind(ANY_PORT);
        int port = listener.port();
        try (TcpStream client = TcpStream.connect(listener.localAddress());
                TcpStream served = listener.accept()) {
            client.shutdownOutput();
            served.shutdownOutput();
        }
        return port;
    }

    private static boolean isFree(int port) {
        try {
            TcpListener.bind(new InetSocketAddress(ANY_PORT.getAddress(), port)).close();
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Test
    void aListenerThatIsForgottenIsClosedAndReported() throws Exception {
        int used = join(leaky.spawn(LeakedSocketTest::listenAcceptAndForget));
        awaitLeaks(1);
        await().until(() -> isFree(used));
        assertReported("listener, local=127\\.0\\.0\\.1:" + used, "listenAcceptAndForget");
        assertThat(leaky.dump().toString()).doesNotContain("listener 127");
    }

    @Test
    void aListenerThatNobodyHasUsedIsToo() throws Exception {
        int port = join(leaky.spawn(() -> listenAndForget(ANY_PORT)));
        awaitLeaks(1);
        assertThat(isFree(port)).isTrue();
        assertReported("listener, local=127\\.0\\.0\\.1:" + port, "listenAndForget");
    }

    private static int bindAndForget() throws IOException {
        return UdpSocket.bind(ANY_PORT).localAddress().getPort();
    }

    private static int sendAndForget() throws IOException {
        UdpSocket socket = UdpSocket.bind(ANY_PORT);
        socket.send(ByteBuffer.allocate(1), socket.localAddress());
        return socket.localAddress().getPort();
    }

    @Test
    void aDatagramSocketThatIsForgottenIsClosedAndReported() throws Exception {
        int port = join(leaky.spawn(LeakedSocketTest::sendAndForget));
        awaitLeaks(1);
        assertReported("udp socket, local=127\\.0\\.0\\.1:" + port, "sendAndForget");
        await().until(() -> {
            UdpSocket.bind(new InetSocketAddress(ANY_PORT.getAddress(), port)).close();
            return true;
        });
    }

    @Test
    void aDatagramSocketThatNobodyHasUsedIsToo() throws Exception {
        int port = join(leaky.spawn(LeakedSocketTest::bindAndForget));
        awaitLeaks(1);
        assertReported("udp socket, local=127\\.0\\.0\\.1:" + port, "bindAndForget");
        UdpSocket.bind(new InetSocketAddress(ANY_PORT.getAddress(), port)).close();
    }

    @Test
    void aSocketThatBelongsToNoSystemIsClosedAndReportedToo() throws Exception {
        try (RecordedLog sockets = new RecordedLog()) {
            int port = listenAndForget(ANY_PORT);
            collectUntil(() -> !sockets.messages().isEmpty());
            assertThat(sockets.messages())
                    .singleElement()
                    .asString()
                    .matches("ROUSE-V13 a socket was not closed, and nobody holds it any more: listener,"
                            + " local=127\\.0\\.0\\.1:" + port + ", opened"
                            + " at=LeakedSocketTest\\.listenAndForget\\(LeakedSocketTest\\.java:\\d+\\);"
                            + " close it on every path, best by try \\(stream\\)"
                            + " \\{ ... \\} in the function that it was handed to");
            assertThat(isFree(port)).isTrue();
        }
    }

    private static void readAndForget(TcpListener listener) throws IOException {
        Objects.requireNonNull(listener.accept().read());
    }

    /// The function that has read lives on, so its loan has not ended otherwise.
    private static ByteBuffer lent(TcpListener listener) throws IOException {
        return Objects.requireNonNull(listener.accept().read());
    }

    @Test
    void theLoanOfAForgottenStreamIsAbandonedAndItsBytesAreGivenBack() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            peer.getOutputStream().write(7);
            CompletableFuture<Void> end = new CompletableFuture<>();
            CompletableFuture<ByteBuffer> read = new CompletableFuture<>();
            Task<Byte> holder = leaky.spawn(() -> {
                ByteBuffer bytes = lent(listener);
                read.complete(bytes);
                Rouse.await(end);
                return bytes.get();
            });
            read.get(30, TimeUnit.SECONDS);
            assertThat(figure("bufferedBytes")).isEqualTo(BufferPool.BUFFER_BYTES);
            awaitLeaks(1);
            awaitFigure("bufferedBytes", 0);
            try (Socket other = peerOf(listener)) {
                other.getOutputStream().write(8);
                join(leaky.spawn(() -> {
                    try (TcpStream stream = listener.accept()) {
                        ByteBuffer fresh = Objects.requireNonNull(stream.read());
                        assertThat(fresh).isNotSameAs(read.join());
                        assertThat(fresh.get()).isEqualTo((byte) 8);
                    }
                }));
            }
            end.complete(null);
            assertThat(join(holder)).as("what was read is still there").isEqualTo((byte) 7);
        }
    }

    @Test
    void manyLeaksOfOnePlaceAreCountedAndToldOnce() throws Exception {
        List<Socket> peers = new ArrayList<>();
        try (TcpListener listener = listener()) {
            for (int i = 0; i < 5; i++) {
                Socket peer = peerOf(listener);
                peers.add(peer);
                peer.getOutputStream().write(1);
                join(leaky.spawn(() -> readAndForget(listener)));
            }
            awaitLeaks(5);
            assertThat(log.messages).hasSize(1);
            for (Socket peer : peers) {
                assertThat(isClosedFor(peer)).isTrue();
            }
            awaitFigure("connections", 0);
            awaitFigure("bufferedBytes", 0);
        } finally {
            for (Socket peer : peers) {
                peer.close();
            }
        }
    }

    /// Reads a whole line and leaves a part of the next one in the framed stream.
    private static void readALineAndForget(TcpListener listener) throws IOException {
        Framed<String, String> lines = Framed.over(listener.accept(), Frames.lines(100, Utf8.STRICT));
        assertThat(lines.read()).isEqualTo("whole");
        lines.append("not written yet");
        assertThatThrownBy(() -> withTimeout(Duration.ofMillis(10), lines::read))
                .isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void aFramedStreamThatIsForgottenGivesBackWhatItHasHeld() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            peer.getOutputStream().write("whole\npart of".getBytes(US_ASCII));
            long held = join(leaky.spawn(() -> {
                readALineAndForget(listener);
                return figure("bufferedBytes");
            }));
            assertThat(held).isPositive();
            awaitLeaks(1);
            assertThat(isClosedFor(peer)).isTrue();
            assertReported("stream, local=" + LOOPBACK + ", remote=" + LOOPBACK, "readALineAndForget");
            awaitFigureAfterCollection("bufferedBytes", 0);
            awaitFigure("connections", 0);
        }
    }

    private static void greetAndForget(TcpListener listener) throws IOException {
        TlsStream stream = TlsStream.server(listener.accept(), TlsOptions.server(TestCertificates.context("server")));
        assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(1);
    }

    @Test
    void aTlsStreamThatIsForgottenGivesBackItsBuffers() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Integer> client = system.spawn(() -> {
                try (TlsStream stream = TlsStream.connect(
                        (InetSocketAddress) listener.localAddress(),
                        TlsOptions.client().withContext(TestCertificates.context()))) {
                    stream.write(ByteBuffer.allocate(100));
                    return stream.read(ByteBuffer.allocate(1));
                }
            });
            long held = join(leaky.spawn(() -> {
                greetAndForget(listener);
                return figure("bufferedBytes");
            }));
            assertThat(held).isPositive();
            awaitLeaks(1);
            assertThatThrownBy(() -> join(client)).hasMessageContaining("without");
            awaitFigureAfterCollection("bufferedBytes", 0);
            awaitFigure("connections", 0);
        }
    }

    private static void fillAndForget() throws IOException {
        Outbox.bounded(1000, Frames.lines(100, Utf8.STRICT), SlowPeer.REFUSE).offer("never written");
    }

    @Test
    void anOutboxThatIsForgottenGivesBackWhatItHasHeld() throws Exception {
        long held = join(leaky.spawn(() -> {
            fillAndForget();
            return figure("bufferedBytes");
        }));
        assertThat(held).isPositive();
        awaitFigureAfterCollection("bufferedBytes", 0);
        assertThat(leaks()).isZero();
    }

    // What VIOLATIONS.md has.

    private static void socketLeaked(ActorSystem system, TcpListener listener) {
        system.spawn(() -> {
                    TcpStream stream = listener.accept();
                    return stream.read() == null; // and the stream is closed by nobody
                })
                .join();
    }

    @Test
    void theMessageInTheDocumentIsTheOneOfItsExample() throws Exception {
        String document = Files.readString(Path.of("../VIOLATIONS.md"));
        Matcher section =
                Pattern.compile("(?s)### ROUSE-V13 .*?```text\n(.*?)\n```").matcher(document);
        assertThat(section.find()).isTrue();
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            peer.shutdownOutput();
            socketLeaked(leaky, listener);
            awaitLeaks(1);
            assertThat(log.messages.getFirst())
                    .matches(Pattern.compile(Arrays.stream(section.group(1).split("…", -1))
                            .map(Pattern::quote)
                            .collect(Collectors.joining(".*"))));
        }
    }

    private static TcpStream stuck(TcpListener listener) throws IOException {
        return listener.accept();
    }

    /// More than the system takes of what nobody reads.
    @Test
    void aStreamWhoseWriteWasCutShortIsClosedAndReportedToo() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            join(leaky.spawn(() -> {
                Task<Void> writer = spawn(() -> stuck(listener).write(ByteBuffer.allocate(32 << 20)));
                letOthersRunUntil(() -> figure("bytesOut") > 0);
                writer.cancel();
            }));
            awaitLeaks(1);
            assertReported("stream, local=" + LOOPBACK + ", remote=" + LOOPBACK, "stuck");
            awaitFigure("connections", 0);
            long got = peer.getInputStream().transferTo(OutputStream.nullOutputStream()); // until it is closed
            assertThat(got).isEqualTo(figure("bytesOut")).isPositive();
        }
    }

    @Test
    void whatWaitsInAnOperationIsHeldByTheFunctionThatWaits() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Integer> reader = leaky.spawn(() -> listener.accept().read(ByteBuffer.allocate(8)));
            Task<Integer> acceptor = leaky.spawn(() -> {
                TcpListener mine = TcpListener.bind(ANY_PORT);
                int port = mine.port();
                spawn(() -> {
                    try (TcpStream toMine = TcpStream.connect(new InetSocketAddress(ANY_PORT.getAddress(), port))) {
                        Rouse.await(reader);
                        toMine.shutdownOutput();
                    }
                });
                mine.accept().close();
                return port;
            });
            Task<Integer> receiver = leaky.spawn(() -> {
                UdpSocket mine = UdpSocket.bind(ANY_PORT);
                InetSocketAddress address = mine.localAddress();
                spawn(() -> {
                    Rouse.await(reader);
                    try (UdpSocket other = UdpSocket.connect(address)) {
                        other.send(ByteBuffer.allocate(3));
                    }
                });
                ByteBuffer got = ByteBuffer.allocate(8);
                mine.receive(got);
                return got.position();
            });
            await().until(() -> figure("connections") >= 1);
            collectLong();
            assertThat(reader.isDone()).isFalse();
            peer.getOutputStream().write(new byte[2]);
            assertThat(join(reader)).isEqualTo(2);
            assertThat(join(acceptor)).isPositive();
            assertThat(join(receiver)).isEqualTo(3);
        }
    }

    private static void closeAllThatIsOpened(TcpListener listener, int peerPort) throws IOException {
        try (UdpSocket datagrams = UdpSocket.bind(ANY_PORT);
                TcpListener unused = TcpListener.bind(ANY_PORT);
                TcpStream client = TcpStream.connect(unused.localAddress());
                TcpStream served = listener.accept()) {
            assertThat(((InetSocketAddress) served.remoteAddress()).getPort()).isEqualTo(peerPort);
            served.write(ByteBuffer.allocate(1));
            client.write(ByteBuffer.allocate(1));
            datagrams.send(ByteBuffer.allocate(1), datagrams.localAddress());
        }
        TcpStream.connect(listener.localAddress()).close();
        listener.accept().close();
    }

    @Test
    void whatWasClosedIsNotReported() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            for (int i = 0; i < 3; i++) {
                try (Socket next = i == 0 ? null : peerOf(listener)) {
                    int port = next == null ? peer.getLocalPort() : next.getLocalPort();
                    join(leaky.spawn(() -> closeAllThatIsOpened(listener, port)));
                }
            }
            collectLong();
            assertThat(leaks()).isZero();
            assertThat(log.messages).isEmpty();
        }
    }

    /// Held by an idle function that waits for something else, or handed over and not used yet.
    @Test
    void aStreamThatSomebodyStillHoldsIsNotClosed() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            CompletableFuture<Void> goOn = new CompletableFuture<>();
            Task<Void> holder = leaky.spawn(() -> {
                TcpStream stream = listener.accept();
                Rouse.await(goOn);
                stream.write(ByteBuffer.wrap(new byte[] {5}));
                stream.close();
            });
            await().until(() -> listener.connections() == 1);
            collectLong();
            goOn.complete(null);
            join(holder);
            assertThat(peer.getInputStream().read()).isEqualTo(5);
            assertThat(leaks()).isZero();
        }
    }

    @Test
    void aSystemThatClosesWhatWasLeftOpenReportsNothing() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            CompletableFuture<TcpStream> held = new CompletableFuture<>();
            join(leaky.spawn(() -> {
                TcpStream stream = listener.accept();
                stream.write(ByteBuffer.allocate(1));
                held.complete(stream);
            }));
            assertThat(peer.getInputStream().read()).isZero();
            leaky.close();
            assertThat(isClosedFor(peer)).isTrue();
            assertThat(held.join().localAddress()).isNotNull(); // held until here
            held.obtrudeValue(null);
            collectLong();
            assertThat(leaks()).isZero();
            assertThat(log.messages).isEmpty();
        }
    }

    /// Forgets a socket in a system that is to halt the process for it, and ends well if that does not come about.
    static final class Forgetful {
        private static final Duration PATIENCE = Duration.ofSeconds(20);

        private Forgetful() {}

        public static void main(String[] args) {
            try (ActorSystem system = leaky(ViolationPolicy.HALT)) {
                system.spawn(LeakedSocketTest::bindAndForget).join();
                long endNanos = System.nanoTime() + PATIENCE.toNanos();
                while (System.nanoTime() - endNanos < 0) {
                    System.gc();
                }
            }
        }
    }

    @Test
    void theProcessIsHaltedIfThePolicySaysSo() throws Exception {
        try (ChildJvm child = ChildJvm.start(Forgetful.class)) {
            assertThat(child.end()).as("exit status").isEqualTo(70);
        }
    }
}
