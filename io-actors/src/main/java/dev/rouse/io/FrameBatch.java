package dev.rouse.io;

import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Encoded frames on their way out, one behind the other, so that many small ones go out in one write. One function
/// only.
///
/// Bounded: [#tryAdd] takes a frame only within the room it is given. It counts for its connection while it holds bytes
/// that have not gone out; the small buffer that it keeps otherwise does not count, as the connections are counted.
final class FrameBatch<T> {

    /// First size of its buffer, and what is kept of it between writes. A guess: a few short frames.
    static final int KEPT_BYTES = 512;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Encoder<? super T> encoder;
    private final int limit;
    private final ConnectionBytes account;

    /// Its position is the end of what was encoded, its limit its capacity.
    private ByteBuffer buffer = NOTHING;

    /// What has gone out of it.
    private int sent;

    /// Where the frame that was added last begins.
    private int last;

    /// Bytes of it that are in the account: all or none.
    private int counted;

    /// @param account has the size of the buffer while that holds something
    FrameBatch(Encoder<? super T> encoder, ConnectionBytes account) {
        this.encoder = encoder;
        this.limit = requireMaximum(encoder);
        this.account = account;
    }

    static int requireMaximum(Encoder<?> encoder) {
        int most = encoder.maxFrameBytes();
        if (most < 1) {
            throw new IllegalArgumentException("encoder without a maximum: maxFrameBytes=" + most + ", least=1");
        }
        return most;
    }

    /// Bytes that have not gone out.
    int unsentBytes() {
        return buffer.position() - sent;
    }

    /// Encodes a frame behind the others, within `room` bytes. False, and nothing is changed, if there may be more
    /// room another time.
    ///
    /// @throws FrameTooLongException if it would never fit
    /// @throws BufferLimitException if the connection or its shard may not hold so much; likewise
    boolean tryAdd(T frame, int room) throws FrameTooLongException, BufferLimitException {
        if (room <= 0) {
            return false;
        }
        forgetSent();
        count();
        int start = buffer.position();
        last = start;
        int allowed = Math.min(room, limit);
        boolean added = false;
        try {
            added = encode(frame, start, allowed);
        } finally {
            if (!added) {
                buffer.position(start);
            }
            buffer.limit(buffer.capacity());
            if (unsentBytes() == 0) {
                countNoMore();
            }
        }
        if (!added && allowed == limit) {
            throw FrameTooLongException.unwritten(limit);
        }
        return added;
    }

    /// Forgets the frame that [#tryAdd] has just added, or says that a part of it has gone out.
    boolean tryTakeBack() {
        if (sent > last || buffer.position() < last) { // the latter if a close has let it go
            return false;
        }
        buffer.position(last);
        if (unsentBytes() == 0) {
            clear();
        }
        return true;
    }

    /// What a write that was cut short has left moves to the front, or the buffer would grow with each.
    private void forgetSent() {
        if (sent > 0) {
            buffer.flip().position(sent);
            buffer.compact();
            sent = 0;
        }
    }

    /// Doubles the buffer until the frame fits, or there are `allowed` bytes for it and it does not.
    private boolean encode(T frame, int start, int allowed) throws FrameTooLongException, BufferLimitException {
        while (true) {
            try {
                buffer.limit(Math.min(buffer.capacity(), start + allowed)).order(ByteOrder.BIG_ENDIAN);
                encoder.encode(frame, buffer);
                return true;
            } catch (BufferOverflowException _) {
                if (buffer.limit() - start >= allowed) {
                    return false;
                }
                buffer.limit(buffer.capacity()).position(start);
                grow(start + allowed);
            }
        }
    }

    private void grow(int most) throws BufferLimitException {
        int capacity = (int) Math.min(most, Math.max(KEPT_BYTES, 2L * buffer.capacity()));
        account.take(capacity - counted);
        counted = capacity;
        buffer = ByteBuffer.allocate(capacity).put(buffer.flip());
    }

    /// Writes what there is. When it throws, what has not gone out is still there, to the byte.
    void writeTo(ByteStream stream) throws IOException {
        if (unsentBytes() == 0) {
            return;
        }
        ByteBuffer out = buffer;
        int end = out.position();
        out.limit(end).position(sent);
        try {
            stream.write(out);
        } finally {
            int written = out.position();
            out.limit(out.capacity()).position(end);
            if (buffer.capacity() > 0) { // a close may have let it go meanwhile
                sent = written;
            }
        }
        clear();
    }

    /// Forgets what there is, and keeps a small buffer only: an idle stream should hold next to nothing.
    void clear() {
        if (buffer.capacity() > KEPT_BYTES) {
            release();
        } else {
            sent = 0;
            buffer.clear();
            countNoMore();
        }
    }

    private void count() throws BufferLimitException {
        account.take(buffer.capacity() - counted);
        counted = buffer.capacity();
    }

    private void countNoMore() {
        account.giveBack(counted);
        counted = 0;
    }

    /// Lets everything go.
    void release() {
        sent = 0;
        countNoMore();
        buffer = NOTHING;
    }
}
