package dev.rouse.io;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.function.Consumer;

/// How TCP sockets are set up: [#defaults], and what is to differ from them. Immutable.
///
/// `noDelay` is on by default: with Nagle's algorithm a small write waits for the peer's acknowledgement of the one
/// before, up to 40 ms with a peer that delays it. Programs that write many small pieces should gather them instead.
///
/// Over a Unix domain socket only backlog, sizes of buffers and `resetOnClose` apply: it has nothing else, and ignores
/// it. A size is a hint; [TcpStream#option] and [TcpListener#option] say what the system has made of it.
///
/// A close that waits in the system until all is sent (`SO_LINGER` above 0) cannot be asked for, since it would hold
/// the shard: shut down the output instead, and read until the peer has closed.
///
/// @param backlog connections the system completes before they are accepted, at least 1; it may have a lower limit of
///     its own. When it is full, TCP peers wait and try again, those of a Unix domain socket are refused
/// @param noDelay send small writes at once (`TCP_NODELAY`)
/// @param keepAlive whether and how silent peers are probed
/// @param reuseAddress listen also where connections of the last owner of the port still end (`SO_REUSEADDR`)
/// @param reusePort let several listeners of one user have one port; the system shares out the connections
///     (`SO_REUSEPORT`)
/// @param resetOnClose `close` discards what is not sent, and the peer sees a reset (`SO_LINGER` of 0)
/// @param sendBufferBytes `SO_SNDBUF`, a hint; 0 leaves it to the system, which adapts it
/// @param receiveBufferBytes `SO_RCVBUF`, a hint; 0 leaves it to the system, which adapts it
/// @param timeouts how long the calls of a stream wait
/// @param maxConnections connections that a listener has accepted and that are open at a time, at least 1; each also
///     counts for its shard
/// @param overload what a listener does with peers that it has no room for
public record TcpOptions(
        int backlog,
        boolean noDelay,
        KeepAlive keepAlive,
        boolean reuseAddress,
        boolean reusePort,
        boolean resetOnClose,
        int sendBufferBytes,
        int receiveBufferBytes,
        Timeouts timeouts,
        int maxConnections,
        Overload overload) {

    /// The limit of the shards is the only one, unless a listener has one of its own.
    private static final TcpOptions DEFAULTS = new TcpOptions(
            1024, true, KeepAlive.OFF, true, false, false, 0, 0, Timeouts.NONE, Integer.MAX_VALUE, Overload.WAIT);

    /// Whether the system probes a peer from which nothing has come for a while (`SO_KEEPALIVE`), so that a
    /// connection whose peer is gone fails some day.
    ///
    /// @param idle silence before the first probe, in whole seconds (`TCP_KEEPIDLE`); zero leaves it to the system,
    ///     mostly two hours
    /// @param interval pause between probes, in whole seconds (`TCP_KEEPINTERVAL`); zero leaves it to the system
    /// @param probes without an answer, after which the connection fails (`TCP_KEEPCOUNT`); 0 leaves it to the
    ///     system
    public record KeepAlive(boolean on, Duration idle, Duration interval, int probes) {

        /// What Linux takes; other systems take as much.
        private static final int MOST_SECONDS = 32_767;

        private static final int MOST_PROBES = 127;

        static final KeepAlive OFF = new KeepAlive(false, Duration.ZERO, Duration.ZERO, 0);
        static final KeepAlive SYSTEM = new KeepAlive(true, Duration.ZERO, Duration.ZERO, 0);

        /// @throws IllegalArgumentException if a time is not 0 to 32,767 whole seconds or `probes` not 0 to 127
        public KeepAlive {
            requireSeconds("keepAliveIdle", idle);
            requireSeconds("keepAliveInterval", interval);
            if (probes < 0 || probes > MOST_PROBES) {
                throw new IllegalArgumentException(
                        "option out of range: keepAliveProbes=" + probes + ", least=0, most=" + MOST_PROBES);
            }
        }

        private static void requireSeconds(String name, Duration time) {
            Objects.requireNonNull(time, name);
            if (!time.equals(time.truncatedTo(ChronoUnit.SECONDS))
                    || time.isNegative()
                    || time.toSeconds() > MOST_SECONDS) {
                throw new IllegalArgumentException("option out of range: " + name + "=" + time + ", least=0 s, most="
                        + MOST_SECONDS + " s; whole seconds only");
            }
        }
    }

    /// How long the calls of a stream wait; zero for as long as it takes, or until a deadline around them passes.
    /// At least a millisecond otherwise. Counted from when a call begins to wait: one that need not wait costs
    /// nothing. Each ends in a [java.net.SocketTimeoutException], leaves the stream usable, and what a cancel would
    /// leave.
    ///
    /// @param connect for the peer to take the connection, at each address that is tried
    /// @param read for the peer to send something
    /// @param write for the peer to take something
    /// @param idle for the peer to send or to take something, whichever: a read goes on waiting as long as writes
    ///     get on
    public record Timeouts(Duration connect, Duration read, Duration write, Duration idle) {

        static final Timeouts NONE = new Timeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

        /// @throws IllegalArgumentException if one is neither zero nor from a millisecond to 100 days
        public Timeouts {
            require("connectTimeout", connect);
            require("readTimeout", read);
            require("writeTimeout", write);
            require("idleTimeout", idle);
        }

        /// The shortest that the timers of a shard can tell.
        private static final Duration LEAST = Duration.ofMillis(1);

        /// A longer one is a mistake. A guess.
        private static final Duration MOST = Duration.ofDays(100);

        private static void require(String name, Duration time) {
            Objects.requireNonNull(time, name);
            if (!time.isZero() && (time.compareTo(LEAST) < 0 || time.compareTo(MOST) > 0)) {
                throw new IllegalArgumentException("option out of range: " + name + "=" + time + ", least=" + LEAST
                        + ", most=" + MOST + "; zero for none");
            }
        }
    }

    /// @throws IllegalArgumentException if backlog or connections are below 1, or a size below 0
    public TcpOptions {
        require(backlog >= 1, "backlog", backlog, 1);
        Objects.requireNonNull(keepAlive, "keepAlive");
        require(sendBufferBytes >= 0, "sendBufferBytes", sendBufferBytes, 0);
        require(receiveBufferBytes >= 0, "receiveBufferBytes", receiveBufferBytes, 0);
        Objects.requireNonNull(timeouts, "timeouts");
        require(maxConnections >= 1, "maxConnections", maxConnections, 1);
        Objects.requireNonNull(overload, "overload");
    }

    private static void require(boolean valid, String name, int actual, int least) {
        if (!valid) {
            throw new IllegalArgumentException("option out of range: " + name + "=" + actual + ", least=" + least);
        }
    }

    /// Backlog 1,024, no delay, no probes, ports reused but not shared, no resets, buffers as the system chooses,
    /// no timeouts, as
    /// many connections as the shards may have; peers wait for room.
    public static TcpOptions defaults() {
        return DEFAULTS;
    }

    public TcpOptions withBacklog(int connections) {
        return with(draft -> draft.backlog = connections);
    }

    /// Sends small writes at once.
    public TcpOptions withNoDelay() {
        return with(draft -> draft.noDelay = true);
    }

    /// Has the system gather small writes by Nagle's algorithm: the opposite of [#withNoDelay].
    public TcpOptions withNagle() {
        return with(draft -> draft.noDelay = false);
    }

    /// Probes silent peers when and as often as the system does by itself.
    public TcpOptions withKeepAlive() {
        return with(draft -> draft.keepAlive = KeepAlive.SYSTEM);
    }

    /// Probes silent peers: see [KeepAlive].
    ///
    /// @throws IllegalArgumentException see [KeepAlive]
    public TcpOptions withKeepAlive(Duration idle, Duration interval, int probes) {
        return with(draft -> draft.keepAlive = new KeepAlive(true, idle, interval, probes));
    }

    public TcpOptions withoutKeepAlive() {
        return with(draft -> draft.keepAlive = KeepAlive.OFF);
    }

    public TcpOptions withReuseAddress() {
        return with(draft -> draft.reuseAddress = true);
    }

    public TcpOptions withoutReuseAddress() {
        return with(draft -> draft.reuseAddress = false);
    }

    public TcpOptions withReusePort() {
        return with(draft -> draft.reusePort = true);
    }

    public TcpOptions withoutReusePort() {
        return with(draft -> draft.reusePort = false);
    }

    public TcpOptions withResetOnClose() {
        return with(draft -> draft.resetOnClose = true);
    }

    public TcpOptions withoutResetOnClose() {
        return with(draft -> draft.resetOnClose = false);
    }

    public TcpOptions withSendBufferBytes(int bytes) {
        return with(draft -> draft.sendBufferBytes = bytes);
    }

    public TcpOptions withReceiveBufferBytes(int bytes) {
        return with(draft -> draft.receiveBufferBytes = bytes);
    }

    /// See [Timeouts].
    ///
    /// @throws IllegalArgumentException see [Timeouts]
    public TcpOptions withConnectTimeout(Duration time) {
        return with(draft -> draft.timeouts = new Timeouts(time, timeouts.read(), timeouts.write(), timeouts.idle()));
    }

    /// See [Timeouts].
    ///
    /// @throws IllegalArgumentException see [Timeouts]
    public TcpOptions withReadTimeout(Duration time) {
        return with(
                draft -> draft.timeouts = new Timeouts(timeouts.connect(), time, timeouts.write(), timeouts.idle()));
    }

    /// See [Timeouts].
    ///
    /// @throws IllegalArgumentException see [Timeouts]
    public TcpOptions withWriteTimeout(Duration time) {
        return with(draft -> draft.timeouts = new Timeouts(timeouts.connect(), timeouts.read(), time, timeouts.idle()));
    }

    /// See [Timeouts].
    ///
    /// @throws IllegalArgumentException see [Timeouts]
    public TcpOptions withIdleTimeout(Duration time) {
        return with(
                draft -> draft.timeouts = new Timeouts(timeouts.connect(), timeouts.read(), timeouts.write(), time));
    }

    /// Of a listener, whatever shards its connections are on.
    public TcpOptions withMaxConnections(int connections) {
        return with(draft -> draft.maxConnections = connections);
    }

    /// What a listener does while there is no room for another connection: [Overload#WAIT] if not set.
    public TcpOptions withOverload(Overload policy) {
        return with(draft -> draft.overload = policy);
    }

    private TcpOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.finished();
    }

    /// The same, to be changed in one place.
    private static final class Draft {
        private int backlog;
        private boolean noDelay;
        private KeepAlive keepAlive;
        private boolean reuseAddress;
        private boolean reusePort;
        private boolean resetOnClose;
        private int sendBufferBytes;
        private int receiveBufferBytes;
        private Timeouts timeouts;
        private int maxConnections;
        private Overload overload;

        Draft(TcpOptions from) {
            this.backlog = from.backlog;
            this.noDelay = from.noDelay;
            this.keepAlive = from.keepAlive;
            this.reuseAddress = from.reuseAddress;
            this.reusePort = from.reusePort;
            this.resetOnClose = from.resetOnClose;
            this.sendBufferBytes = from.sendBufferBytes;
            this.receiveBufferBytes = from.receiveBufferBytes;
            this.timeouts = from.timeouts;
            this.maxConnections = from.maxConnections;
            this.overload = from.overload;
        }

        TcpOptions finished() {
            return new TcpOptions(
                    backlog,
                    noDelay,
                    keepAlive,
                    reuseAddress,
                    reusePort,
                    resetOnClose,
                    sendBufferBytes,
                    receiveBufferBytes,
                    timeouts,
                    maxConnections,
                    overload);
        }
    }
}
