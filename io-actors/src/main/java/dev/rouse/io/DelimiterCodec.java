package dev.rouse.io;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Frames that end with a delimiter of any bytes.
///
/// A frame is too long when no delimiter begins within the first `limit + 1` bytes, which is certain once `limit` and
/// the delimiter's length have come without one: the same whatever pieces they came in.
final class DelimiterCodec extends ByteCodec {

    private final byte[] delimiter;

    DelimiterCodec(byte[] delimiter, int limit) {
        super(limit);
        this.delimiter = delimiter;
    }

    @Override
    public int maxFrameBytes() {
        return limit + delimiter.length;
    }

    @Override
    public @Nullable ByteBuffer decode(ByteBuffer input, int seen) throws FrameException {
        int start = input.position();
        // Of what was seen, the end may be the beginning of a delimiter.
        int from = start + Math.max(0, seen - (delimiter.length - 1));
        int within = Math.min(input.limit(), start + maxFrameBytes());
        int at = find(input, from, within);
        if (at >= 0) {
            return take(input, at - start, delimiter.length);
        }
        if (within - start == maxFrameBytes()) {
            throw FrameTooLongException.without("delimiter", limit);
        }
        return null;
    }

    /// Where the first delimiter begins that ends before `end`; negative if there is none.
    private int find(ByteBuffer bytes, int from, int end) {
        byte first = delimiter[0];
        for (int at = from; at <= end - delimiter.length; at++) {
            if (bytes.get(at) == first && isAt(bytes, at)) {
                return at;
            }
        }
        return -1;
    }

    private boolean isAt(ByteBuffer bytes, int at) {
        for (int i = 1; i < delimiter.length; i++) {
            if (bytes.get(at + i) != delimiter[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void encode(ByteBuffer frame, ByteBuffer output) throws FrameTooLongException {
        requireWithinLimit(frame);
        int start = output.position();
        put(output, frame);
        output.put(delimiter);
        int at = find(output, start, output.position());
        if (at - start < frame.remaining()) {
            throw new IllegalArgumentException(
                    "frame with a delimiter in it: index=" + (at - start) + ", size=" + frame.remaining()
                            + "; its reader would take it for two, use Frames.lengthPrefixed for any bytes");
        }
    }
}
