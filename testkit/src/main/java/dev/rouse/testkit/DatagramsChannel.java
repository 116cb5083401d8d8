package dev.rouse.testkit;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.SelectionKey;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A datagram socket of a [SimulatedHost], not blocking. It is never connected, and in no group.
final class DatagramsChannel extends DatagramChannel implements SimulatedChannel {
    /// What fits into one over IPv4.
    private static final int MOST_BYTES = 65_507;

    /// What waits to be received; the next one is dropped. A guess: the default buffer of Linux, with small ones.
    private static final int MOST_WAITING = 256;

    private final SimulatedHost host;
    private final OptionValues options = new OptionValues(OptionValues.DATAGRAMS);
    private final ArrayDeque<Datagram> arrived = new ArrayDeque<>();
    private @Nullable InetSocketAddress local;
    private SimulatedSelector.@Nullable Key key;

    private record Datagram(InetSocketAddress sender, ByteBuffer bytes) {}

    DatagramsChannel(SimulatedHost host) {
        super(host.sockets());
        this.host = host;
    }

    private void requireOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public DatagramChannel bind(@Nullable SocketAddress address) throws IOException {
        requireOpen();
        local = host.bindDatagrams(this, address);
        return this;
    }

    @Override
    public int send(ByteBuffer src, SocketAddress target) throws IOException {
        requireOpen();
        if (local == null) {
            local = host.bindDatagrams(this, null);
        }
        if (src.remaining() > MOST_BYTES) {
            throw new SocketException("Message too long");
        }
        byte[] bytes = new byte[src.remaining()];
        src.get(bytes);
        InetSocketAddress sender = new InetSocketAddress(host.address(), local.getPort());
        host.send(sender, (InetSocketAddress) target, bytes);
        return bytes.length;
    }

    /// What nobody has room for is dropped.
    void arrive(InetSocketAddress sender, byte[] bytes) {
        if (arrived.size() < MOST_WAITING) {
            arrived.add(new Datagram(sender, ByteBuffer.wrap(bytes)));
            if (key != null) {
                key.changed();
            }
        }
    }

    @Override
    public @Nullable SocketAddress receive(ByteBuffer dst) throws IOException {
        requireOpen();
        Datagram first = arrived.poll();
        if (first == null) {
            return null;
        }
        dst.put(first.bytes.limit(Math.min(dst.remaining(), first.bytes.limit())));
        return first.sender;
    }

    @Override
    public int readyOps() {
        return SelectionKey.OP_WRITE | (arrived.isEmpty() ? 0 : SelectionKey.OP_READ);
    }

    @Override
    public void watchedBy(SimulatedSelector.@Nullable Key watching) {
        key = watching;
    }

    @Override
    protected void implCloseSelectableChannel() {
        host.closed(this);
    }

    @Override
    protected void implConfigureBlocking(boolean block) {}

    @Override
    public @Nullable SocketAddress getLocalAddress() throws IOException {
        requireOpen();
        return local;
    }

    @Override
    public <T> DatagramChannel setOption(SocketOption<T> option, T value) {
        options.set(option, value);
        return this;
    }

    @Override
    public <T> @Nullable T getOption(SocketOption<T> option) {
        return options.get(option);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return options.supported();
    }

    @Override
    public DatagramSocket socket() {
        throw new UnsupportedOperationException("a simulated channel has no blocking socket");
    }

    @Override
    public boolean isConnected() {
        return false;
    }

    @Override
    public @Nullable SocketAddress getRemoteAddress() {
        return null;
    }

    @Override
    public DatagramChannel connect(SocketAddress remote) {
        throw neverConnected();
    }

    @Override
    public DatagramChannel disconnect() {
        return this;
    }

    @Override
    public int read(ByteBuffer dst) {
        throw neverConnected();
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) {
        throw neverConnected();
    }

    @Override
    public int write(ByteBuffer src) {
        throw neverConnected();
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) {
        throw neverConnected();
    }

    private static UnsupportedOperationException neverConnected() {
        return new UnsupportedOperationException("a simulated datagram socket is never connected");
    }

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface device) {
        throw noGroups();
    }

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface device, @Nullable InetAddress source) {
        throw noGroups();
    }

    private static UnsupportedOperationException noGroups() {
        return new UnsupportedOperationException("a simulated network has no groups");
    }

    @Override
    public String toString() {
        return "datagrams, local=" + host.name() + ":" + (local == null ? "none" : local.getPort());
    }
}
