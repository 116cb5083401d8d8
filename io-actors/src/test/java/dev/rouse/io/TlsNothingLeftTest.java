package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Task;
import dev.rouse.io.TlsException.Reason;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// However a TLS connection ends, it leaves no descriptor, no thread and no direct memory, and no byte in the account
/// of its shard.
@ExtendWith(NothingLeft.class)
final class TlsNothingLeftTest extends TlsTest {

    /// A system that has ended has no accounts.
    @AfterEach
    void nothingCountsAnyMore() {
        Awaitility.await()
                .until(() -> system.isClosed() || system.socketFigures().getOrDefault("bufferedBytes", 0L) == 0);
    }

    private static Reason reasonOf(Task<?> task) {
        Throwable failure = catchThrowable(() -> join(task)).getCause();
        assertThat(failure).isInstanceOf(TlsException.class);
        return ((TlsException) Objects.requireNonNull(failure)).reason();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void ofWhatWasClosedByBoth(String protocol) throws Exception {
        byte[] sent = random(1, 100_000);
        try (TcpListener listener = listener()) {
            for (int i = 0; i < 3; i++) {
                Task<Void> server = serveEcho(listener, serving.withProtocols(protocol));
                Task<byte[]> client = connect(listener, trusting, stream -> exchange(stream, sent));
                assertThat(join(client)).isEqualTo(sent);
                join(server);
            }
        }
    }

    @Test
    void ofAHandshakeThatHasFailed() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = serveEcho(listener, serving.withContext(TestCertificates.context("stranger")));
            Task<byte[]> client = connect(listener, trusting, TlsTest::readAll);
            assertThat(reasonOf(client)).isEqualTo(Reason.UNTRUSTED_CERTIFICATE);
            assertThat(reasonOf(server)).isEqualTo(Reason.REFUSED_BY_PEER);
        }
    }

    @Test
    void ofAHandshakeWithWhoDoesNotSpeakTls() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = serveEcho(listener, serving);
            peer.getOutputStream().write("EHLO\r\n".getBytes(US_ASCII));
            assertThat(reasonOf(server)).isEqualTo(Reason.PLAIN_TEXT);
        }
    }

    @Test
    void ofAHandshakeThatHasTakenTooLong() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = serveEcho(listener, serving.withHandshakeTimeout(Duration.ofMillis(20)));
            peer.getOutputStream().write(new byte[] {22, 3, 1, 1, 0, 1});
            assertThat(reasonOf(server)).isEqualTo(Reason.TIMEOUT);
        }
    }

    @Test
    void ofAHandshakeThatWasCancelled() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            CompletableFuture<Void> begun = new CompletableFuture<>();
            Task<TlsStream> server = system.spawn(() -> {
                TcpStream below = listener.accept();
                begun.complete(null);
                return TlsStream.server(below, serving);
            });
            peer.getOutputStream().write(new byte[] {22, 3, 1, 1, 0, 1});
            begun.join();
            server.cancel();
            assertThatThrownBy(() -> join(server)).isInstanceOf(CancelledException.class);
        }
    }

    @Test
    void ofAConnectionThatWasCutInTheMiddleOfARecord() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = serveEcho(listener, serving);
            Task<Boolean> client = system.spawn(() -> {
                TcpStream below = TcpStream.connect(listener.localAddress());
                try (TlsStream stream = TlsStream.client(below, "localhost", trusting)) {
                    below.write(ByteBuffer.wrap(new byte[] {23, 3, 3, 64, 0, 1, 2, 3}));
                    below.shutdownOutput();
                    return readAll(stream).length == 0;
                }
            });
            assertThat(reasonOf(server)).isEqualTo(Reason.TRUNCATED);
            assertThat(join(client)).isTrue();
        }
    }

    @Test
    void ofAConnectionThatThePeerHasReset() throws Exception {
        try (TcpListener listener = listener()) {
            Task<byte[]> server = serve(listener, serving, stream -> {
                stream.write(bytes("x"));
                return readAll(stream);
            });
            Task<Boolean> client = system.spawn(() -> {
                TcpStream below = TcpStream.connect(
                        listener.localAddress(), TcpOptions.defaults().withResetOnClose());
                try (TlsStream stream = TlsStream.client(below, "localhost", trusting)) {
                    assertThat(Objects.requireNonNull(stream.read()).get()).isEqualTo((byte) 'x');
                    below.close();
                    return true;
                }
            });
            assertThat(join(client)).isTrue();
            assertThat(catchThrowable(() -> join(server))).hasCauseInstanceOf(SocketException.class);
        }
    }

    @Test
    void ofReadsAndWritesThatWereCutShort() throws Exception {
        try (TcpListener listener = listener();
                SSLSocket peer = jdkClient(clientContext, listener.port(), "TLSv1.3")) {
            Task<Long> server = serve(listener, serving, stream -> {
                Task<Integer> writer = spawn(() -> {
                    stream.write(ByteBuffer.allocate(50_000_000));
                    return 1;
                });
                assertThatThrownBy(() -> withTimeout(Duration.ofMillis(5), stream::read))
                        .isInstanceOf(DeadlineExceededException.class);
                writer.cancel();
                assertThatThrownBy(() -> await(writer)).isInstanceOf(CancelledException.class);
                stream.close();
                return BufferedBytes.ofCurrentShard().held();
            });
            peer.startHandshake();
            assertThat(join(server)).isZero();
        }
    }

    @Test
    void ofAStreamThatNobodyClosesButItsSystem() throws Exception {
        try (TcpListener listener = listener();
                SSLSocket peer = jdkClient(clientContext, listener.port(), "TLSv1.3")) {
            Task<TlsStream> server = system.spawn(() -> TlsStream.server(listener.accept(), serving));
            peer.startHandshake();
            assertThat(join(server).protocol()).isEqualTo("TLSv1.3");
            system.close();
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }
}
