package dev.rouse.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Counts what goes through.
final class CountedStream extends WrappedStream {

    record Counts(long read, long written) {}

    private long read;
    private long written;

    CountedStream(ByteStream wrapped) {
        super(wrapped);
    }

    Counts counts() {
        return new Counts(read, written);
    }

    @Override
    public @Nullable ByteBuffer read() throws IOException {
        ByteBuffer bytes = super.read();
        read += bytes == null ? 0 : bytes.remaining();
        return bytes;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        int count = super.read(dst);
        read += Math.max(0, count);
        return count;
    }

    @Override
    public void write(ByteBuffer src) throws IOException {
        int before = src.remaining();
        try {
            super.write(src);
        } finally {
            written += before - src.remaining();
        }
    }
}
