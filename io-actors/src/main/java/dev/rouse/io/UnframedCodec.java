package dev.rouse.io;

import java.nio.ByteBuffer;

/// What has come, in pieces of at most the maximum.
final class UnframedCodec extends ByteCodec {

    UnframedCodec(int limit) {
        super(limit);
    }

    @Override
    public int maxFrameBytes() {
        return limit;
    }

    @Override
    public ByteBuffer decode(ByteBuffer input, int seen) {
        return take(input, Math.min(limit, input.remaining()), 0);
    }

    @Override
    public void encode(ByteBuffer frame, ByteBuffer output) throws FrameTooLongException {
        requireWithinLimit(frame);
        put(output, frame);
    }
}
