package dev.rouse.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A listening socket of a [SimulatedHost].
final class ListenerChannel extends ServerSocketChannel implements SimulatedChannel {
    private static final int DEFAULT_BACKLOG = 50;

    private final SimulatedHost host;
    private final OptionValues options = new OptionValues(OptionValues.LISTENER);
    private final ArrayDeque<StreamChannel> arrived = new ArrayDeque<>();
    private @Nullable InetSocketAddress local;
    private int backlog;
    private SimulatedSelector.@Nullable Key key;

    ListenerChannel(SimulatedHost host) {
        super(host.sockets());
        this.host = host;
    }

    @Override
    public ServerSocketChannel bind(@Nullable SocketAddress address, int most) throws IOException {
        requireOpen();
        local = host.bindListener(this, address);
        backlog = most < 1 ? DEFAULT_BACKLOG : most;
        return this;
    }

    private void requireOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    /// Takes in a connection that somebody makes; null if there is no room for it.
    @Nullable
    StreamChannel arrive(InetSocketAddress to, InetSocketAddress from) {
        if (arrived.size() >= backlog) {
            return null;
        }
        StreamChannel stream = new StreamChannel(host, to, from, options);
        arrived.add(stream);
        if (key != null) {
            key.changed();
        }
        return stream;
    }

    @Override
    public @Nullable SocketChannel accept() throws IOException {
        requireOpen();
        if (local == null) {
            throw new NotYetBoundException();
        }
        return arrived.poll();
    }

    @Override
    public int readyOps() {
        return arrived.isEmpty() ? 0 : SelectionKey.OP_ACCEPT;
    }

    @Override
    public void watchedBy(SimulatedSelector.@Nullable Key watching) {
        key = watching;
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        host.closed(this);
        for (StreamChannel each : arrived) {
            each.connectedEnd().abort();
            each.close();
        }
    }

    @Override
    protected void implConfigureBlocking(boolean block) {}

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> option, T value) {
        options.set(option, value);
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
    public ServerSocket socket() {
        throw new UnsupportedOperationException("a simulated channel has no blocking socket");
    }

    @Override
    public @Nullable SocketAddress getLocalAddress() throws IOException {
        requireOpen();
        return local;
    }

    @Override
    public String toString() {
        return "listener, local=" + host.name() + ":" + (local == null ? "none" : local.getPort());
    }
}
