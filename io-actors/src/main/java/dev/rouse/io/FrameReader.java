package dev.rouse.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// Cuts lent segments into frames. Knows no stream and waits for nothing: whoever has one [feeds][#feed] it. One
/// function only.
///
/// # Where the bytes are
/// Decoded from the **segment** that was fed last, as long as a frame lies whole in it. What is left of a segment when
/// its loan ends is the beginning of a frame: [#hold] copies that to a buffer of its own, the **gathered** bytes. The
/// next segment is then appended to it step by step, each as large as what is there, until the decoder has its frame;
/// what was appended too much is left to the segment. So a frame that spans segments costs at most two copies of
/// itself, whatever follows it, and one byte at a time costs the same for each.
///
/// The gathered bytes are never more than [Decoder#maxFrameBytes], and their buffer doubles up to that and is let go
/// with the frame: its memory follows what the peer has sent, not what it has announced.
///
/// | state | segment | gathered | left by |
/// |---|---|---|---|
/// | empty | none, or used up | none, or used up | `feed` |
/// | whole | bytes | none, or used up | `next`, which takes frames; `hold`, to partial |
/// | partial | none, or used up | bytes | `feed`, to spanning; `end` |
/// | spanning | bytes | bytes | `next`, with the frame to whole, without to partial |
/// | broken | none | none | never: each `next` is refused |
final class FrameReader<T> {

    /// First size of the buffer for gathered bytes, and the least that is appended at a time. A guess: most
    /// headers.
    private static final int FIRST_BYTES = 64;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Decoder<? extends T> decoder;
    private final int limit;

    private final ConnectionBytes account;

    private ByteBuffer segment = NOTHING;
    private ByteBuffer gathered = NOTHING;

    /// How many of the gathered bytes have come from the segment that is there.
    private int appended;

    /// How many bytes the decoder has seen of the frame that is next.
    private int seen;

    /// Bytes that frames have taken since the stream began.
    private long taken;

    private @Nullable Throwable failure;

    /// @param account has the size of the buffer for gathered bytes
    FrameReader(Decoder<? extends T> decoder, ConnectionBytes account) {
        this.decoder = decoder;
        this.limit = requireMaximum(decoder);
        this.account = account;
    }

    static int requireMaximum(Decoder<?> decoder) {
        int most = decoder.maxFrameBytes();
        if (most < 1) {
            throw new IllegalArgumentException("decoder without a maximum: maxFrameBytes=" + most + ", least=1");
        }
        return most;
    }

    /// Takes the next segment. The one before must be used up or held.
    void feed(ByteBuffer lent) {
        assert !segment.hasRemaining() : "segment not used up: remaining=" + segment.remaining();
        segment = lent;
        appended = 0;
    }

    /// The next frame of what has been fed, or null. May be a slice of what was fed or of what is gathered, until
    /// the next call of any method.
    ///
    /// @throws FramingBrokenException after any other exception of it
    /// @throws BufferLimitException if a frame is to be gathered for which there is no room; nothing has changed
    ///     then
    @Nullable
    T next() throws FrameException, FramingBrokenException, BufferLimitException {
        requireWhole();
        while (gathered.hasRemaining()) {
            T frame = gathered.remaining() > seen ? decode(gathered) : null;
            if (frame != null) {
                leaveRestToSegment();
                return frame;
            }
            if (!append()) {
                return null;
            }
        }
        return segment.remaining() > seen ? decode(segment) : null;
    }

    private void requireWhole() throws FramingBrokenException {
        Throwable cause = failure;
        if (cause != null) {
            throw new FramingBrokenException("read", cause);
        }
    }

    private @Nullable T decode(ByteBuffer input) throws FrameException {
        int start = input.position();
        int end = input.limit();
        try {
            T frame = decoder.decode(input.order(ByteOrder.BIG_ENDIAN), seen);
            requireFair(input, start, end, frame);
            taken += input.position() - start;
            seen = frame == null ? input.remaining() : 0;
            if (seen >= limit) {
                throw FrameTooLongException.without("end of frame", limit - 1L);
            }
            return frame;
        } catch (FrameException e) {
            e.beganAt(taken);
            fail(e);
            throw e;
        } catch (RuntimeException | Error e) {
            fail(e);
            throw e;
        }
    }

    /// A decoder that returned a frame of no bytes could do so for ever.
    private void requireFair(ByteBuffer input, int start, int end, @Nullable T frame) {
        int moved = input.position() - start;
        if (moved < 0 || input.limit() != end || (frame != null && moved == 0)) {
            throw new IllegalStateException("decoder did not keep to its contract: decoder="
                    + decoder.getClass().getName() + ", taken=" + moved + ", limit=" + input.limit() + ", limitBefore="
                    + end + "; a frame takes at least one byte, and only the position moves");
        }
    }

    private void fail(Throwable cause) {
        failure = cause;
        release();
    }

    /// Appends some of the segment to the gathered bytes; false if there is nothing left of it.
    private boolean append() throws BufferLimitException {
        int size = gathered.remaining();
        int count = Math.min(segment.remaining(), Math.min(Math.max(size, FIRST_BYTES), limit - size));
        if (count == 0) {
            return false;
        }
        makeRoom(size + count);
        copyToGathered(count);
        appended += count;
        return true;
    }

    private void copyToGathered(int count) {
        int end = gathered.limit();
        gathered.limit(end + count).put(end, segment, segment.position(), count);
        segment.position(segment.position() + count);
    }

    /// Makes the buffer one that has its bytes at the front and room for so many in all.
    private void makeRoom(int bytes) throws BufferLimitException {
        if (gathered.capacity() - gathered.position() >= bytes) {
            return;
        }
        if (gathered.capacity() >= bytes) {
            gathered.compact().flip();
            return;
        }
        int capacity = capacityFor(bytes);
        account.take(capacity - gathered.capacity());
        gathered = ByteBuffer.allocate(capacity).put(gathered).flip();
    }

    private int capacityFor(int bytes) {
        long doubled = Math.max(FIRST_BYTES, Integer.highestOneBit(bytes) * (Integer.bitCount(bytes) == 1 ? 1L : 2L));
        return (int) Math.min(limit, doubled);
    }

    /// What is left of the gathered bytes after a frame goes back to where it came from, unless the decoder has
    /// left bytes that it had before.
    private void leaveRestToSegment() {
        int rest = gathered.remaining();
        if (rest <= appended) {
            segment.position(segment.position() - rest);
            gathered.position(gathered.limit());
            appended = 0;
        }
    }

    /// Before the loan of the segment ends: keeps what is left of it, which is less than a frame. Ends what
    /// [#next] has lent.
    ///
    /// @throws BufferLimitException if there is no room for it; nothing has changed then
    void hold() throws BufferLimitException {
        if (!gathered.hasRemaining()) {
            if (segment.hasRemaining()) {
                gathered.position(0).limit(0);
                makeRoom(segment.remaining());
                copyToGathered(segment.remaining());
            } else {
                letGo();
            }
        }
        segment = NOTHING;
    }

    /// After the end of the stream, once: the last frame, if the decoder makes one of what is left.
    ///
    /// @throws TruncatedFrameException if it does not, and something is left
    @Nullable
    T end() throws FrameException, FramingBrokenException {
        requireWhole();
        try {
            T frame = decoder.decodeEnd(gathered.order(ByteOrder.BIG_ENDIAN));
            if (gathered.hasRemaining()) {
                throw new TruncatedFrameException(gathered.remaining());
            }
            return frame;
        } catch (FrameException e) {
            e.beganAt(taken);
            fail(e);
            throw e;
        } catch (RuntimeException | Error e) {
            fail(e);
            throw e;
        }
    }

    /// After the last frame was used: nothing comes any more.
    void finish() {
        if (failure == null) {
            release();
        }
    }

    /// Lets everything go.
    void release() {
        segment = NOTHING;
        letGo();
    }

    private void letGo() {
        if (gathered.capacity() > 0) {
            account.giveBack(gathered.capacity());
            gathered = NOTHING;
        }
    }
}
