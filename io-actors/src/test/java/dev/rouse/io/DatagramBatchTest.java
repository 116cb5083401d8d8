package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

final class DatagramBatchTest extends SocketTest {

    private static ByteBuffer datagram(int number, int size) {
        return ByteBuffer.allocate(size).put(0, (byte) number);
    }

    @Test
    void whatIsThereIsReceivedAtOnceAndNoMoreThanThereAreSlots() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                UdpSocket peer = UdpSocket.bind(ANY_PORT)) {
            Task<Void> task = system.spawn(() -> {
                DatagramBatch out = DatagramBatch.of(5, 10);
                for (int i = 0; i < 5; i++) {
                    out.add(datagram(i, 1 + i), socket.localAddress());
                }
                peer.send(out);
                assertThat(out.sent()).isEqualTo(5);

                DatagramBatch in = DatagramBatch.of(3, 10);
                assertThat(socket.receive(in)).isEqualTo(3);
                for (int i = 0; i < 3; i++) {
                    assertThat(in.peer(i)).isEqualTo(peer.localAddress());
                    assertThat(in.bytes(i)).isEqualTo(datagram(i, 1 + i));
                    assertThat(in.truncatedBytes(i)).isZero();
                }
                assertThat(socket.receive(in)).isEqualTo(2);
                assertThat(in.bytes(1)).isEqualTo(datagram(4, 5));
            });
            join(task);
        }
    }

    @Test
    void aReceiveSuspendsUntilThereIsOneAndTheBatchAnswersIt() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                UdpSocket peer = UdpSocket.bind(ANY_PORT)) {
            Task<Void> task = system.spawn(() -> {
                DatagramBatch batch = DatagramBatch.of(8, 100);
                Task<Integer> receiver = spawn(() -> socket.receive(batch));
                letOthersRun();
                assertThat(receiver.isDone()).isFalse();
                peer.send(datagram(1, 7), socket.localAddress());
                assertThat(await(receiver)).isEqualTo(1);
                socket.send(batch);
                batch.rewind();
                batch.bytes(0).clear().put((byte) 2).flip();
                socket.send(batch);
                ByteBuffer room = ByteBuffer.allocate(10);
                peer.receive(room);
                assertThat(room.flip()).isEqualTo(datagram(1, 7));
                peer.receive(room.clear());
                assertThat(room.flip()).isEqualTo(datagram(2, 1));
            });
            join(task);
        }
    }

    @Test
    void emptyAndTruncatedDatagramsSaySo() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                UdpSocket peer = UdpSocket.bind(ANY_PORT)) {
            Task<Void> task = system.spawn(() -> {
                for (int size : new int[] {0, 4, 5, 9}) {
                    peer.send(datagram(1, Math.max(1, size)).limit(size), socket.localAddress());
                }
                DatagramBatch in = DatagramBatch.of(8, 4);
                assertThat(socket.receive(in)).isEqualTo(4);
                int[] sizes = {0, 4, 4, 4};
                int[] truncated = {0, 0, 1, 5};
                for (int i = 0; i < 4; i++) {
                    assertThat(in.bytes(i).remaining()).isEqualTo(sizes[i]);
                    assertThat(in.truncatedBytes(i)).isEqualTo(truncated[i]);
                }
            });
            join(task);
            assertThat(socket.counters()).isEqualTo(new UdpCounters(4, 0, 2, 0, 0));
        }
    }

    @Test
    void aSocketThatDiscardsWhatDoesNotFitLeavesItOutOfTheBatch() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT, UdpOptions.defaults().withOversize(Oversize.DISCARD));
                UdpSocket peer = UdpSocket.bind(ANY_PORT)) {
            Task<Void> task = system.spawn(() -> {
                for (int size : new int[] {5, 3, 9, 4}) {
                    peer.send(datagram(size, size), socket.localAddress());
                }
                DatagramBatch in = DatagramBatch.of(8, 4);
                assertThat(socket.receive(in)).isEqualTo(2);
                assertThat(in.bytes(0)).isEqualTo(datagram(3, 3));
                assertThat(in.bytes(1)).isEqualTo(datagram(4, 4));
            });
            join(task);
        }
    }

    @Test
    void theOneThatCannotBeSentIsTheNextOneAndMayBeSkipped() throws Exception {
        InetSocketAddress vacant;
        try (UdpSocket once = UdpSocket.bind(ANY_PORT)) {
            vacant = once.localAddress();
        }
        try (UdpSocket socket = UdpSocket.connect(vacant)) {
            Task<Void> task = system.spawn(() -> {
                DatagramBatch out = DatagramBatch.of(3, 1);
                for (int i = 0; i < 3; i++) {
                    out.add(datagram(i, 1));
                }
                assertThatThrownBy(() -> socket.send(out)).isInstanceOf(PortUnreachableException.class);
                assertThat(out.sent()).isEqualTo(1);
                out.skip();
                socket.send(out);
                assertThat(out.sent()).isEqualTo(3);
                assertThatThrownBy(out::skip)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("nothing is left to send: datagrams=3");
            });
            join(task);
        }
    }

    @Test
    void nothingIsSentIfOneCannotBeAtAll() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT)) {
            Task<Void> task = system.spawn(() -> {
                DatagramBatch out = DatagramBatch.of(2, 65_508);
                out.add(datagram(0, 1), socket.localAddress());
                out.add(datagram(1, 65_508), socket.localAddress());
                assertThatThrownBy(() -> socket.send(out))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining(", size=65508, limit=65507, cause=message too long; ");
                out.clear();
                out.add(datagram(0, 1), socket.localAddress());
                out.add(datagram(0, 1));
                assertThatThrownBy(() -> socket.send(out)).hasMessageStartingWith("datagram has no target: ");
                assertThat(out.sent()).isZero();
            });
            join(task);
            assertThat(socket.counters().sent()).isZero();
        }
    }

    @Test
    void itTakesWhatItHasPlacesForAndNotOneMore() {
        DatagramBatch batch = DatagramBatch.of(2, 4);
        batch.add(datagram(0, 4));
        assertThatThrownBy(() -> batch.add(datagram(0, 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("datagram does not fit: size=5, room=4; make the batch with more room for each");
        batch.add(datagram(1, 1));
        assertThatThrownBy(() -> batch.add(datagram(2, 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("batch is full: datagrams=2, limit=2; send it, then clear it");
        assertThat(batch.size()).isEqualTo(2);
        assertThatThrownBy(() -> batch.bytes(2)).isInstanceOf(IndexOutOfBoundsException.class);
        batch.clear();
        assertThatThrownBy(() -> batch.peer(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void itsSizeHasLimits() {
        assertThat(DatagramBatch.of(DatagramBatch.MOST_DATAGRAMS, 1).capacity()).isEqualTo(1024);
        assertThat(DatagramBatch.of(1, DatagramBatch.MOST_BYTES).capacity()).isEqualTo(1);
        for (int datagrams : new int[] {0, DatagramBatch.MOST_DATAGRAMS + 1}) {
            assertThatThrownBy(() -> DatagramBatch.of(datagrams, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("batch out of range: datagrams=" + datagrams + ", least=1, most=1024");
        }
        for (int room : new int[] {0, (DatagramBatch.MOST_BYTES / 2) + 1}) {
            assertThatThrownBy(() -> DatagramBatch.of(2, room))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "batch out of range: datagrams=2, roomBytes=" + room + ", least=1, most together=16777216");
        }
    }
}
