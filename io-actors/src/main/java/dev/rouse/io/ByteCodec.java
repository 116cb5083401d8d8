package dev.rouse.io;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;

/// What the codecs for bytes have in common: frames are slices of the input, and are copied to the output.
abstract class ByteCodec implements Codec<ByteBuffer> {

    final int limit;

    ByteCodec(int limit) {
        this.limit = limit;
    }

    /// Takes `size` bytes as a frame, and moves past as many more.
    static ByteBuffer take(ByteBuffer input, int size, int skipped) {
        ByteBuffer frame = input.slice(input.position(), size);
        input.position(input.position() + size + skipped);
        return frame;
    }

    /// Copies a frame and leaves its position where it is.
    static void put(ByteBuffer output, ByteBuffer frame) {
        int size = frame.remaining();
        if (output.remaining() < size) {
            throw new BufferOverflowException();
        }
        output.put(output.position(), frame, frame.position(), size);
        output.position(output.position() + size);
    }

    final void requireWithinLimit(ByteBuffer frame) throws FrameTooLongException {
        if (frame.remaining() > limit) {
            throw new FrameTooLongException(frame.remaining(), limit);
        }
    }
}
