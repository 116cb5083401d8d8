package dev.rouse.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A stream socket of a [SimulatedHost], not blocking.
final class StreamChannel extends SocketChannel implements SimulatedChannel {
    private final SimulatedHost host;
    private final OptionValues options = new OptionValues(OptionValues.STREAM);

    /// From the first try to connect on.
    private @Nullable TcpEnd end;

    private boolean connecting;
    private boolean inputShut;
    private SimulatedSelector.@Nullable Key key;

    /// One that is to connect.
    StreamChannel(SimulatedHost host) {
        super(host.sockets());
        this.host = host;
        host.opened(this);
    }

    /// One that has been connected by a peer.
    StreamChannel(SimulatedHost host, InetSocketAddress local, InetSocketAddress remote, OptionValues ofListener) {
        this(host);
        options.inherit(ofListener);
        end = new TcpEnd(host, local, remote, options, this::changed);
    }

    private void changed() {
        if (key != null) {
            key.changed();
        }
    }

    TcpEnd connectedEnd() {
        TcpEnd present = end;
        if (present == null || connecting) {
            throw new NotYetConnectedException();
        }
        return present;
    }

    private TcpEnd usable() throws ClosedChannelException {
        requireOpen();
        return connectedEnd();
    }

    private void requireOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public boolean connect(SocketAddress address) throws IOException {
        requireOpen();
        if (connecting) {
            throw new ConnectionPendingException();
        }
        if (end != null) {
            throw new AlreadyConnectedException();
        }
        connecting = true;
        InetSocketAddress remote = (InetSocketAddress) address;
        TcpEnd made = new TcpEnd(host, host.anyPort(remote), remote, options, this::changed);
        end = made;
        made.connect();
        return false;
    }

    @Override
    public boolean finishConnect() throws IOException {
        requireOpen();
        TcpEnd present = end;
        if (present == null) {
            throw new NoConnectionPendingException();
        }
        IOException failure = present.failure();
        if (connecting && failure != null) {
            close();
            throw failure;
        }
        if (connecting && present.isEstablished()) {
            connecting = false;
        }
        return !connecting;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        TcpEnd present = usable();
        return inputShut ? -1 : present.read(dst);
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        TcpEnd present = usable();
        if (present.isOutputEnded()) {
            throw new ClosedChannelException();
        }
        return present.write(src);
    }

    /// Into the first of them that has room.
    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, targets.length);
        for (int i = offset; i < offset + length; i++) {
            if (targets[i].hasRemaining()) {
                return read(targets[i]);
            }
        }
        return 0;
    }

    /// The first of them that has something.
    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, sources.length);
        for (int i = offset; i < offset + length; i++) {
            if (sources[i].hasRemaining()) {
                return write(sources[i]);
            }
        }
        return 0;
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        TcpEnd _ = usable();
        inputShut = true;
        changed();
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        usable().endOutput();
        return this;
    }

    @Override
    public int readyOps() {
        TcpEnd present = end;
        if (present == null || !isOpen()) {
            return 0;
        }
        if (connecting) {
            return present.isEstablished() || present.failure() != null ? SelectionKey.OP_CONNECT : 0;
        }
        return (present.canRead() || inputShut ? SelectionKey.OP_READ : 0)
                | (present.canWrite() ? SelectionKey.OP_WRITE : 0);
    }

    @Override
    public void watchedBy(SimulatedSelector.@Nullable Key watching) {
        key = watching;
    }

    @Override
    protected void implCloseSelectableChannel() {
        host.closed(this);
        if (end == null) {
            return;
        }
        if (options.resetOnClose()) {
            end.abort();
        } else {
            end.close();
        }
    }

    @Override
    protected void implConfigureBlocking(boolean block) {}

    @Override
    public boolean isConnected() {
        return end != null && !connecting;
    }

    @Override
    public boolean isConnectionPending() {
        return connecting;
    }

    @Override
    public @Nullable SocketAddress getRemoteAddress() throws IOException {
        requireOpen();
        return end == null || connecting ? null : end.remote();
    }

    @Override
    public @Nullable SocketAddress getLocalAddress() throws IOException {
        requireOpen();
        return end == null ? null : end.local();
    }

    @Override
    public SocketChannel bind(@Nullable SocketAddress address) {
        throw new UnsupportedOperationException("a simulated stream gets a port when it connects, and no other");
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> option, T value) {
        options.set(option, value);
        if (end != null) {
            end.onBuffersChanged();
        }
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> option) {
        return options.get(option);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return options.supported();
    }

    @Override
    public Socket socket() {
        throw new UnsupportedOperationException("a simulated channel has no blocking socket");
    }

    @Override
    public String toString() {
        return "stream, " + (end == null ? "host=" + host.name() : end + ", bytes not read=" + end.unread());
    }
}
