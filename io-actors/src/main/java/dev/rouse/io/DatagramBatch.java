package dev.rouse.io;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Several datagrams that are received, or sent, with one suspension: a place for so many, of so many bytes each, used
/// again and again.
///
/// [UdpSocket#receive(DatagramBatch)] fills it; then each datagram has the address of its [peer][#peer] and its
/// [bytes][#bytes], so that sending the batch answers them. [#add] fills it for [UdpSocket#send(DatagramBatch)].
///
/// Owned by one function at a time, and not to be touched while that waits in one of those calls. It allocates nothing
/// after it was made.
public final class DatagramBatch {

    /// Datagrams in one. Each is a system call of the same turn: this many take about a millisecond. A guess.
    public static final int MOST_DATAGRAMS = 1024;

    /// Bytes in one, 16 MiB. A guess.
    public static final int MOST_BYTES = 16 << 20;

    private final ByteBuffer[] slots;
    private final @Nullable InetSocketAddress[] peers;
    private final int[] truncated;
    private int size;
    private int sent;

    private DatagramBatch(int datagrams, int roomBytes) {
        ByteBuffer all = ByteBuffer.allocate(datagrams * roomBytes);
        slots = new ByteBuffer[datagrams];
        Arrays.setAll(slots, i -> all.slice(i * roomBytes, roomBytes));
        peers = new InetSocketAddress[datagrams];
        truncated = new int[datagrams];
    }

    /// An empty one.
    ///
    /// @param datagrams that it has places for, 1 to [#MOST_DATAGRAMS]
    /// @param roomBytes for each, at least 1; together at most [#MOST_BYTES]
    public static DatagramBatch of(int datagrams, int roomBytes) {
        if (datagrams < 1 || datagrams > MOST_DATAGRAMS) {
            throw new IllegalArgumentException(
                    "batch out of range: datagrams=" + datagrams + ", least=1, most=" + MOST_DATAGRAMS);
        }
        if (roomBytes < 1 || (long) datagrams * roomBytes > MOST_BYTES) {
            throw new IllegalArgumentException("batch out of range: datagrams=" + datagrams + ", roomBytes=" + roomBytes
                    + ", least=1, most together=" + MOST_BYTES);
        }
        return new DatagramBatch(datagrams, roomBytes);
    }

    /// Datagrams that it has places for.
    public int capacity() {
        return slots.length;
    }

    /// Datagrams in it.
    public int size() {
        return size;
    }

    /// Of how many, from the first on, it is settled that they are sent, or [skipped][#skip].
    public int sent() {
        return sent;
    }

    /// Who has sent it, or is to get it; null for the peer of a connected socket.
    public @Nullable InetSocketAddress peer(int index) {
        return peers[Objects.checkIndex(index, size)];
    }

    /// The bytes of one, from position to limit: what was received, and what is sent. The buffer has the room of
    /// its place, so an answer can be written over it: `clear`, write, `flip`. Sending does not move its position.
    public ByteBuffer bytes(int index) {
        return slots[Objects.checkIndex(index, size)];
    }

    /// How many bytes of a received one had no room and are gone.
    public int truncatedBytes(int index) {
        return truncated[Objects.checkIndex(index, size)];
    }

    /// Adds a datagram for the peer of a connected socket; copies what remains in the buffer.
    ///
    /// @throws IllegalStateException if there is no place for another one
    /// @throws IllegalArgumentException if it is larger than its place
    public void add(ByteBuffer src) {
        addFor(src, null);
    }

    /// Adds a datagram; copies what remains in the buffer.
    ///
    /// @throws IllegalStateException if there is no place for another one
    /// @throws IllegalArgumentException if it is larger than its place
    public void add(ByteBuffer src, InetSocketAddress target) {
        addFor(src, Objects.requireNonNull(target, "target"));
    }

    private void addFor(ByteBuffer src, @Nullable InetSocketAddress target) {
        if (!hasRoom()) {
            throw new IllegalStateException(
                    "batch is full: datagrams=" + size + ", limit=" + capacity() + "; send it, then clear it");
        }
        ByteBuffer slot = nextSlot();
        if (src.remaining() > slot.remaining()) {
            throw new IllegalArgumentException("datagram does not fit: size=" + src.remaining() + ", room="
                    + slot.remaining() + "; make the batch with more room for each");
        }
        slot.put(src);
        take(target, 0);
    }

    /// Takes all out.
    public void clear() {
        Arrays.fill(peers, 0, size, null);
        size = 0;
        sent = 0;
    }

    /// Has it sent from the first one again.
    public void rewind() {
        sent = 0;
    }

    /// Passes over the first one that is not sent, such as one that could not be.
    ///
    /// @throws IllegalStateException if all are sent
    public void skip() {
        if (!hasUnsent()) {
            throw new IllegalStateException("nothing is left to send: datagrams=" + size);
        }
        sent++;
    }

    // For the socket.

    boolean hasRoom() {
        return size < slots.length;
    }

    /// Empty.
    ByteBuffer nextSlot() {
        return slots[size].clear();
    }

    /// The next slot has one, up to its position.
    void received(InetSocketAddress from, int truncatedBytes) {
        take(from, truncatedBytes);
    }

    private void take(@Nullable InetSocketAddress peer, int truncatedBytes) {
        slots[size].flip();
        peers[size] = peer;
        truncated[size] = truncatedBytes;
        size++;
    }

    boolean hasUnsent() {
        return sent < size;
    }

    ByteBuffer nextUnsent() {
        return slots[sent];
    }

    /// Null too if all are sent.
    @Nullable
    InetSocketAddress nextTarget() {
        return hasUnsent() ? peers[sent] : null;
    }
}
