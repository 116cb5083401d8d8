package dev.rouse.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Another stream, to be changed in a test.
class WrappedStream implements ByteStream {
    final ByteStream wrapped;

    WrappedStream(ByteStream wrapped) {
        this.wrapped = wrapped;
    }

    @Override
    public @Nullable ByteBuffer read() throws IOException {
        return wrapped.read();
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        return wrapped.read(dst);
    }

    @Override
    public void write(ByteBuffer src) throws IOException {
        wrapped.write(src);
    }

    @Override
    public void shutdownOutput() throws IOException {
        wrapped.shutdownOutput();
    }

    @Override
    public SocketAddress localAddress() {
        return wrapped.localAddress();
    }

    @Override
    public SocketAddress remoteAddress() {
        return wrapped.remoteAddress();
    }

    @Override
    public InputStream inputStream() {
        throw new UnsupportedOperationException("not needed below TLS");
    }

    @Override
    public OutputStream outputStream() {
        throw new UnsupportedOperationException("not needed below TLS");
    }

    @Override
    public void close() {
        wrapped.close();
    }
}
