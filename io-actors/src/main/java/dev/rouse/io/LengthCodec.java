package dev.rouse.io;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Frames with their length in front. A length is judged as soon as it is there, before any byte that it counts.
final class LengthCodec extends ByteCodec {

    private final LengthField field;

    LengthCodec(LengthField field, int limit) {
        super(limit);
        this.field = field;
    }

    @Override
    public int maxFrameBytes() {
        return field.maxBytes() + limit;
    }

    @Override
    public @Nullable ByteBuffer decode(ByteBuffer input, int seen) throws FrameException {
        int start = input.position();
        long size = field.payload(input, limit);
        if (size > limit) {
            throw new FrameTooLongException(size, limit);
        }
        if (size == LengthField.INCOMPLETE || input.remaining() < size) {
            input.position(start);
            return null;
        }
        return take(input, (int) size, 0);
    }

    @Override
    public void encode(ByteBuffer frame, ByteBuffer output) throws FrameTooLongException {
        requireWithinLimit(frame);
        field.put(output, frame.remaining());
        put(output, frame);
    }
}
