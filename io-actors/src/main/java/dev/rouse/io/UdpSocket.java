package dev.rouse.io;

import dev.rouse.actor.ViolationException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;

/// A UDP port on which functions receive and send datagrams.
///
/// [#bind] and [#close] on any thread; the rest only in a function, and always on the shard of the first one. One
/// function receives and one sends at a time, they need not be the same. A datagram may be lost, doubled or overtaken,
/// as UDP has it.
///
/// Errors: [ClosedChannelException] after `close`, as [AsynchronousCloseException] in a function that was suspended
/// then; another [IOException] if this is the first socket of its shard and the process has no descriptor left for a
/// selector; [ViolationException] for a second receiver or sender, outside a function, and on a foreign shard.
public final class UdpSocket implements AutoCloseable {

    private final InetSocketAddress local;
    private final Endpoint endpoint;
    private final Operation.Receive receive;
    private final Operation.Send send;

    private UdpSocket(DatagramChannel channel) throws IOException {
        this.local = (InetSocketAddress) channel.getLocalAddress();
        this.endpoint = new Endpoint(channel, "udp socket", local, null);
        this.receive = new Operation.Receive(channel);
        this.send = new Operation.Send(channel);
    }

    /// Takes a port on an address of this machine; port 0 takes a free one, see [#localAddress].
    ///
    /// @throws java.net.UnknownHostException if the address is not resolved
    /// @throws java.net.BindException if the port is in use, not allowed, the address is not of this
    ///     machine, or the process has no descriptor left
    public static UdpSocket bind(InetSocketAddress address) throws IOException {
        Failures.requireResolved("bind", address);
        DatagramChannel channel = openUnbound(address);
        try {
            channel.configureBlocking(false);
            channel.bind(address);
            return new UdpSocket(channel);
        } catch (IOException e) {
            Failures.close(channel, e);
            throw Failures.bind(address, e);
        } catch (RuntimeException | Error e) {
            Failures.close(channel, e);
            throw e;
        }
    }

    private static DatagramChannel openUnbound(InetSocketAddress address) throws BindException {
        try {
            return Sockets.provider().openDatagramChannel();
        } catch (IOException e) {
            throw Failures.bind(address, e);
        }
    }

    /// Receives one datagram into a buffer; suspends until there is one. What the buffer has no room for is
    /// discarded with no sign of it, so offer 64 KiB where the peer's size is not known. An empty datagram leaves
    /// the buffer as it is. The buffer must not be touched meanwhile.
    ///
    /// @return the sender
    /// @throws IOException see the class
    public InetSocketAddress receive(ByteBuffer dst) throws IOException {
        Registration here = endpoint.enter();
        endpoint.requireIdle(receive);
        if (dst.isReadOnly()) {
            throw new IllegalArgumentException("cannot receive into a read-only buffer: buffer=" + dst);
        }
        receive.into(dst);
        try {
            endpoint.perform(here, receive);
            return receive.takeSender();
        } finally {
            receive.forgetTarget();
        }
    }

    /// Sends what remains in a buffer as one datagram; suspends while the system has no room for it. The buffer
    /// must not be touched meanwhile.
    ///
    /// @throws java.net.UnknownHostException if the target is not resolved
    /// @throws IOException if it is larger than the system can send (65,507 bytes over IPv4), or the target cannot
    ///     be reached as far as this machine knows
    public void send(ByteBuffer src, InetSocketAddress target) throws IOException {
        Failures.requireResolved("send", target);
        Registration here = endpoint.enter();
        endpoint.requireIdle(send);
        send.of(src, target);
        try {
            endpoint.perform(here, send);
        } finally {
            send.forgetSource();
        }
    }

    public InetSocketAddress localAddress() {
        return local;
    }

    /// Closes the socket. Safe at any moment, on any thread. On the socket's shard, or before its first use, the
    /// port is free on return; from elsewhere the shard is told and frees it in its next poll pass. Suspended
    /// calls end with an [AsynchronousCloseException]. Idempotent.
    @Override
    public void close() {
        endpoint.close(_ -> {});
        endpoint.releaseNow();
    }
}
