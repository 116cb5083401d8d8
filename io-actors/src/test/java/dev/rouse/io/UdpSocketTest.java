package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Task;
import dev.rouse.actor.ViolationException;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class UdpSocketTest extends SocketTest {

    @Test
    void aReadOnlyBufferTakesNoDatagram() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT)) {
            ByteBuffer readOnly = ByteBuffer.allocate(4).asReadOnlyBuffer();
            Throwable refused = join(system.spawn(() -> catchThrowable(() -> socket.receive(readOnly))));
            assertThat(refused)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("cannot receive into a read-only buffer: buffer=" + readOnly);
        }
    }

    private static DatagramPacket packet(byte[] bytes, UdpSocket target) {
        return new DatagramPacket(bytes, bytes.length, target.localAddress());
    }

    private static DatagramSocket peer() throws IOException {
        DatagramSocket peer = new DatagramSocket(ANY_PORT);
        peer.setSoTimeout(10_000);
        return peer;
    }

    @Test
    void echoesDatagramsAndKeepsTheirBounds() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                DatagramSocket peer = peer()) {
            Task<Void> server = system.spawn(() -> {
                ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);
                for (int i = 0; i < 100; i++) {
                    InetSocketAddress sender = socket.receive(buffer.clear());
                    socket.send(buffer.flip(), sender);
                }
            });
            DatagramPacket answer = new DatagramPacket(new byte[64 << 10], 64 << 10);
            for (int i = 0; i < 100; i++) {
                peer.send(packet(new byte[i * 10], socket));
                peer.receive(answer);
                assertThat(answer.getLength()).isEqualTo(i * 10);
                assertThat(answer.getSocketAddress()).isEqualTo(socket.localAddress());
            }
            join(server);
        }
    }

    @Test
    void anEmptyDatagramIsADatagram() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                DatagramSocket peer = peer()) {
            Task<InetSocketAddress> server = system.spawn(() -> {
                ByteBuffer buffer = ByteBuffer.allocate(10);
                InetSocketAddress sender = socket.receive(buffer);
                assertThat(buffer.position()).isZero();
                socket.send(ByteBuffer.allocate(0), sender);
                return sender;
            });
            peer.send(packet(new byte[0], socket));
            DatagramPacket answer = new DatagramPacket(new byte[10], 10);
            peer.receive(answer);
            assertThat(answer.getLength()).isZero();
            assertThat(join(server)).isEqualTo(peer.getLocalSocketAddress());
        }
    }

    @Test
    void whatTheBufferHasNoRoomForIsDiscarded() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                DatagramSocket peer = peer()) {
            peer.send(packet("0123456789".getBytes(US_ASCII), socket));
            peer.send(packet("next".getBytes(US_ASCII), socket));
            Task<String> server = system.spawn(() -> {
                ByteBuffer four = ByteBuffer.allocate(4);
                socket.receive(four);
                String first = US_ASCII.decode(four.flip()).toString();
                socket.receive(four.clear());
                return first + " " + US_ASCII.decode(four.flip());
            });
            assertThat(join(server)).isEqualTo("0123 next");
        }
    }

    @Test
    void aDatagramTooLargeIsRefusedWithTheTarget() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                DatagramSocket peer = peer()) {
            InetSocketAddress target = (InetSocketAddress) peer.getLocalSocketAddress();
            Task<Throwable> sender = system.spawn(() -> {
                Throwable refusal = catchThrowable(() -> socket.send(ByteBuffer.allocate(70_000), target));
                socket.send(ByteBuffer.wrap(new byte[] {1}), target);
                return refusal;
            });
            assertThat(join(sender))
                    .isInstanceOf(IOException.class)
                    .hasMessage("cannot send: udp socket, local=127.0.0.1:"
                            + socket.localAddress().getPort() + ", target=127.0.0.1:" + target.getPort()
                            + ", cause=message too long");
            DatagramPacket next = new DatagramPacket(new byte[10], 10);
            peer.receive(next);
            assertThat(next.getLength()).isEqualTo(1);
        }
    }

    @Test
    void unresolvedTargetsAndReadOnlyBuffersAreRefused() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT)) {
            Task<Void> task = system.spawn(() -> {
                assertThatThrownBy(() -> socket.send(
                                ByteBuffer.allocate(1), InetSocketAddress.createUnresolved("nowhere.invalid", 1)))
                        .isInstanceOf(UnknownHostException.class)
                        .hasMessageStartingWith("cannot send: host=nowhere.invalid, port=1");
                assertThatThrownBy(() -> socket.receive(ByteBuffer.allocate(1).asReadOnlyBuffer()))
                        .isInstanceOf(IllegalArgumentException.class);
            });
            join(task);
        }
    }

    @Test
    void aPortInUseAndAForeignAddressAreRefused() throws Exception {
        try (UdpSocket first = UdpSocket.bind(ANY_PORT)) {
            assertThatThrownBy(() -> UdpSocket.bind(first.localAddress()))
                    .isInstanceOf(BindException.class)
                    .hasMessageStartingWith("cannot bind: address=127.0.0.1:"
                            + first.localAddress().getPort() + ", cause=address already in use; ");
        }
        InetAddress documentation = InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 1});
        assertThatThrownBy(() -> UdpSocket.bind(new InetSocketAddress(documentation, 0)))
                .isInstanceOf(BindException.class)
                .hasMessageStartingWith("cannot bind: address=192.0.2.1:0, cause=cannot assign requested address; ");
    }

    @Test
    void closingEndsASuspendedReceive() throws Exception {
        CountDownLatch receiving = new CountDownLatch(1);
        UdpSocket socket = UdpSocket.bind(ANY_PORT);
        Task<Throwable> task = system.spawn(() -> {
            Task<Throwable> receiver = spawn(() -> catchThrowable(() -> socket.receive(ByteBuffer.allocate(10))));
            sleepFor(Duration.ofMillis(1));
            receiving.countDown();
            Throwable failure = await(receiver);
            assertThatThrownBy(() -> socket.receive(ByteBuffer.allocate(10)))
                    .isInstanceOf(ClosedChannelException.class);
            return failure;
        });
        receiving.await();
        socket.close();
        assertThat(join(task)).isInstanceOf(AsynchronousCloseException.class);
    }

    @Test
    void aReceiveThatTimesOutLosesNoDatagramAndASecondReceiverIsRefused() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                DatagramSocket peer = peer()) {
            CountDownLatch ready = new CountDownLatch(1);
            Task<Integer> server = system.spawn(() -> {
                ByteBuffer buffer = ByteBuffer.allocate(10);
                assertThatThrownBy(() -> withTimeout(Duration.ofMillis(5), () -> socket.receive(buffer)))
                        .isInstanceOf(DeadlineExceededException.class);
                Task<InetSocketAddress> receiver = spawn(() -> socket.receive(buffer));
                sleepFor(Duration.ofMillis(1));
                assertThatThrownBy(() -> socket.receive(ByteBuffer.allocate(10)))
                        .isInstanceOf(ViolationException.class)
                        .hasMessageStartingWith(
                                "ROUSE-V05 two functions receive at the same time: udp socket, local=127.0.0.1:");
                ready.countDown();
                await(receiver);
                return buffer.position();
            });
            ready.await();
            peer.send(packet(new byte[3], socket));
            assertThat(join(server)).isEqualTo(3);
        }
    }
}
