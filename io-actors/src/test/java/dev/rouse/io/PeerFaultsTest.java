package dev.rouse.io;

import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.DeadlineExceededException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Faults of a peer, one at a time, and a client that behaves meanwhile.
@ExtendWith(NothingLeft.class)
final class PeerFaultsTest extends SocketTest {

    private static final int MORE_THAN_THE_SYSTEM_BUFFERS = 64 << 20;

    private static Socket connect(SmallServer server) throws IOException {
        InetSocketAddress address = server.address();
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout(30_000);
        return socket;
    }

    @Test
    void whoResetsInTheMiddleOfItsAnswerHarmsNobody() throws Exception {
        try (SmallServer server = SmallServer.start(system, SmallServer::answerLines);
                HealthyClient healthy = HealthyClient.of(server.address())) {
            Socket rude = connect(server);
            rude.getOutputStream().write(SmallServer.bytes("give " + MORE_THAN_THE_SYSTEM_BUFFERS + "\n"));
            rude.getInputStream().readNBytes(100_000);
            healthy.isServed();
            rude.setSoLinger(true, 0);
            rude.close();
            await().until(() -> server.ended() == 1);
            assertThat(server.failures())
                    .singleElement()
                    .isInstanceOfSatisfying(
                            SocketException.class,
                            failure -> assertThat(failure.getMessage())
                                    .startsWith("cannot write: stream, local=127.0.0.1:")
                                    .containsAnyOf(", cause=connection reset", ", cause=broken pipe"));
            healthy.isServed();
        }
    }

    @Test
    void whoClosesItsSideOnlyStillGetsItsAnswer() throws Exception {
        int answer = 1 << 20;
        try (SmallServer server = SmallServer.start(system, SmallServer::answerLines);
                HealthyClient healthy = HealthyClient.of(server.address());
                Socket half = connect(server)) {
            half.getOutputStream().write(SmallServer.bytes("give " + answer + "\nlast words\n"));
            half.shutdownOutput();
            healthy.isServed();
            byte[] all = half.getInputStream().readAllBytes();
            assertThat(all).hasSize(answer + "last words\n".length());
            assertThat(all).endsWith(SmallServer.bytes("last words\n"));
            await().until(() -> server.ended() == 1);
            assertThat(server.failures()).isEmpty();
        }
    }

    @Test
    void oneByteInEachSegmentIsALineAllTheSame() throws Exception {
        byte[] line = SmallServer.bytes("x".repeat(200) + "\n");
        try (SmallServer server = SmallServer.start(system, SmallServer::answerLines);
                HealthyClient healthy = HealthyClient.of(server.address());
                Socket slow = connect(server)) {
            slow.setTcpNoDelay(true);
            OutputStream out = slow.getOutputStream();
            for (byte each : line) {
                out.write(each);
            }
            assertThat(slow.getInputStream().readNBytes(line.length)).isEqualTo(line);
            healthy.isServed();
        }
    }

    @Test
    void aThousandRequestsInOneSegmentAreAnsweredInOrder() throws Exception {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            requests.append("request ").append(i).append('\n');
        }
        byte[] all = SmallServer.bytes(requests.toString());
        try (SmallServer server = SmallServer.start(system, SmallServer::answerLines);
                HealthyClient healthy = HealthyClient.of(server.address());
                Socket eager = connect(server)) {
            eager.getOutputStream().write(all);
            assertThat(eager.getInputStream().readNBytes(all.length)).isEqualTo(all);
            healthy.isServed();
        }
    }

    @Test
    void anEndlessLineIsCutOffAtItsMaximum() throws Exception {
        try (SmallServer server = SmallServer.start(system, SmallServer::answerLines);
                HealthyClient healthy = HealthyClient.of(server.address());
                Socket endless = connect(server)) {
            writeUntilItIsRefused(endless, SmallServer.bytes("x".repeat(10_000)));
            await().until(() -> server.ended() == 1);
            assertThat(server.failures())
                    .singleElement()
                    .isInstanceOfSatisfying(
                            FrameTooLongException.class,
                            failure ->
                                    assertThat(failure).hasMessageContaining(Integer.toString(SmallServer.LINE_BYTES)));
            healthy.isServed();
        }
    }

    /// Bounded: refused or not, it gives up after some megabytes.
    private static void writeUntilItIsRefused(Socket peer, byte[] piece) {
        try {
            for (int i = 0; i < 1_000; i++) {
                peer.getOutputStream().write(piece);
            }
        } catch (IOException _) {
            return; // reset: the server has closed with bytes unread
        }
        throw new AssertionError("all was taken");
    }

    @Test
    void garbageComesBackAsItIsAndHarmsNobody() throws Exception {
        try (SmallServer server = SmallServer.start(system, SmallServer::echo);
                HealthyClient healthy = HealthyClient.of(server.address())) {
            for (long seed = 1; seed <= 10; seed++) {
                byte[] garbage = new byte[30_000];
                new Random(seed).nextBytes(garbage);
                try (Socket noise = connect(server)) {
                    noise.getOutputStream().write(garbage);
                    noise.shutdownOutput();
                    assertThat(noise.getInputStream().readAllBytes())
                            .as("seed=%s", seed)
                            .isEqualTo(garbage);
                }
            }
            assertThat(server.failures()).isEmpty();
            healthy.isServed();
        }
    }

    @Test
    void garbageAndBrokenUtf8EndTheirOwnConnectionOnly() throws Exception {
        byte[][] broken = {
            {'a', (byte) 0xC3, '\n'}, // a sequence that is cut off
            {(byte) 0xC0, (byte) 0xAF, '\n'}, // longer than it need be
            {(byte) 0xED, (byte) 0xA0, (byte) 0x80, '\n'}, // half a surrogate pair
            {(byte) 0xF5, (byte) 0x80, (byte) 0x80, (byte) 0x80, '\n'}, // past the last character
            {(byte) 0xFF, (byte) 0xFE, '\n'}
        };
        try (SmallServer server = SmallServer.start(system, SmallServer::answerLines);
                HealthyClient healthy = HealthyClient.of(server.address())) {
            for (byte[] line : broken) {
                try (Socket peer = connect(server)) {
                    peer.getOutputStream().write(SmallServer.bytes("first\n"));
                    peer.getOutputStream().write(line);
                    assertThat(peer.getInputStream().readAllBytes()).isEqualTo(SmallServer.bytes("first\n"));
                }
            }
            await().until(() -> server.ended() == broken.length);
            assertThat(server.failures())
                    .hasSize(broken.length)
                    .allSatisfy(each -> assertThat(each).isInstanceOf(FrameException.class));
            healthy.isServed();
        }
    }

    /// What a server that wants a whole request in some time does, without more than the language has.
    private static void answerWithin(Duration time, TcpStream stream) throws Exception {
        Framed<String, String> lines = Framed.over(stream, Frames.lines(SmallServer.LINE_BYTES, Utf8.STRICT));
        for (String line = withTimeout(time, lines::read); line != null; line = withTimeout(time, lines::read)) {
            lines.write(line);
        }
    }

    @Test
    void whoNeverFinishesItsRequestIsCutOffWhenItsTimeIsOver() throws Exception {
        Duration time = Duration.ofMillis(300);
        try (SmallServer server = SmallServer.start(system, stream -> answerWithin(time, stream));
                HealthyClient healthy = HealthyClient.of(server.address());
                Socket slowLoris = connect(server)) {
            slowLoris.getOutputStream().write(SmallServer.bytes("GET / HT"));
            healthy.isServed();
            assertThat(slowLoris.getInputStream().read()).isEqualTo(-1);
            await().until(() -> server.ended() == 1);
            assertThat(server.failures()).singleElement().isInstanceOf(DeadlineExceededException.class);
            healthy.isServed();
        }
    }

    /// It writes for as long as the system takes what it writes; the rest stays where it was.
    @Test
    void aWriterFasterThanItsPeerWaitsAndHoldsNoMoreThanItsOwnBuffer() throws Exception {
        AtomicLong written = new AtomicLong();
        ByteBuffer piece = ByteBuffer.allocateDirect(64 * 1024);
        SmallServer.Service firehose = stream -> {
            if (stream.read() == null) {
                return;
            }
            while (written.get() < MORE_THAN_THE_SYSTEM_BUFFERS) {
                stream.write(piece.clear());
                written.addAndGet(piece.capacity());
            }
        };
        try (SmallServer echo = SmallServer.start(system, SmallServer::echo);
                SmallServer server = SmallServer.start(system, firehose);
                HealthyClient healthy = HealthyClient.of(echo.address());
                Socket deaf = connect(server)) {
            deaf.getOutputStream().write(1);
            await().until(() -> written.get() > 0);
            long before = -1;
            // It stands still once the socket's buffers are full; the system may enlarge them a while.
            while (before != written.get()) {
                before = written.get();
                healthy.isServed();
                healthy.isServed();
            }
            assertThat(written.get()).isPositive().isLessThan(MORE_THAN_THE_SYSTEM_BUFFERS);
            deaf.setSoLinger(true, 0);
        }
    }
}
