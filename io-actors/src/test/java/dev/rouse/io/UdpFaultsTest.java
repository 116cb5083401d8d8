package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Faults of those who send datagrams, and one that behaves meanwhile.
@ExtendWith(NothingLeft.class)
final class UdpFaultsTest extends SocketTest {

    /// The most that IPv4 carries: 65,535 less the headers.
    private static final int LARGEST = 65_507;

    private final Queue<IOException> failures = new ConcurrentLinkedQueue<>();

    /// Sends back what comes, as users write it: what cannot be sent is lost.
    private Task<Void> echo(UdpSocket socket) {
        return system.spawn(() -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
            try {
                while (true) {
                    InetSocketAddress sender = socket.receive(buffer.clear());
                    try {
                        socket.send(buffer.flip(), sender);
                    } catch (ClosedChannelException e) {
                        throw e;
                    } catch (IOException e) {
                        failures.add(e);
                    }
                }
            } catch (ClosedChannelException _) {
                // that is how it ends
            }
        });
    }

    private static DatagramSocket peer() throws IOException {
        DatagramSocket peer = new DatagramSocket(ANY_PORT);
        peer.setSoTimeout(30_000);
        return peer;
    }

    private static void isServed(DatagramSocket peer, InetSocketAddress server, int size) throws IOException {
        byte[] sent = new byte[size];
        Arrays.fill(sent, (byte) size);
        peer.send(new DatagramPacket(sent, size, server));
        DatagramPacket answer = new DatagramPacket(new byte[LARGEST + 1], LARGEST + 1);
        peer.receive(answer);
        assertThat(answer.getLength()).isEqualTo(size);
        assertThat(answer.getData()[size - 1]).isEqualTo((byte) size);
    }

    @Test
    void theLargestDatagramGoesThroughAndOneByteMoreIsRefusedToItsSenderOnly() throws Exception {
        UdpSocket server = UdpSocket.bind(ANY_PORT);
        Task<Void> echo = echo(server);
        try (server;
                UdpSocket sender = UdpSocket.bind(ANY_PORT);
                DatagramSocket healthy = peer()) {
            Task<List<Integer>> sizes = system.spawn(() -> {
                Throwable refusal =
                        catchThrowable(() -> sender.send(ByteBuffer.allocate(LARGEST + 1), server.localAddress()));
                assertThat(refusal)
                        .isInstanceOf(IOException.class)
                        .hasMessageStartingWith("cannot send: udp socket, local=127.0.0.1:")
                        .hasMessageEndingWith(", cause=message too long; send it in parts");
                sender.send(ByteBuffer.allocate(LARGEST), server.localAddress());
                ByteBuffer back = ByteBuffer.allocate(LARGEST + 1);
                sender.receive(back);
                return List.of(back.position());
            });
            assertThat(join(sizes)).containsExactly(LARGEST);
            isServed(healthy, server.localAddress(), 100);
        }
        join(echo);
    }

    /// The answer to each meets a closed port, and the system hears of it by ICMP.
    @Test
    void whoIsGoneWhenItsAnswerComesHarmsNobody() throws Exception {
        UdpSocket server = UdpSocket.bind(ANY_PORT);
        Task<Void> echo = echo(server);
        try (server;
                DatagramSocket healthy = peer()) {
            for (int i = 1; i <= 50; i++) {
                try (DatagramSocket gone = peer()) {
                    gone.send(new DatagramPacket(new byte[10], 10, server.localAddress()));
                }
                isServed(healthy, server.localAddress(), i);
            }
        }
        join(echo);
        assertThat(failures).isEmpty();
    }

    /// To a broadcast address nobody may send who has not asked for it.
    @Test
    void aTargetThatIsNotAllowedIsAnErrorOfThatCallOnly() throws Exception {
        try (UdpSocket server = UdpSocket.bind(new InetSocketAddress(0));
                DatagramSocket healthy = peer()) {
            InetSocketAddress here = new InetSocketAddress(
                    ANY_PORT.getAddress(), server.localAddress().getPort());
            InetSocketAddress everybody =
                    new InetSocketAddress(InetAddress.getByAddress(new byte[] {-1, -1, -1, -1}), 9);
            Task<Void> task = system.spawn(() -> {
                assertThat(catchThrowable(() -> server.send(ByteBuffer.allocate(1), everybody)))
                        .isInstanceOf(IOException.class)
                        .hasMessageStartingWith("cannot send: udp socket, local=")
                        .hasMessageContaining(", target=255.255.255.255:9, cause=");
                ByteBuffer buffer = ByteBuffer.allocate(100);
                InetSocketAddress sender = server.receive(buffer);
                server.send(buffer.flip(), sender);
            });
            isServed(healthy, here, 10);
            join(task);
        }
    }
}
