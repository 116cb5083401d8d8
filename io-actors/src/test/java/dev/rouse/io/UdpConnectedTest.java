package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Task;
import dev.rouse.actor.ViolationException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/// Datagram sockets with one peer.
final class UdpConnectedTest extends SocketTest {

    private static ByteBuffer bytes(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length);
        for (int value : values) {
            buffer.put((byte) value);
        }
        return buffer.flip();
    }

    /// The first byte of the next datagram.
    private static int receiveByte(UdpSocket socket) throws IOException {
        ByteBuffer room = ByteBuffer.allocate(4);
        socket.receive(room);
        return room.get(0);
    }

    @Test
    void sendsWithoutATargetAndHearsItsPeerOnly() throws Exception {
        try (UdpSocket peer = UdpSocket.bind(ANY_PORT);
                UdpSocket stranger = UdpSocket.bind(ANY_PORT);
                UdpSocket connected = UdpSocket.connect(peer.localAddress())) {
            assertThat(connected.remoteAddress()).isEqualTo(peer.localAddress());
            assertThat(connected.localAddress().getAddress()).isEqualTo(ANY_PORT.getAddress());
            Task<Void> task = system.spawn(() -> {
                connected.send(bytes(1));
                assertThat(peer.receive(ByteBuffer.allocate(1))).isEqualTo(connected.localAddress());
                connected.send(bytes(2), peer.localAddress());
                assertThat(receiveByte(peer)).isEqualTo(2);
                stranger.send(bytes(3), connected.localAddress());
                peer.send(bytes(4), connected.localAddress());
                ByteBuffer room = ByteBuffer.allocate(1);
                assertThat(connected.receive(room)).isEqualTo(peer.localAddress());
                assertThat(room.get(0)).isEqualTo((byte) 4);
            });
            join(task);
        }
    }

    @Test
    void connectToKeepsThePortAndForgetsWhatHadArrived() throws Exception {
        try (UdpSocket peer = UdpSocket.bind(ANY_PORT);
                UdpSocket stranger = UdpSocket.bind(ANY_PORT);
                UdpSocket socket = UdpSocket.bind(new InetSocketAddress(0))) {
            int port = socket.localAddress().getPort();
            assertThat(socket.remoteAddress()).isNull();
            Task<Void> task = system.spawn(() -> {
                stranger.send(bytes(1), new InetSocketAddress(ANY_PORT.getAddress(), port));
                socket.connectTo(peer.localAddress());
                assertThat(socket.localAddress()).isEqualTo(new InetSocketAddress(ANY_PORT.getAddress(), port));
                assertThat(socket.remoteAddress()).isEqualTo(peer.localAddress());
                peer.send(bytes(2), socket.localAddress());
                assertThat(receiveByte(socket)).isEqualTo(2);
                assertThatThrownBy(() -> socket.connectTo(stranger.localAddress()))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("socket is connected already: udp socket, local=127.0.0.1:" + port
                                + ", remote=127.0.0.1:" + peer.localAddress().getPort() + ", refused=127.0.0.1:"
                                + stranger.localAddress().getPort() + "; open another one");
            });
            join(task);
        }
    }

    @Test
    void connectToIsRefusedWhileAFunctionReceives() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT)) {
            Task<Void> task = system.spawn(() -> {
                Task<Integer> receiver = spawn(() -> receiveByte(socket));
                letOthersRun();
                assertThatThrownBy(() -> socket.connectTo(socket.localAddress()))
                        .isInstanceOf(ViolationException.class)
                        .hasMessageStartingWith("ROUSE-V05 two functions receive at the same time: udp socket, ");
                socket.send(bytes(7), socket.localAddress());
                assertThat(await(receiver)).isEqualTo(7);
            });
            join(task);
        }
    }

    /// An address where nobody receives, and soon somebody does.
    private static InetSocketAddress vacant() throws IOException {
        try (UdpSocket once = UdpSocket.bind(ANY_PORT)) {
            return once.localAddress();
        }
    }

    @Test
    void aPortWhereNobodyReceivesFailsOneCallAndTheSocketStaysUsable() throws Exception {
        InetSocketAddress vacant = vacant();
        try (UdpSocket socket = UdpSocket.connect(vacant)) {
            Task<Throwable> task = system.spawn(() -> {
                Task<Throwable> receiver = spawn(() -> catchThrowable(() -> receiveByte(socket)));
                letOthersRun();
                socket.send(bytes(1));
                Throwable failure = await(receiver);
                try (UdpSocket peer = UdpSocket.bind(vacant)) {
                    socket.send(bytes(2));
                    assertThat(receiveByte(peer)).isEqualTo(2);
                    peer.send(bytes(3), socket.localAddress());
                    assertThat(receiveByte(socket)).isEqualTo(3);
                }
                return failure;
            });
            assertThat(join(task))
                    .isInstanceOf(PortUnreachableException.class)
                    .hasMessage("port unreachable: udp socket, local=127.0.0.1:"
                            + socket.localAddress().getPort() + ", remote=127.0.0.1:" + vacant.getPort()
                            + ", call=receive; an earlier datagram met nobody there; the socket stays usable, send"
                            + " again later");
            assertThat(socket.counters()).isEqualTo(new UdpCounters(1, 2, 0, 1, 0));
        }
    }

    @Test
    void aSendThatIsToldOfIsNotSentAndItsBufferIsAsItWas() throws Exception {
        InetSocketAddress vacant = vacant();
        try (UdpSocket socket = UdpSocket.connect(vacant)) {
            Task<Void> task = system.spawn(() -> {
                socket.send(bytes(1)); // over loopback the answer is there when this returns
                ByteBuffer again = bytes(2);
                assertThatThrownBy(() -> socket.send(again))
                        .isInstanceOf(PortUnreachableException.class)
                        .hasMessageContaining(", call=send; ");
                assertThat(again.remaining()).isEqualTo(1);
                try (UdpSocket peer = UdpSocket.bind(vacant)) {
                    socket.send(again);
                    assertThat(receiveByte(peer)).isEqualTo(2);
                }
            });
            join(task);
        }
    }

    @Test
    void aSocketThatIsNotConnectedIsToldOfNothing() throws Exception {
        InetSocketAddress vacant = vacant();
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT)) {
            Task<Integer> task = system.spawn(() -> {
                for (int i = 0; i < 10; i++) {
                    socket.send(bytes(1), vacant);
                }
                socket.send(bytes(2), socket.localAddress());
                return receiveByte(socket);
            });
            assertThat(join(task)).isEqualTo(2);
            assertThat(socket.counters()).isEqualTo(new UdpCounters(1, 11, 0, 0, 0));
        }
    }

    @Test
    void anUnreachablePortInTheMidstOfABatchIsForTheNextCall() throws Exception {
        InetSocketAddress vacant = vacant();
        try (UdpSocket socket = UdpSocket.connect(vacant)) {
            Task<Void> task = system.spawn(() -> {
                try (UdpSocket peer = UdpSocket.bind(vacant)) {
                    peer.send(bytes(1), socket.localAddress());
                    peer.send(bytes(2), socket.localAddress());
                }
                socket.send(bytes(3)); // to nobody
                DatagramBatch batch = DatagramBatch.of(8, 4);
                assertThatThrownBy(() -> socket.receive(batch)).isInstanceOf(PortUnreachableException.class);
                assertThat(batch.size()).isZero();
                assertThat(socket.receive(batch)).isEqualTo(2);
            });
            join(task);
        }
    }

    @Test
    void anEmptyDatagramIsReceivedAndRefusedWhereItWouldNotBeSent() throws Exception {
        try (UdpSocket peer = UdpSocket.bind(ANY_PORT);
                UdpSocket connected = UdpSocket.connect(peer.localAddress())) {
            Task<Void> task = system.spawn(() -> {
                peer.send(bytes(), connected.localAddress());
                ByteBuffer room = ByteBuffer.allocate(4);
                assertThat(connected.receive(room)).isEqualTo(peer.localAddress());
                assertThat(room.position()).isZero();
                assertThatThrownBy(() -> connected.send(bytes()))
                        .isInstanceOf(IOException.class)
                        .hasMessage("cannot send: udp socket, local=127.0.0.1:"
                                + connected.localAddress().getPort() + ", remote=127.0.0.1:"
                                + peer.localAddress().getPort() + ", size=0, cause=the JDK sends no empty datagram"
                                + " from a connected socket; send it from one that is not connected");
            });
            join(task);
        }
    }

    @Test
    void anotherTargetNoTargetAndAnUnresolvedPeerAreRefused() throws Exception {
        try (UdpSocket peer = UdpSocket.bind(ANY_PORT);
                UdpSocket connected = UdpSocket.connect(peer.localAddress())) {
            String addresses =
                    "udp socket, local=127.0.0.1:" + connected.localAddress().getPort() + ", remote=127.0.0.1:"
                            + peer.localAddress().getPort();
            Task<Void> task = system.spawn(() -> {
                assertThatThrownBy(() -> connected.send(bytes(1), new InetSocketAddress(ANY_PORT.getAddress(), 9)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("a connected socket sends to its peer only: " + addresses
                                + ", target=127.0.0.1:9; use one that is not connected");
                assertThatThrownBy(() -> peer.send(bytes(1)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("datagram has no target: udp socket, local=127.0.0.1:"
                                + peer.localAddress().getPort() + "; name one, or connect the socket");
            });
            join(task);
        }
        assertThatThrownBy(() -> UdpSocket.connect(InetSocketAddress.createUnresolved("nowhere.invalid", 1)))
                .isInstanceOf(UnknownHostException.class)
                .hasMessageStartingWith("cannot connect: host=nowhere.invalid, port=1");
    }

    @Test
    void aPeerThatCannotBeHadIsNamed() throws Exception {
        InetAddress everybody = InetAddress.getByName("255.255.255.255");
        assertThatThrownBy(() -> UdpSocket.connect(new InetSocketAddress(everybody, 9)))
                .isInstanceOf(ConnectException.class)
                .hasMessageStartingWith("cannot connect: address=255.255.255.255:9, cause=");
    }
}
