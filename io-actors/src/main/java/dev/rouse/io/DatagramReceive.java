package dev.rouse.io;

import static java.nio.channels.SelectionKey.OP_READ;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Receives one datagram into a buffer, or as many as are there into a batch.
///
/// The system says only how much it has written, not whether that was all of the datagram. So a datagram goes
/// through a buffer of the shard that has room for any, unless the caller's is such a one, and what does not
/// fit is known.
final class DatagramReceive extends Operation {

    /// Datagrams that one attempt discards before others have their turn. A guess.
    private static final int MOST_DISCARDED = 64;

    private final DatagramChannel channel;
    private final Oversize oversize;
    private final UdpCounts counts;
    private @Nullable ByteBuffer target;
    private @Nullable DatagramBatch batch;
    private @Nullable InetSocketAddress sender;
    private int truncated;

    /// Came after datagrams that were received; for the next call, since the system tells of it once.
    private @Nullable IOException deferred;

    DatagramReceive(DatagramChannel channel, Oversize oversize, UdpCounts counts) {
        super(OP_READ);
        this.channel = channel;
        this.oversize = oversize;
        this.counts = counts;
    }

    DatagramReceive into(ByteBuffer dst) {
        target = dst;
        return this;
    }

    DatagramReceive into(DatagramBatch datagrams) {
        batch = datagrams;
        return this;
    }

    void forgetTarget() {
        target = null;
        batch = null;
    }

    @Override
    String verb() {
        return "receive";
    }

    @Override
    IOException failure(String subject, IOException cause) {
        return UdpFailures.of(verb(), subject, cause);
    }

    @Override
    boolean attempt(BufferPool buffers) throws IOException {
        IOException before = deferred;
        if (before != null) {
            deferred = null;
            throw before;
        }
        DatagramBatch many = batch;
        return many == null ? receive(Objects.requireNonNull(target), buffers) : receive(many, buffers);
    }

    private boolean receive(ByteBuffer dst, BufferPool buffers) throws IOException {
        int start = dst.position();
        for (int i = 0; i < MOST_DISCARDED; i++) {
            sender = receiveNext(dst, buffers);
            if (sender == null || !isDiscarded()) {
                return sender != null;
            }
            dst.position(start);
        }
        return false;
    }

    private boolean receive(DatagramBatch many, BufferPool buffers) throws IOException {
        try {
            for (int i = many.capacity() + MOST_DISCARDED; i > 0 && many.hasRoom(); i--) {
                ByteBuffer slot = many.nextSlot();
                InetSocketAddress from = receiveNext(slot, buffers);
                if (from == null) {
                    break;
                }
                if (!isDiscarded()) {
                    many.received(from, truncated);
                }
            }
        } catch (IOException e) {
            if (many.size() == 0) {
                throw e;
            }
            deferred = e;
        }
        return many.size() > 0;
    }

    /// The sender; null if there is no datagram.
    private @Nullable InetSocketAddress receiveNext(ByteBuffer dst, BufferPool buffers) throws IOException {
        truncated = 0;
        int start = dst.position();
        InetSocketAddress from = dst.isDirect() && dst.remaining() >= BufferPool.DATAGRAM_BYTES
                ? (InetSocketAddress) channel.receive(dst)
                : receiveNext(dst, buffers.datagram());
        if (from != null) {
            counts.received.add(1);
            moved(dst.position() - start);
        }
        return from;
    }

    private @Nullable InetSocketAddress receiveNext(ByteBuffer dst, ByteBuffer whole) throws IOException {
        InetSocketAddress from = (InetSocketAddress) channel.receive(whole);
        int fits = Math.min(dst.remaining(), whole.flip().remaining());
        dst.put(dst.position(), whole, 0, fits);
        dst.position(dst.position() + fits);
        truncated = whole.remaining() - fits;
        return from;
    }

    /// Counts what does not fit, and says whether it is to be received by nobody.
    private boolean isDiscarded() {
        if (truncated == 0) {
            return false;
        }
        counts.truncated.add(1);
        return oversize == Oversize.DISCARD;
    }

    /// A batch that was not filled has drained the socket.
    @Override
    boolean maybeMore() {
        DatagramBatch many = batch;
        return many == null || !many.hasRoom() || deferred != null;
    }

    InetSocketAddress takeSender() {
        InetSocketAddress address = Objects.requireNonNull(sender);
        sender = null;
        return address;
    }

    /// Bytes of the last datagram that had no room.
    int truncated() {
        return truncated;
    }
}
