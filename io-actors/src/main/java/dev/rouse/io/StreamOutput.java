package dev.rouse.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/// A stream as an [OutputStream].
final class StreamOutput extends OutputStream {
    private final ByteStream stream;

    StreamOutput(ByteStream stream) {
        this.stream = stream;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] src, int offset, int length) throws IOException {
        stream.write(ByteBuffer.wrap(src, offset, length));
    }

    @Override
    public void close() {
        stream.close();
    }
}
