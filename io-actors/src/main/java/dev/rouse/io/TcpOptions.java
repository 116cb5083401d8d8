package dev.rouse.io;

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
public record TcpOptions(int backlog, boolean noDelay, boolean keepAlive, int sendBufferBytes, int receiveBufferBytes) {

    private static final TcpOptions DEFAULTS = new TcpOptions(1024, true, false, 0, 0);

    /// @throws IllegalArgumentException if backlog is below 1 or a size below 0
    public TcpOptions {
        require(backlog >= 1, "backlog", backlog, 1);
        require(sendBufferBytes >= 0, "sendBufferBytes", sendBufferBytes, 0);
        require(receiveBufferBytes >= 0, "receiveBufferBytes", receiveBufferBytes, 0);
    }

    private static void require(boolean valid, String name, int actual, int least) {
        if (!valid) {
            throw new IllegalArgumentException("option out of range: " + name + "=" + actual + ", least=" + least);
        }
    }

    /// Backlog 1,024, no delay, no probes, buffers as the system chooses.
    public static TcpOptions defaults() {
        return DEFAULTS;
    }

    public TcpOptions withBacklog(int connections) {
        return new TcpOptions(connections, noDelay, keepAlive, sendBufferBytes, receiveBufferBytes);
    }

    /// Sends small writes at once.
    public TcpOptions withNoDelay() {
        return new TcpOptions(backlog, true, keepAlive, sendBufferBytes, receiveBufferBytes);
    }

    /// Has the system gather small writes by Nagle's algorithm: the opposite of [#withNoDelay].
    public TcpOptions withNagle() {
        return new TcpOptions(backlog, false, keepAlive, sendBufferBytes, receiveBufferBytes);
    }

    /// Probes silent peers.
    public TcpOptions withKeepAlive() {
        return new TcpOptions(backlog, noDelay, true, sendBufferBytes, receiveBufferBytes);
    }

    public TcpOptions withoutKeepAlive() {
        return new TcpOptions(backlog, noDelay, false, sendBufferBytes, receiveBufferBytes);
    }

    public TcpOptions withSendBufferBytes(int bytes) {
        return new TcpOptions(backlog, noDelay, keepAlive, bytes, receiveBufferBytes);
    }

    public TcpOptions withReceiveBufferBytes(int bytes) {
        return new TcpOptions(backlog, noDelay, keepAlive, sendBufferBytes, bytes);
    }
}
