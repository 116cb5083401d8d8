package dev.rouse.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.function.IntSupplier;

/// A stream as an [InputStream].
final class StreamInput extends InputStream {
    private final ByteStream stream;
    private final IntSupplier available;

    /// @param available how many bytes a read returns without a wait, at least
    StreamInput(ByteStream stream, IntSupplier available) {
        this.stream = stream;
        this.available = available;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] dst, int offset, int length) throws IOException {
        return stream.read(ByteBuffer.wrap(dst, offset, length));
    }

    @Override
    public int available() {
        return available.getAsInt();
    }

    @Override
    public void close() {
        stream.close();
    }
}
