package dev.rouse.io;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;

/// Stands in for a connection below what is tested: without a socket, at addresses that nobody has. One shard only.
abstract class SocketlessStream implements ByteStream {
    private boolean closed;

    final boolean isClosed() {
        return closed;
    }

    final void requireOpen() throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public final SocketAddress localAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    }

    @Override
    public final SocketAddress remoteAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 2);
    }

    @Override
    public final InputStream inputStream() {
        throw new UnsupportedOperationException("not needed by what is above");
    }

    @Override
    public final OutputStream outputStream() {
        throw new UnsupportedOperationException("not needed by what is above");
    }

    @Override
    public void close() {
        closed = true;
    }
}
