package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

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
import java.nio.ByteOrder;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

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

    private static String receiveText(UdpSocket socket, ByteBuffer room) throws IOException {
        socket.receive(room.clear());
        return US_ASCII.decode(room.flip()) + "/" + socket.truncatedBytes();
    }

    @Test
    void aDatagramThatDoesNotFitIsCutAndTheSocketSaysByHowMuch() throws Exception {
        for (ByteBuffer room : List.of(ByteBuffer.allocate(4), ByteBuffer.allocateDirect(4))) {
            try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                    DatagramSocket peer = peer()) {
                for (String text : List.of("0123456789", "01234", "0123", "")) {
                    peer.send(packet(text.getBytes(US_ASCII), socket));
                }
                Task<List<String>> server = system.spawn(() -> List.of(
                        receiveText(socket, room),
                        receiveText(socket, room),
                        receiveText(socket, room),
                        receiveText(socket, room)));
                assertThat(join(server)).containsExactly("0123/6", "0123/1", "0123/0", "/0");
                assertThat(socket.counters()).isEqualTo(new UdpCounters(4, 0, 2, 0, 0));
            }
        }
    }

    @Test
    void aBufferWithNoRoomTakesAnEmptyDatagramWholeAndNothingOfAnother() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                DatagramSocket peer = peer()) {
            peer.send(packet(new byte[0], socket));
            peer.send(packet(new byte[1], socket));
            Task<List<String>> server = system.spawn(() -> List.of(
                    receiveText(socket, ByteBuffer.allocateDirect(0)), receiveText(socket, ByteBuffer.allocate(0))));
            assertThat(join(server)).containsExactly("/0", "/1");
        }
    }

    @Test
    void theLargestDatagramArrivesWholeInEveryKindOfBuffer() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                UdpSocket peer = UdpSocket.bind(ANY_PORT)) {
            byte[] largest = new byte[65_507];
            new Random(1).nextBytes(largest);
            Task<Void> task = system.spawn(() -> {
                for (ByteBuffer room : List.of(
                        ByteBuffer.allocate(65_507),
                        ByteBuffer.allocateDirect(65_507),
                        ByteBuffer.allocateDirect(70_000))) {
                    peer.send(ByteBuffer.wrap(largest), socket.localAddress());
                    assertThat(socket.receive(room)).isEqualTo(peer.localAddress());
                    assertThat(room.flip()).isEqualTo(ByteBuffer.wrap(largest));
                    assertThat(socket.truncatedBytes()).isZero();
                }
            });
            join(task);
        }
    }

    @Test
    void aSocketThatDiscardsWhatDoesNotFitReceivesTheNextOne() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT, UdpOptions.defaults().withOversize(Oversize.DISCARD));
                DatagramSocket peer = peer()) {
            for (int i = 0; i < 70; i++) { // more than one attempt discards
                peer.send(packet(new byte[5], socket));
            }
            peer.send(packet("next".getBytes(US_ASCII), socket));
            assertThat(join(system.spawn(() -> receiveText(socket, ByteBuffer.allocate(4)))))
                    .isEqualTo("next/0");
            assertThat(socket.counters()).isEqualTo(new UdpCounters(71, 0, 70, 0, 0));
        }
    }

    @Test
    void aSocketThatFailsAtWhatDoesNotFitNamesSenderAndSizes() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT, UdpOptions.defaults().withOversize(Oversize.FAIL));
                DatagramSocket peer = peer()) {
            peer.send(packet("0123456789".getBytes(US_ASCII), socket));
            peer.send(packet("next".getBytes(US_ASCII), socket));
            ByteBuffer room = ByteBuffer.allocate(4);
            Task<Throwable> task = system.spawn(() -> {
                Throwable failure = catchThrowable(() -> socket.receive(room));
                assertThat(US_ASCII.decode(room.flip()).toString()).isEqualTo("0123");
                assertThat(receiveText(socket, room)).isEqualTo("next/0");
                return failure;
            });
            assertThat(join(task))
                    .isInstanceOfSatisfying(DatagramTruncatedException.class, truncated -> {
                        assertThat(truncated.sender()).isEqualTo(peer.getLocalSocketAddress());
                        assertThat(truncated.datagramBytes()).isEqualTo(10);
                    })
                    .hasMessage("datagram was truncated: udp socket, local=127.0.0.1:"
                            + socket.localAddress().getPort() + ", sender=127.0.0.1:" + peer.getLocalPort()
                            + ", size=10, room=4; offer a larger buffer");
        }
    }

    private static InetAddress loopback6() throws IOException {
        byte[] bytes = new byte[16];
        bytes[15] = 1;
        return InetAddress.getByAddress(bytes);
    }

    @Test
    void theLimitOfADatagramIsThatOfItsKindOfAddress() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(new InetSocketAddress(loopback6(), 0))) {
            Task<Void> task = system.spawn(() -> {
                ByteBuffer room = ByteBuffer.allocateDirect(70_000);
                socket.send(ByteBuffer.allocate(65_527), socket.localAddress());
                socket.receive(room);
                assertThat(room.position()).isEqualTo(65_527);
                assertThatThrownBy(() -> socket.send(ByteBuffer.allocate(65_528), socket.localAddress()))
                        .hasMessageContaining(", size=65528, limit=65527, cause=message too long; ");
            });
            join(task);
            assertThat(socket.counters()).isEqualTo(new UdpCounters(1, 1, 0, 0, 1));
        }
    }

    @Test
    void aBroadcastHasToBeAllowed() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(new InetSocketAddress(0));
                UdpSocket allowed = UdpSocket.bind(
                        new InetSocketAddress(0), UdpOptions.defaults().withBroadcast())) {
            InetSocketAddress everybody = new InetSocketAddress(
                    InetAddress.getByName("127.255.255.255"),
                    socket.localAddress().getPort());
            Task<Integer> task = system.spawn(() -> {
                assertThatThrownBy(() -> socket.send(ByteBuffer.allocate(3), everybody))
                        .isInstanceOf(IOException.class)
                        .hasMessageEndingWith(", target=127.255.255.255:" + everybody.getPort()
                                + ", cause=permission denied; a broadcast needs UdpOptions.withBroadcast()");
                allowed.send(ByteBuffer.allocate(3), everybody);
                ByteBuffer room = ByteBuffer.allocate(4);
                socket.receive(room);
                return room.position();
            });
            assertThat(join(task)).isEqualTo(3);
        }
    }

    @Test
    void socketsThatAllReuseItShareAPort() throws Exception {
        for (UdpOptions shared : List.of(
                UdpOptions.defaults().withReusePort(), UdpOptions.defaults().withReuseAddress())) {
            try (UdpSocket first = UdpSocket.bind(ANY_PORT, shared);
                    UdpSocket second = UdpSocket.bind(first.localAddress(), shared)) {
                assertThat(second.localAddress()).isEqualTo(first.localAddress());
                assertThatThrownBy(() -> UdpSocket.bind(first.localAddress())).isInstanceOf(BindException.class);
            }
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whatTheSystemDropsForLackOfRoomIsCountedByIt() throws Exception {
        UdpSocket socket = UdpSocket.bind(ANY_PORT, UdpOptions.defaults().withReceiveBufferBytes(4_096));
        try (socket;
                DatagramSocket peer = peer()) {
            assertThat(socket.kernelDrops()).hasValue(0);
            for (int i = 0; i < 50; i++) {
                peer.send(packet(new byte[1_000], socket));
            }
            Task<Integer> received = system.spawn(() -> socket.receive(DatagramBatch.of(50, 1_000)));
            assertThat(socket.kernelDrops()).hasValue(50 - join(received));
        }
        Awaitility.await().untilAsserted(() -> assertThat(socket.kernelDrops()).isEmpty());
    }

    @Test
    void anAddressInTheListOfTheSystemIsReadAsItStandsThere() throws Exception {
        assumeThat(ByteOrder.nativeOrder()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        InetAddress loopback4 = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        assertThat(KernelDrops.address("0100007F:B746")).isEqualTo(new InetSocketAddress(loopback4, 0xB746));
        assertThat(KernelDrops.address("0000000000000000FFFF00000100007F:0001"))
                .isEqualTo(new InetSocketAddress(loopback4, 1));
        assertThat(KernelDrops.address("00000000000000000000000001000000:FFFF"))
                .isEqualTo(new InetSocketAddress(loopback6(), 0xFFFF));
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
                            + ", size=70000, limit=65507, cause=message too long; send it in parts");
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
            letOthersRun();
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
                letOthersRun();
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
