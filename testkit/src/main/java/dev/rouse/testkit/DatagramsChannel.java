package dev.rouse.testkit;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A datagram socket of a [SimulatedHost], not blocking. It is in no group. One that is connected is told, as by ICMP,
/// of a datagram that has met no socket on a host that is up.
final class DatagramsChannel extends DatagramChannel implements SimulatedChannel {
    /// What fits into one over IPv4.
    private static final int MOST_BYTES = 65_507;

    /// What one takes of the receive buffer beside its bytes. A guess: what Linux needs to keep a small one.
    private static final int KEEPING_BYTES = 768;

    private final SimulatedHost host;
    private final OptionValues options = new OptionValues(OptionValues.DATAGRAMS);
    private final ArrayDeque<Datagram> arrived = new ArrayDeque<>();

    /// What those that have arrived take of the receive buffer. As Linux does, one more is kept as long as this is
    /// no more than the size of the buffer.
    private int waitingBytes;

    private @Nullable InetSocketAddress local;
    private @Nullable InetSocketAddress remote;

    /// A datagram has met nobody, and no call has said so yet.
    private boolean unreachable;

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
        if (remote != null && !remote.equals(target)) {
            throw new AlreadyConnectedException();
        }
        requireReachable();
        if (local == null) {
            local = host.bindDatagrams(this, null);
        }
        if (src.remaining() > MOST_BYTES) {
            throw new SocketException("Message too long");
        }
        byte[] bytes = new byte[src.remaining()];
        src.get(bytes);
        InetSocketAddress to = (InetSocketAddress) target;
        InetSocketAddress sender = source(local, to);
        host.requireRoute(sender, to);
        host.send(this, sender, to, bytes);
        return bytes.length;
    }

    private InetSocketAddress source(InetSocketAddress bound, InetSocketAddress to) {
        return bound.getAddress().isAnyLocalAddress() ? new InetSocketAddress(host.source(to), bound.getPort()) : bound;
    }

    /// Throws once for each time that it was told.
    private void requireReachable() throws PortUnreachableException {
        if (unreachable) {
            unreachable = false;
            throw new PortUnreachableException();
        }
    }

    /// What it has sent to this address has met nobody.
    void meetsNobody(InetSocketAddress target) {
        if (target.equals(remote)) {
            unreachable = true;
            if (key != null) {
                key.changed();
            }
        }
    }

    /// What nobody has room for is dropped, and what does not come from the peer of one that is connected.
    void arrive(InetSocketAddress sender, byte[] bytes) {
        if ((remote == null || remote.equals(sender))
                && waitingBytes <= options.receiveBufferBytes(OptionValues.DATAGRAM_BUFFER_BYTES)) {
            waitingBytes += KEEPING_BYTES + bytes.length;
            arrived.add(new Datagram(sender, ByteBuffer.wrap(bytes)));
            if (key != null) {
                key.changed();
            }
        }
    }

    @Override
    public @Nullable SocketAddress receive(ByteBuffer dst) throws IOException {
        requireOpen();
        requireReachable();
        Datagram first = arrived.poll();
        if (first == null) {
            return null;
        }
        waitingBytes -= KEEPING_BYTES + first.bytes.limit();
        dst.put(first.bytes.limit(Math.min(dst.remaining(), first.bytes.limit())));
        return remote == null ? first.sender : remote;
    }

    @Override
    public int readyOps() {
        return SelectionKey.OP_WRITE | (arrived.isEmpty() && !unreachable ? 0 : SelectionKey.OP_READ);
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
    public <T> T getOption(SocketOption<T> option) {
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
        return remote != null;
    }

    @Override
    public @Nullable SocketAddress getRemoteAddress() throws IOException {
        requireOpen();
        return remote;
    }

    /// What has arrived before is discarded.
    @Override
    public DatagramChannel connect(SocketAddress peer) throws IOException {
        requireOpen();
        if (remote != null) {
            throw new AlreadyConnectedException();
        }
        InetSocketAddress wanted = (InetSocketAddress) peer;
        InetSocketAddress from = source(local == null ? host.bindDatagrams(this, null) : local, wanted);
        host.requireRoute(from, wanted);
        host.moveDatagrams(this, from);
        remote = wanted;
        local = from;
        arrived.clear();
        waitingBytes = 0;
        return this;
    }

    @Override
    public DatagramChannel disconnect() {
        remote = null;
        unreachable = false;
        return this;
    }

    @Override
    public int read(ByteBuffer dst) {
        throw useReceive();
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) {
        throw useReceive();
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        InetSocketAddress peer = remote;
        if (peer == null) {
            throw new NotYetConnectedException();
        }
        return send(src, peer);
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) {
        throw new UnsupportedOperationException("a simulated datagram socket writes one buffer at a time");
    }

    private static UnsupportedOperationException useReceive() {
        return new UnsupportedOperationException("a simulated datagram socket has no read; use receive");
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
