package dev.rouse.io;

import java.util.Objects;

/// How TCP sockets are set up: [#defaults], and what is to differ from them. Immutable.
///
/// `noDelay` is on by default: with Nagle's algorithm a small write waits for the peer's acknowledgement of the one
/// before, up to 40 ms with a peer that delays it. Programs that write many small pieces should gather them instead.
///
/// @param backlog connections the system completes before they are accepted, at least 1; it may have a lower limit of
///     its own
/// @param noDelay send small writes at once (`TCP_NODELAY`)
/// @param keepAlive probe silent peers (`SO_KEEPALIVE`)
/// @param sendBufferBytes `SO_SNDBUF`, a hint; 0 leaves it to the system, which adapts it
/// @param receiveBufferBytes `SO_RCVBUF`, a hint; 0 leaves it to the system, which adapts it
/// @param maxConnections connections that a listener has accepted and that are open at a time, at least 1; each also
///     counts for its shard
/// @param overload what a listener does with peers that it has no room for
public record TcpOptions(
        int backlog,
        boolean noDelay,
        boolean keepAlive,
        int sendBufferBytes,
        int receiveBufferBytes,
        int maxConnections,
        Overload overload) {

    /// The limit of the shards is the only one, unless a listener has one of its own.
    private static final TcpOptions DEFAULTS =
            new TcpOptions(1024, true, false, 0, 0, Integer.MAX_VALUE, Overload.WAIT);

    /// @throws IllegalArgumentException if backlog or connections are below 1, or a size below 0
    public TcpOptions {
        require(backlog >= 1, "backlog", backlog, 1);
        require(sendBufferBytes >= 0, "sendBufferBytes", sendBufferBytes, 0);
        require(receiveBufferBytes >= 0, "receiveBufferBytes", receiveBufferBytes, 0);
        require(maxConnections >= 1, "maxConnections", maxConnections, 1);
        Objects.requireNonNull(overload, "overload");
    }

    private static void require(boolean valid, String name, int actual, int least) {
        if (!valid) {
            throw new IllegalArgumentException("option out of range: " + name + "=" + actual + ", least=" + least);
        }
    }

    /// Backlog 1,024, no delay, no probes, buffers as the system chooses, as many connections as the shards may
    /// have; peers wait for room.
    public static TcpOptions defaults() {
        return DEFAULTS;
    }

    public TcpOptions withBacklog(int connections) {
        return new TcpOptions(
                connections, noDelay, keepAlive, sendBufferBytes, receiveBufferBytes, maxConnections, overload);
    }

    /// Sends small writes at once.
    public TcpOptions withNoDelay() {
        return noDelay(true);
    }

    /// Has the system gather small writes by Nagle's algorithm: the opposite of [#withNoDelay].
    public TcpOptions withNagle() {
        return noDelay(false);
    }

    private TcpOptions noDelay(boolean value) {
        return new TcpOptions(backlog, value, keepAlive, sendBufferBytes, receiveBufferBytes, maxConnections, overload);
    }

    /// Probes silent peers.
    public TcpOptions withKeepAlive() {
        return keepAlive(true);
    }

    public TcpOptions withoutKeepAlive() {
        return keepAlive(false);
    }

    private TcpOptions keepAlive(boolean value) {
        return new TcpOptions(backlog, noDelay, value, sendBufferBytes, receiveBufferBytes, maxConnections, overload);
    }

    public TcpOptions withSendBufferBytes(int bytes) {
        return new TcpOptions(backlog, noDelay, keepAlive, bytes, receiveBufferBytes, maxConnections, overload);
    }

    public TcpOptions withReceiveBufferBytes(int bytes) {
        return new TcpOptions(backlog, noDelay, keepAlive, sendBufferBytes, bytes, maxConnections, overload);
    }

    /// Of a listener, whatever shards its connections are on.
    public TcpOptions withMaxConnections(int connections) {
        return new TcpOptions(backlog, noDelay, keepAlive, sendBufferBytes, receiveBufferBytes, connections, overload);
    }

    /// What a listener does while there is no room for another connection: [Overload#WAIT] if not set.
    public TcpOptions withOverload(Overload policy) {
        return new TcpOptions(backlog, noDelay, keepAlive, sendBufferBytes, receiveBufferBytes, maxConnections, policy);
    }
}
