package dev.rouse.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Hands out at most so many bytes at a time.
final class SplitStream extends WrappedStream {
    private final int most;
    private @Nullable ByteBuffer rest;

    SplitStream(ByteStream wrapped, int most) {
        super(wrapped);
        this.most = most;
    }

    @Override
    public @Nullable ByteBuffer read() throws IOException {
        ByteBuffer bytes = rest;
        if (bytes == null || !bytes.hasRemaining()) {
            rest = null;
            bytes = super.read();
            rest = bytes;
        }
        if (bytes == null) {
            return null;
        }
        int count = Math.min(most, bytes.remaining());
        ByteBuffer some = bytes.slice(bytes.position(), count);
        bytes.position(bytes.position() + count);
        return some;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        ByteBuffer some = dst.slice(dst.position(), Math.min(most, dst.remaining()));
        int count;
        ByteBuffer bytes = rest;
        if (bytes != null && bytes.hasRemaining()) {
            count = Math.min(some.remaining(), bytes.remaining());
            some.put(0, bytes, bytes.position(), count);
            bytes.position(bytes.position() + count);
        } else {
            count = super.read(some);
        }
        dst.position(dst.position() + Math.max(0, count));
        return count;
    }
}
