package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Unix domain sockets, through the same classes as TCP.
final class UnixSocketTest extends SocketTest {

    private static final Codec<String> LINES = Frames.lines(100, Utf8.STRICT);

    @TempDir
    Path directory;

    private Path path;
    private UnixDomainSocketAddress address;

    @BeforeEach
    void choosePath() {
        path = directory.resolve("s");
        address = UnixDomainSocketAddress.of(path);
    }

    private static void echo(TcpListener listener) throws IOException {
        try (TcpStream stream = listener.accept()) {
            for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                stream.write(bytes);
            }
        }
    }

    private static String say(TcpStream stream, String text) throws IOException {
        stream.write(ByteBuffer.wrap(text.getBytes(US_ASCII)));
        stream.shutdownOutput();
        return new String(stream.inputStream().readAllBytes(), US_ASCII);
    }

    @Test
    void aConnectedStreamTalksToAnAcceptedOne() throws Exception {
        try (TcpListener listener = TcpListener.bind(address)) {
            Task<Void> server = system.spawn(() -> echo(listener));
            Task<String> client = system.spawn(() -> {
                try (TcpStream stream = TcpStream.connect(address)) {
                    assertThat(stream.remoteAddress()).isEqualTo(address);
                    assertThat(stream.localAddress()).isEqualTo(UnixDomainSocketAddress.of(""));
                    return say(stream, "hello");
                }
            });
            assertThat(join(client)).isEqualTo("hello");
            join(server);
        }
    }

    /// They say nothing there, and break nothing.
    @Test
    void optionsOfTcpAreIgnoredAndSizesAreTaken() throws Exception {
        TcpOptions options = TcpOptions.defaults()
                .withKeepAlive()
                .withReusePort()
                .withResetOnClose()
                .withSendBufferBytes(30_000)
                .withReceiveBufferBytes(20_000);
        try (TcpListener listener = TcpListener.bind(address, options)) {
            join(system.spawn(() -> {
                try (TcpStream connected = TcpStream.connect(address, options);
                        TcpStream accepted = listener.accept()) {
                    assertThat(connected.option(StandardSocketOptions.SO_SNDBUF))
                            .isBetween(30_000, 60_000);
                    assertThat(accepted.option(StandardSocketOptions.SO_SNDBUF)).isBetween(30_000, 60_000);
                    assertThatThrownBy(() -> accepted.option(StandardSocketOptions.TCP_NODELAY))
                            .isInstanceOf(UnsupportedOperationException.class);
                }
            }));
        }
    }

    @Test
    void thePeerOfAnAcceptedStreamHasNoNameAndItsUserIsKnown() throws Exception {
        try (TcpListener listener = TcpListener.bind(address)) {
            join(system.spawn(() -> {
                try (TcpStream connected = TcpStream.connect(address);
                        TcpStream accepted = listener.accept()) {
                    assertThat(accepted.remoteAddress()).isEqualTo(UnixDomainSocketAddress.of(""));
                    assertThat(accepted.localAddress()).isEqualTo(address);
                    assertThat(accepted.peerCredentials().user()).isEqualTo(Files.getOwner(path));
                    assertThat(connected.peerCredentials().user()).isEqualTo(Files.getOwner(path));
                    assertThat(catchThrowable(() -> {
                                connected.shutdownOutput();
                                connected.write(ByteBuffer.allocate(1));
                            }))
                            .isInstanceOf(IOException.class);
                }
            }));
        }
    }

    @Test
    void theUserOfATcpPeerIsNotKnown() throws Exception {
        try (TcpListener listener = listener()) {
            join(system.spawn(() -> {
                try (TcpStream stream = TcpStream.connect(listener.localAddress())) {
                    assertThatThrownBy(stream::peerCredentials)
                            .isInstanceOf(UnsupportedOperationException.class)
                            .hasMessage("the system does not know the user of this peer: remote=127.0.0.1:"
                                    + listener.port() + "; only that of a Unix domain socket is known");
                }
            }));
        }
    }

    @Test
    void aPathInUseIsRefusedWithTheRemedy() throws Exception {
        try (TcpListener _ = TcpListener.bind(address)) {
            assertThatThrownBy(() -> TcpListener.bind(address))
                    .isInstanceOf(BindException.class)
                    .hasMessage("cannot bind: address=unix:" + path + ", cause=address already in use; a file is"
                            + " there, delete it if nobody listens on it any more, or choose another path");
        }
    }

    @Test
    void closingLeavesTheFileAndWhoBindsAgainDeletesIt() throws Exception {
        TcpListener.bind(address).close();
        assertThat(path).exists();
        assertThatThrownBy(() -> TcpListener.bind(address)).isInstanceOf(BindException.class);
        Files.delete(path);
        TcpListener.bind(address).close();
    }

    @Test
    void aFileThatWasLeftBehindRefusesConnections() throws Exception {
        TcpListener.bind(address).close();
        assertThat(refusal(address))
                .isInstanceOf(ConnectException.class)
                .hasMessage("cannot connect: address=unix:" + path + ", cause=connection refused; nobody listens there"
                        + " any more, the file was left behind");
    }

    private Throwable refusal(SocketAddress target) throws Exception {
        return join(system.spawn(() -> catchThrowable(() -> TcpStream.connect(target))));
    }

    @Test
    void whereNoFileIsNobodyListens() throws Exception {
        assertThat(refusal(address))
                .isInstanceOf(ConnectException.class)
                .hasMessage("cannot connect: address=unix:" + path
                        + ", cause=no such file or directory; nobody listens there");
        Path nowhere = directory.resolve("none").resolve("s");
        assertThatThrownBy(() -> TcpListener.bind(UnixDomainSocketAddress.of(nowhere)))
                .isInstanceOf(BindException.class)
                .hasMessage("cannot bind: address=unix:" + nowhere
                        + ", cause=no such file or directory; the directory does not exist, create it before");
    }

    @Test
    void aPathThatIsTooLongIsRefused() throws Exception {
        UnixDomainSocketAddress tooLong = UnixDomainSocketAddress.of("/" + "x".repeat(108));
        String end = ", cause=unix domain path too long; some 100 bytes are the most, choose a shorter path";
        assertThatThrownBy(() -> TcpListener.bind(tooLong))
                .isInstanceOf(BindException.class)
                .hasMessage("cannot bind: address=unix:" + tooLong + end);
        assertThat(refusal(tooLong)).hasMessage("cannot connect: address=unix:" + tooLong + end);
    }

    @Test
    void aFullBacklogRefusesAtOnce() throws Exception {
        try (TcpListener _ = TcpListener.bind(address, TcpOptions.defaults().withBacklog(1))) {
            Task<Throwable> client = system.spawn(() -> {
                List<TcpStream> connected = new ArrayList<>();
                Throwable refusal = null;
                for (int i = 0; i < 10 && refusal == null; i++) {
                    refusal = catchThrowable(() -> connected.add(TcpStream.connect(address)));
                }
                connected.forEach(TcpStream::close);
                return Objects.requireNonNull(refusal);
            });
            assertThat(join(client))
                    .isInstanceOf(ConnectException.class)
                    .hasMessage("cannot connect: address=unix:" + path + ", cause=resource temporarily unavailable;"
                            + " the backlog of the listener is full, try again later");
        }
    }

    @Test
    void aListenerOnAPathHasNoPort() throws Exception {
        try (TcpListener listener = TcpListener.bind(address)) {
            assertThat(listener.localAddress()).isEqualTo(address);
            assertThatThrownBy(listener::port)
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage("a Unix domain socket has no port: listener=unix:" + path + "; use localAddress()");
        }
    }

    @Test
    void errorsNameThePeerWithoutAName() throws Exception {
        try (TcpListener listener = TcpListener.bind(address)) {
            Task<Throwable> server = system.spawn(() -> {
                TcpStream accepted = listener.accept();
                Task<Throwable> first = spawn(() -> catchThrowable(accepted::read));
                sleepFor(Duration.ZERO);
                Throwable second = catchThrowable(accepted::read);
                accepted.close();
                await(first);
                return Objects.requireNonNull(second);
            });
            join(system.spawn(() -> TcpStream.connect(address)));
            assertThat(join(server)).hasMessageContaining("stream, local=unix:" + path + ", remote=unix:unnamed");
        }
    }

    /// They said nothing of a peer without a name, and a bare path of one that has one.
    @Test
    void errorsOfTheLayersAboveNameThePeerAsThoseOfTheStreamDo() throws Exception {
        try (TcpListener listener = TcpListener.bind(address)) {
            join(system.spawn(() -> {
                try (TcpStream connected = TcpStream.connect(address);
                        TcpStream accepted = listener.accept();
                        Framed<String, String> ours = Framed.over(accepted, LINES);
                        Framed<String, String> theirs = Framed.over(connected, LINES)) {
                    assertThat(secondRead(ours)).hasMessageContaining(": framed stream, remote=unix:unnamed;");
                    assertThat(secondRead(theirs)).hasMessageContaining(": framed stream, remote=unix:" + path + ";");
                }
                try (TcpStream connected = TcpStream.connect(address);
                        TcpStream accepted = listener.accept()) {
                    connected.write(ByteBuffer.wrap("no handshake".getBytes(US_ASCII)));
                    TlsOptions serving = TlsOptions.server(TestCertificates.context("server"));
                    assertThatThrownBy(() -> TlsStream.server(accepted, serving))
                            .isInstanceOf(TlsException.class)
                            .hasMessageContaining(
                                    "tls stream, side=server, local=unix:" + path + ", remote=unix:unnamed");
                }
            }));
        }
    }

    private static Throwable secondRead(Framed<String, String> framed) {
        Task<String> first = spawn(framed::read);
        sleepFor(Duration.ZERO);
        Throwable second = catchThrowable(framed::read);
        first.cancel();
        Throwable _ = catchThrowable(() -> await(first));
        return Objects.requireNonNull(second);
    }

    @Test
    void anotherKindOfAddressIsRefused() {
        SocketAddress other = new SocketAddress() {
            @Override
            public String toString() {
                return "elsewhere";
            }
        };
        assertThatThrownBy(() -> TcpListener.bind(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot bind: address=elsewhere, cause=neither an InetSocketAddress nor a"
                        + " UnixDomainSocketAddress");
    }
}
