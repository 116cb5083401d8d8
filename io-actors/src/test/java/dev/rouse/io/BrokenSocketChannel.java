package dev.rouse.io;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;

/// A connection that the system has lost: whatever is done to it fails as no real one can be made to.
final class BrokenSocketChannel extends SocketChannel {
    static final InetSocketAddress LOCAL = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    static final InetSocketAddress REMOTE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 2);

    private final Set<SocketOption<?>> options;

    BrokenSocketChannel() {
        this(Set.of(
                StandardSocketOptions.SO_REUSEADDR,
                StandardSocketOptions.SO_KEEPALIVE,
                StandardSocketOptions.TCP_NODELAY,
                StandardSocketOptions.SO_LINGER,
                StandardSocketOptions.SO_SNDBUF,
                StandardSocketOptions.SO_RCVBUF));
    }

    /// One of a system that has these options and no others.
    BrokenSocketChannel(Set<SocketOption<?>> options) {
        super(SelectorProvider.provider());
        this.options = options;
    }

    private static SocketException lost() {
        return new SocketException("Transport endpoint is not connected");
    }

    @Override
    public SocketChannel bind(SocketAddress local) throws IOException {
        throw lost();
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) {
        if (!options.contains(name)) {
            throw new UnsupportedOperationException("no such option: " + name);
        }
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        throw lost();
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return options;
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        throw lost();
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        throw lost();
    }

    @Override
    public Socket socket() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public boolean isConnectionPending() {
        return false;
    }

    @Override
    public boolean connect(SocketAddress remote) throws IOException {
        throw lost();
    }

    @Override
    public boolean finishConnect() throws IOException {
        throw lost();
    }

    @Override
    public SocketAddress getRemoteAddress() {
        return REMOTE;
    }

    @Override
    public SocketAddress getLocalAddress() {
        return LOCAL;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        throw lost();
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        throw lost();
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        throw lost();
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        throw lost();
    }

    @Override
    protected void implCloseSelectableChannel() {
        // nothing is open
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // it never blocks
    }
}
