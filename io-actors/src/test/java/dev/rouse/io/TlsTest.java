package dev.rouse.io;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// Both ends of TLS connections over loopback, ours and the JDK's.
abstract class TlsTest extends SocketTest {

    /// Whatever else the machine is busy with.
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    final SSLContext serverContext = TestCertificates.context("server");
    final SSLContext clientContext = TestCertificates.context();
    final TlsOptions serving = TlsOptions.server(serverContext).withHandshakeTimeout(PATIENCE);
    final TlsOptions trusting = TlsOptions.client().withContext(clientContext).withHandshakeTimeout(PATIENCE);

    /// What one end does with its stream.
    @FunctionalInterface
    interface Use<T extends @Nullable Object> {
        T with(TlsStream stream) throws Exception;
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    static byte[] random(long seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static void echo(ByteStream stream) throws IOException {
        for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
            stream.write(bytes);
        }
    }

    static byte[] readAll(ByteStream stream) throws IOException {
        return stream.inputStream().readAllBytes();
    }

    static String text(byte[] bytes) {
        return new String(bytes, US_ASCII);
    }

    /// Accepts one connection and serves it, in a function.
    <T> Task<T> serve(TcpListener listener, TlsOptions options, Use<T> use) {
        return system.spawn(() -> {
            try (TlsStream stream = TlsStream.server(listener.accept(), options)) {
                return use.with(stream);
            }
        });
    }

    Task<Void> serveEcho(TcpListener listener, TlsOptions options) {
        return serve(listener, options, TlsTest::echoed);
    }

    @SuppressWarnings("NullAway") // a Task<Void> ends with null
    static Void echoed(ByteStream stream) throws IOException {
        echo(stream);
        return null;
    }

    /// Connects to this port as to `localhost`, in a function.
    <T> Task<T> connect(SocketAddress address, TlsOptions options, Use<T> use) {
        return system.spawn(() -> {
            try (TlsStream stream = TlsStream.client(TcpStream.connect(address), "localhost", options)) {
                return use.with(stream);
            }
        });
    }

    <T> Task<T> connect(TcpListener listener, TlsOptions options, Use<T> use) {
        return connect(listener.localAddress(), options, use);
    }

    /// Sends all, says that this is all, and returns all that comes back. Writes in a function of its own.
    static byte[] exchange(TlsStream stream, byte[] sent) throws IOException {
        Task<Void> writer = dev.rouse.actor.Rouse.spawn(() -> {
            stream.write(ByteBuffer.wrap(sent));
            stream.shutdownOutput();
        });
        byte[] received = readAll(stream);
        dev.rouse.actor.Rouse.await(writer);
        return received;
    }

    static SSLSocket jdkClient(SSLContext context, int port, String... protocols) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
        socket.setEnabledProtocols(protocols);
        return socket;
    }

    static SSLServerSocket jdkServer(SSLContext context, String... protocols) throws IOException {
        SSLServerSocket socket = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 8, InetAddress.getLoopbackAddress());
        socket.setSoTimeout(30_000);
        socket.setEnabledProtocols(protocols);
        return socket;
    }

    static InetSocketAddress addressOf(SSLServerSocket server) {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }
}
