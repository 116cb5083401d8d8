package dev.rouse.io;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Frames that are all of one size.
final class FixedCodec extends ByteCodec {

    FixedCodec(int size) {
        super(size);
    }

    @Override
    public int maxFrameBytes() {
        return limit;
    }

    @Override
    public @Nullable ByteBuffer decode(ByteBuffer input, int seen) {
        return input.remaining() < limit ? null : take(input, limit, 0);
    }

    @Override
    public void encode(ByteBuffer frame, ByteBuffer output) {
        if (frame.remaining() != limit) {
            throw new IllegalArgumentException("frame of another size: size=" + frame.remaining() + ", fixed=" + limit
                    + "; pad it, or use Frames.lengthPrefixed");
        }
        put(output, frame);
    }
}
