package dev.rouse.examples.echo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.io.TcpListener;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class EchoTest {
    private static final int DEADLINE_MILLIS = 10_000;

    @AutoClose
    private final Echo echo;

    EchoTest() throws IOException {
        echo = new Echo(anyPort());
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.connect(echo.address(), DEADLINE_MILLIS);
        socket.setSoTimeout(DEADLINE_MILLIS);
        return socket;
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    @Test
    void whatIsSentOverTcpComesBack() throws IOException {
        byte[] sent = random(1_000_000);
        try (Socket socket = connect()) {
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(socket, sent));
            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(sent);
            writing.join();
        }
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aDatagramComesBackToItsSender() throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(DEADLINE_MILLIS);
            for (int size : new int[] {1, 0, 100, 60_000}) {
                byte[] sent = random(size);
                socket.send(new DatagramPacket(sent, size, echo.address()));
                DatagramPacket back = new DatagramPacket(new byte[65_535], 65_535);
                socket.receive(back);
                assertThat(Arrays.copyOf(back.getData(), back.getLength())).isEqualTo(sent);
            }
        }
    }

    @Test
    void aConnectionThatIsResetHarmsNobody() throws IOException {
        try (Socket rude = connect()) {
            rude.getOutputStream().write(random(100_000));
            rude.setSoLinger(true, 0);
        }
        try (Socket polite = connect()) {
            polite.getOutputStream().write(7);
            assertThat(polite.getInputStream().read()).isEqualTo(7);
        }
    }

    @Test
    void aPortInUseIsAnError() {
        assertThatThrownBy(() -> new Echo(echo.address()).close()).isInstanceOf(IOException.class);
    }

    @Test
    void aUdpPortInUseFreesTheTcpPort() throws IOException {
        InetSocketAddress address;
        try (DatagramSocket taken = udpPortWhoseTcpPortIsFree()) {
            address = new InetSocketAddress(taken.getLocalAddress(), taken.getLocalPort());
            assertThatThrownBy(() -> new Echo(address).close()).isInstanceOf(IOException.class);
        }
        try (Echo second = new Echo(address)) {
            assertThat(second.address()).isEqualTo(address);
        }
    }

    @Test
    void aFreePortWhoseUdpPortIsTakenIsGivenBackForAnother() throws IOException {
        AtomicInteger binds = new AtomicInteger();
        try (DatagramSocket taken = udpPortWhoseTcpPortIsFree();
                Echo second = new Echo(
                        anyPort(),
                        address -> TcpListener.bind(
                                binds.getAndIncrement() == 0
                                        ? new InetSocketAddress(taken.getLocalAddress(), taken.getLocalPort())
                                        : address))) {
            assertThat(binds).hasValue(2);
            assertThat(second.address().getPort()).isNotEqualTo(taken.getLocalPort());
            new ServerSocket(taken.getLocalPort(), 1, taken.getLocalAddress()).close();
        }
    }

    @Test
    void whenNoPortIsFreeForBothItGivesUp() throws IOException {
        AtomicInteger binds = new AtomicInteger();
        try (DatagramSocket taken = udpPortWhoseTcpPortIsFree()) {
            InetSocketAddress address = new InetSocketAddress(taken.getLocalAddress(), taken.getLocalPort());
            assertThatThrownBy(() -> new Echo(anyPort(), _ -> {
                                binds.incrementAndGet();
                                return TcpListener.bind(address);
                            })
                            .close())
                    .isInstanceOf(BindException.class)
                    .hasMessage("found no port that is free for both TCP and UDP: host=localhost, attempts=10,"
                            + " last cause=Address already in use; choose a port with --port");
            assertThat(binds).hasValue(10);
        }
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /// Other programs of this machine take ports too, so it looks before it answers.
    private static DatagramSocket udpPortWhoseTcpPortIsFree() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        for (int attempt = 0; attempt < 100; attempt++) {
            DatagramSocket udp = new DatagramSocket(0, loopback);
            try (ServerSocket tcp = new ServerSocket(udp.getLocalPort(), 1, loopback)) {
                assertThat(tcp.isBound()).isTrue();
                return udp;
            } catch (BindException _) {
                udp.close();
            }
        }
        throw new AssertionError("found no port that is free for both TCP and UDP");
    }

    @Test
    void wrongOptionsAndAddressesEndTheCommand() {
        assertThat(EchoServer.execute("--port", "65536")).isEqualTo(2);
        assertThat(EchoServer.execute("--frob")).isEqualTo(2);
        assertThat(EchoServer.execute("--port", Integer.toString(echo.address().getPort())))
                .isEqualTo(1);
        assertThat(EchoServer.execute("--port", "0", "--host", "192.0.2.1")).isEqualTo(1);
    }
}
