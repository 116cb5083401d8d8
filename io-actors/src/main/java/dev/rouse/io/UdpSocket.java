package dev.rouse.io;

import dev.rouse.actor.ViolationException;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A UDP port on which functions receive and send datagrams.
///
/// [#bind], [#connect], [#close], addresses and counters on any thread; the rest only in a function, and always on the
/// shard of the first one. One function receives and one sends at a time, they need not be the same. A datagram may be
/// lost, doubled or overtaken, as UDP has it; an empty one is a datagram as any other.
///
/// **Connected.** A socket that [is connected][#connect] hears its peer only and sends without a target. It is told
/// when a datagram has met no receiver there: the next call of either kind then fails with a
/// [PortUnreachableException], that call only, and the socket stays usable. One that is not connected is never told.
///
/// **What does not fit.** A datagram that is larger than the room offered is cut, discarded or refused, as
/// [UdpOptions#oversize] says, and counted; never cut unnoticed. The largest one has 65,507 bytes over IPv4 and 65,527
/// over IPv6.
///
/// **Cancellation** and deadlines, as of a `withTimeout`, are seen while a call is suspended. A receive then has taken
/// no datagram, and the next call gets what comes; if one had been taken first, that is returned, and the cancellation
/// is seen at the next suspension. A send has then sent nothing, of a batch what [DatagramBatch#sent] says. So no
/// datagram that has arrived is lost or doubled by it.
///
/// Close it. One that was forgotten, so that nobody holds it any more, is closed when the garbage collector finds it,
/// and reported as [dev.rouse.actor.Violation#SOCKET_LEAKED] with the place that opened it. A membership does not hold
/// its socket.
///
/// Errors of every call: [ClosedChannelException] after `close`, as [AsynchronousCloseException] in a function that was
/// suspended then; another [IOException] if this is the first socket of its shard and the process has no descriptor
/// left for a selector; [ViolationException] for a second receiver or sender, outside a function, and on a foreign
/// shard.
public final class UdpSocket implements AutoCloseable {

    private final DatagramChannel channel;
    private final UdpOptions options;
    private final UdpCounts counts = new UdpCounts();
    private final Endpoint endpoint;
    private final DatagramReceive receive;
    private final DatagramSend send;

    /// Written by the owning shard, when it connects; read by any thread.
    private volatile InetSocketAddress local;

    private volatile @Nullable InetSocketAddress remote;

    private UdpSocket(DatagramChannel channel, UdpOptions options) throws IOException {
        this.channel = channel;
        this.options = options;
        this.local = (InetSocketAddress) channel.getLocalAddress();
        this.remote = (InetSocketAddress) channel.getRemoteAddress();
        this.endpoint = new Endpoint(this, channel, Origin.here("udp socket"), Endpoint.Holdings.NONE, local, remote);
        endpoint.awaitUse();
        this.receive = new DatagramReceive(channel, options.oversize(), counts);
        this.send = new DatagramSend(channel, counts);
    }

    /// Takes a port with [UdpOptions#defaults].
    ///
    /// @throws IOException see [#bind(InetSocketAddress, UdpOptions)]
    public static UdpSocket bind(InetSocketAddress address) throws IOException {
        return bind(address, UdpOptions.defaults());
    }

    /// Takes a port on an address of this machine; port 0 takes a free one, see [#localAddress]. Never suspends.
    ///
    /// @throws java.net.UnknownHostException if the address is not resolved
    /// @throws java.net.BindException if the port is in use, not allowed, the address is not of this
    ///     machine, the system does not have an option, or the process has no descriptor left
    public static UdpSocket bind(InetSocketAddress address, UdpOptions options) throws IOException {
        Objects.requireNonNull(options, "options");
        Failures.requireResolved("bind", address);
        DatagramChannel channel = openToBind(address);
        try {
            setUp(channel, options);
            channel.bind(address);
            return new UdpSocket(channel, options);
        } catch (IOException e) {
            Failures.close(channel, e);
            throw Failures.bind(address, e);
        } catch (RuntimeException | Error e) {
            Failures.close(channel, e);
            throw e;
        }
    }

    private static DatagramChannel openToBind(InetSocketAddress address) throws BindException {
        try {
            return Sockets.provider().openDatagramChannel();
        } catch (IOException e) {
            throw Failures.bind(address, e);
        }
    }

    /// Takes a free port that is connected to a peer, with [UdpOptions#defaults].
    ///
    /// @throws IOException see [#connect(InetSocketAddress, UdpOptions)]
    public static UdpSocket connect(InetSocketAddress peer) throws IOException {
        return connect(peer, UdpOptions.defaults());
    }

    /// Takes a free port, on the address of this machine from which the peer is reached, that is connected to the
    /// peer. Never suspends, and says nothing of whether anybody is there. For a port of choice: [#bind], then
    /// [#connectTo].
    ///
    /// @throws java.net.UnknownHostException if the address is not resolved
    /// @throws java.net.ConnectException if there is no way to that address, the system does not have an option, or
    ///     the process has no descriptor left
    public static UdpSocket connect(InetSocketAddress peer, UdpOptions options) throws IOException {
        Objects.requireNonNull(options, "options");
        Failures.requireResolved("connect", peer);
        DatagramChannel channel = openToConnect(peer);
        try {
            setUp(channel, options);
            channel.connect(peer);
            return new UdpSocket(channel, options);
        } catch (IOException e) {
            Failures.close(channel, e);
            throw Failures.connect(peer, e);
        } catch (RuntimeException | Error e) {
            Failures.close(channel, e);
            throw e;
        }
    }

    private static DatagramChannel openToConnect(InetSocketAddress peer) throws ConnectException {
        try {
            return Sockets.provider().openDatagramChannel();
        } catch (IOException e) {
            throw Failures.connect(peer, e);
        }
    }

    static void setUp(DatagramChannel channel, UdpOptions options) throws IOException {
        channel.configureBlocking(false);
        if (options.reuseAddress()) {
            set(channel, StandardSocketOptions.SO_REUSEADDR, true);
        }
        if (options.reusePort()) {
            set(channel, StandardSocketOptions.SO_REUSEPORT, true);
        }
        if (options.broadcast()) {
            set(channel, StandardSocketOptions.SO_BROADCAST, true);
        }
        if (options.sendBufferBytes() > 0) {
            set(channel, StandardSocketOptions.SO_SNDBUF, options.sendBufferBytes());
        }
        if (options.receiveBufferBytes() > 0) {
            set(channel, StandardSocketOptions.SO_RCVBUF, options.receiveBufferBytes());
        }
        setUpMulticast(channel, options);
    }

    private static void setUpMulticast(DatagramChannel channel, UdpOptions options) throws IOException {
        NetworkInterface device = options.multicastInterface();
        if (device != null) {
            set(channel, StandardSocketOptions.IP_MULTICAST_IF, device);
        }
        if (options.multicastTtl() != 1) {
            set(channel, StandardSocketOptions.IP_MULTICAST_TTL, options.multicastTtl());
        }
        if (!options.multicastLoop()) {
            set(channel, StandardSocketOptions.IP_MULTICAST_LOOP, false);
        }
    }

    private static <T> void set(DatagramChannel channel, SocketOption<T> option, T value) throws IOException {
        if (!channel.supportedOptions().contains(option)) {
            throw new SocketException("this system has no option " + option.name() + ", leave it as it is by default");
        }
        channel.setOption(option, value);
    }

    /// Connects a bound socket to a peer, once. What had arrived before is discarded. Never suspends.
    ///
    /// @throws java.net.UnknownHostException if the address is not resolved
    /// @throws java.net.ConnectException if there is no way to that address
    /// @throws IllegalStateException if it is connected already
    /// @throws IOException see the class
    /// @throws ViolationException while a function receives or sends
    public void connectTo(InetSocketAddress peer) throws IOException {
        Failures.requireResolved("connect", peer);
        endpoint.enter();
        endpoint.requireIdle(receive);
        endpoint.requireIdle(send);
        if (remote != null) {
            throw new IllegalStateException("socket is connected already: " + endpoint.subject() + ", refused="
                    + Failures.text(peer) + "; open another one");
        }
        try {
            channel.connect(peer);
        } catch (IOException e) {
            throw Failures.connect(peer, e);
        }
        InetSocketAddress from = (InetSocketAddress) channel.getLocalAddress();
        InetSocketAddress to = (InetSocketAddress) channel.getRemoteAddress();
        endpoint.connectedTo(to, from);
        local = from;
        remote = to;
    }

    /// Receives one datagram into a buffer; suspends until there is one. An empty one leaves the buffer as it is.
    /// Of a larger one [#truncatedBytes] says what is missing, unless the socket is to discard it or to fail. The
    /// buffer must not be touched meanwhile. Allocates nothing but the sender's address, which the JDK makes.
    ///
    /// A buffer that is direct and has room for 65,536 bytes spares a copy.
    ///
    /// @return the sender
    /// @throws DatagramTruncatedException if it does not fit and [Oversize#FAIL] is set
    /// @throws PortUnreachableException on a connected socket: an earlier datagram met nobody
    /// @throws IOException see the class
    public InetSocketAddress receive(ByteBuffer dst) throws IOException {
        Registration here = endpoint.enter();
        endpoint.requireIdle(receive);
        if (dst.isReadOnly()) {
            throw new IllegalArgumentException("cannot receive into a read-only buffer: buffer=" + dst);
        }
        int start = dst.position();
        perform(here, receive.into(dst));
        InetSocketAddress sender = receive.takeSender();
        if (receive.truncated() > 0 && options.oversize() == Oversize.FAIL) {
            int room = dst.position() - start;
            throw new DatagramTruncatedException(endpoint.subject(), sender, room + receive.truncated(), room);
        }
        return sender;
    }

    /// Receives what is there, as many datagrams as the batch has places for; suspends until there is one. What was
    /// in the batch before is taken out.
    ///
    /// @return how many, at least one
    /// @throws PortUnreachableException on a connected socket: an earlier datagram met nobody. Those that were
    ///     received before it are returned first, and the next call throws it
    /// @throws IOException see the class
    public int receive(DatagramBatch batch) throws IOException {
        Registration here = endpoint.enter();
        endpoint.requireIdle(receive);
        batch.clear();
        perform(here, receive.into(batch));
        return batch.size();
    }

    private void perform(Registration here, DatagramReceive op) throws IOException {
        try {
            endpoint.perform(this, here, op);
        } catch (PortUnreachableException e) {
            counts.unreachable.add(1);
            throw e;
        } finally {
            op.forgetTarget();
        }
    }

    /// How many bytes of the datagram that was [received][#receive(ByteBuffer)] last had no room and are gone: 0 if
    /// it was received as a whole. For the function that has received it.
    public int truncatedBytes() {
        return receive.truncated();
    }

    /// Sends what remains in a buffer as one datagram; suspends while the system has no room for it. The buffer
    /// must not be touched meanwhile. When it throws, nothing was sent and the buffer is as it was.
    ///
    /// @throws java.net.UnknownHostException if the target is not resolved
    /// @throws IllegalArgumentException if the socket is connected to another peer
    /// @throws PortUnreachableException on a connected socket: an earlier datagram met nobody, and this one was not
    ///     sent
    /// @throws IOException if it is larger than a datagram can be, empty on a connected socket (the JDK cannot), a
    ///     broadcast that the socket's options do not allow, or the target cannot be reached as far as this machine
    ///     knows
    public void send(ByteBuffer src, InetSocketAddress target) throws IOException {
        Registration here = endpoint.enter();
        endpoint.requireIdle(send);
        requireSendable(src.remaining(), Objects.requireNonNull(target, "target"));
        perform(here, send.of(src, target));
    }

    /// Sends what remains in a buffer to the peer of a connected socket; the rest is as of
    /// [#send(ByteBuffer, InetSocketAddress)].
    ///
    /// @throws IllegalArgumentException if the socket is not connected
    /// @throws PortUnreachableException if an earlier datagram met nobody; this one was not sent
    /// @throws IOException if it is too large, or empty
    public void send(ByteBuffer src) throws IOException {
        Registration here = endpoint.enter();
        endpoint.requireIdle(send);
        requireSendable(src.remaining(), null);
        perform(here, send.of(src, (InetSocketAddress) null));
    }

    /// Sends the datagrams of a batch that are [not sent yet][DatagramBatch#sent], in their order; suspends while
    /// the system has no room. When it throws, the batch says how many have gone: the next one is the one that
    /// could not be sent, which may be [skipped][DatagramBatch#skip] or tried again by another call.
    ///
    /// @throws IllegalArgumentException if one has no target and the socket no peer, or another one; nothing was
    ///     sent
    /// @throws IOException see [#send(ByteBuffer, InetSocketAddress)]; if one is too large, empty or not resolved,
    ///     nothing was sent
    public void send(DatagramBatch batch) throws IOException {
        Registration here = endpoint.enter();
        endpoint.requireIdle(send);
        for (int i = batch.sent(); i < batch.size(); i++) {
            requireSendable(batch.bytes(i).remaining(), batch.peer(i));
        }
        perform(here, send.of(batch));
    }

    private void perform(Registration here, DatagramSend op) throws IOException {
        try {
            endpoint.perform(this, here, op);
        } catch (PortUnreachableException e) {
            counts.unreachable.add(1);
            throw e;
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            counts.unsent.add(1);
            throw e;
        } finally {
            op.forgetSource();
        }
    }

    private void requireSendable(int size, @Nullable InetSocketAddress target) throws IOException {
        InetSocketAddress to = targetOf(target);
        int most = UdpFailures.mostBytes(to.getAddress());
        if (size > most) {
            counts.unsent.add(1);
            throw UdpFailures.tooLarge(subject(to), size, most);
        }
        if (size == 0 && remote != null) {
            counts.unsent.add(1);
            throw UdpFailures.emptyFromConnected(endpoint.subject());
        }
    }

    private InetSocketAddress targetOf(@Nullable InetSocketAddress target) throws IOException {
        InetSocketAddress peer = remote;
        if (target == null) {
            if (peer == null) {
                throw new IllegalArgumentException(
                        "datagram has no target: " + endpoint.subject() + "; name one, or connect the socket");
            }
            return peer;
        }
        Failures.requireResolved("send", target);
        if (peer != null && !peer.equals(target)) {
            throw new IllegalArgumentException("a connected socket sends to its peer only: " + endpoint.subject()
                    + ", target=" + Failures.text(target) + "; use one that is not connected");
        }
        return target;
    }

    private String subject(InetSocketAddress target) {
        return remote == null ? UdpFailures.towards(target, endpoint.subject()) : endpoint.subject();
    }

    /// Has it receive what is sent to a group, by whomever, until the membership or the socket is closed. Bind it
    /// to the group's port, with [UdpOptions#withReuseAddress] where others on this machine listen too.
    ///
    /// @param device the interface on which the group is heard
    /// @throws IllegalArgumentException if the address is not that of a group
    /// @throws IllegalStateException if it is a member by source on this interface
    /// @throws IOException if the system refuses; or see the class
    public MulticastMembership join(InetAddress group, NetworkInterface device) throws IOException {
        return joinFrom(group, device, null);
    }

    /// Has it receive what this source sends to a group. May be called for several sources.
    ///
    /// @throws IllegalArgumentException if the address is not that of a group, or the source not of its kind
    /// @throws IllegalStateException if it hears everybody in that group on this interface
    /// @throws IOException if the system refuses; or see the class
    public MulticastMembership join(InetAddress group, NetworkInterface device, InetAddress source) throws IOException {
        return joinFrom(group, device, Objects.requireNonNull(source, "source"));
    }

    private MulticastMembership joinFrom(InetAddress group, NetworkInterface device, @Nullable InetAddress source)
            throws IOException {
        endpoint.enter();
        String what = endpoint.subject() + ", group=" + group.getHostAddress() + ", interface=" + device.getName()
                + (source == null ? "" : ", source=" + source.getHostAddress());
        if (!group.isMulticastAddress()) {
            throw new IllegalArgumentException(
                    "not the address of a group: " + what + "; groups are 224.0.0.0/4 and ff00::/8");
        }
        try {
            return new MulticastMembership(
                    source == null ? channel.join(group, device) : channel.join(group, device, source));
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    "a group is joined by source or for all, not both: " + what + "; leave it before", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("cannot join: " + what + ", cause=" + e.getMessage(), e);
        } catch (UnsupportedOperationException e) {
            throw new SocketException("cannot join: " + what + ", cause=" + e.getMessage());
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw Failures.operation("join", what, e);
        } finally {
            Reference.reachabilityFence(this); // not closed as dropped meanwhile
        }
    }

    /// The address it is bound to, with the port it got. Also after [#close].
    public InetSocketAddress localAddress() {
        return local;
    }

    /// The peer it is connected to; null if it is not connected. Also after [#close].
    public @Nullable InetSocketAddress remoteAddress() {
        return remote;
    }

    /// What has become of its datagrams so far. Any thread; there it lags by what is happening right now.
    public UdpCounters counters() {
        return counts.all();
    }

    /// Datagrams that the system has dropped at this address and port since the socket was opened, mostly because
    /// nobody received them in time and [its buffer][UdpOptions#receiveBufferBytes] was full. Sockets that share
    /// the port count together. Empty where the system does not say: it is Linux that does, of open sockets.
    ///
    /// Reads the system's list of UDP sockets, so it takes as long as there are many; for a look now and then, and
    /// not in a hot path. Any thread; a shard is held up meanwhile.
    public OptionalLong kernelDrops() {
        boolean real = channel.provider().equals(SelectorProvider.provider());
        return real && channel.isOpen() ? KernelDrops.of(local) : OptionalLong.empty();
    }

    /// Closes the socket. Safe at any moment, on any thread. On the socket's shard, or before its first use, the
    /// port is free on return; from elsewhere the shard is told and frees it in its next poll pass. Suspended
    /// calls end with an [AsynchronousCloseException]. Idempotent.
    @Override
    public void close() {
        endpoint.close();
        endpoint.releaseNow();
    }
}
