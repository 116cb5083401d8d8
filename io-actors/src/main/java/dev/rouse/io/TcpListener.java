package dev.rouse.io;

import dev.rouse.actor.Signal;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Timer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;

/// A TCP port on which functions accept streams.
///
/// [#bind] and [#close] on any thread; [#accept] only in a function, and always on the shard of the first one. An
/// accepted stream belongs to no shard until a function uses it, so it can be handed to another:
/// `TcpStream s = listener.accept(); system.spawn(() -> serve(s));` One that was never used, because that function
/// never began, is closed when the accepting shard ends.
public final class TcpListener implements AutoCloseable {

    /// First and longest pause after the system refused to accept; doubled in between. Long enough not to spin,
    /// short against the patience of a peer. A guess.
    private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(10).toNanos();

    private static final long LONGEST_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

    private final InetSocketAddress local;
    private final TcpOptions options;
    private final Endpoint endpoint;
    private final Operation.Accept accept;
    private final Pause pause = new Pause();

    private final ListenerAdmission admission;

    private boolean accepting;

    TcpListener(ServerSocketChannel channel, Operation.Accept.Call call, TcpOptions options) throws IOException {
        this(channel, call, options, NioPoller::new);
    }

    TcpListener(
            ServerSocketChannel channel,
            Operation.Accept.Call call,
            TcpOptions options,
            Function<Shard, NioPoller> newPoller)
            throws IOException {
        this.local = (InetSocketAddress) channel.getLocalAddress();
        this.options = options;
        this.endpoint = new Endpoint(channel, "listener", local, null, newPoller);
        this.admission = new ListenerAdmission("listener " + Failures.text(local), options, endpoint::isClosed);
        this.accept = new Operation.Accept(() -> admission.accept(call));
    }

    /// Listens with [TcpOptions#defaults].
    ///
    /// @throws IOException see [#bind(InetSocketAddress, TcpOptions)]
    public static TcpListener bind(InetSocketAddress address) throws IOException {
        return bind(address, TcpOptions.defaults());
    }

    /// Listens on an address of this machine; port 0 takes a free one, see [#localAddress]. A port whose last owner
    /// has just gone can be bound again at once (`SO_REUSEADDR`).
    ///
    /// @throws java.net.UnknownHostException if the address is not resolved
    /// @throws java.net.BindException if the port is in use, not allowed, the address is not of this
    ///     machine, or the process has no descriptor left
    public static TcpListener bind(InetSocketAddress address, TcpOptions options) throws IOException {
        ServerSocketChannel channel = open(address, options);
        try {
            return new TcpListener(channel, channel::accept, options);
        } catch (IOException | RuntimeException | Error e) {
            Failures.close(channel, e);
            throw e;
        }
    }

    static ServerSocketChannel open(InetSocketAddress address, TcpOptions options) throws IOException {
        Objects.requireNonNull(options, "options");
        Failures.requireResolved("bind", address);
        ServerSocketChannel channel = openUnbound(address);
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            if (options.receiveBufferBytes() > 0) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBufferBytes());
            }
            channel.bind(address, options.backlog());
            return channel;
        } catch (IOException e) {
            Failures.close(channel, e);
            throw Failures.bind(address, e);
        } catch (RuntimeException | Error e) {
            Failures.close(channel, e);
            throw e;
        }
    }

    private static ServerSocketChannel openUnbound(InetSocketAddress address) throws BindException {
        try {
            return Sockets.provider().openServerSocketChannel();
        } catch (IOException e) {
            throw Failures.bind(address, e);
        }
    }

    /// Suspends until a peer has connected.
    ///
    /// Where the system cannot accept (mostly because the process has no descriptor left) this pauses, 10 ms at
    /// first and at most a second, and tries again; peers wait in the backlog meanwhile. [#failedAccepts] counts
    /// it, and the first failure of a row is logged. So an open listener never fails: this is how a loop that
    /// accepts can end only by a close.
    ///
    /// Where there is no room for another connection, [TcpOptions#overload] says whether this waits until there is,
    /// or refuses the peers that come meanwhile.
    ///
    /// @throws ClosedChannelException if the listener is closed, as [AsynchronousCloseException] if that happens
    ///     meanwhile
    /// @throws ViolationException if another function accepts at the same time, outside a function, or on
    ///     another shard than before
    public TcpStream accept() throws ClosedChannelException {
        Registration here = enter();
        if (accepting) {
            throw endpoint.inUse(accept);
        }
        accepting = true;
        try {
            return accept(here);
        } finally {
            accepting = false;
        }
    }

    /// The first socket of a shard needs a selector, which needs descriptors too.
    private Registration enter() throws ClosedChannelException {
        Pause untilOwned = null;
        while (true) {
            try {
                return endpoint.enter();
            } catch (ClosedChannelException e) {
                throw e;
            } catch (IOException e) {
                if (untilOwned == null) {
                    untilOwned = new Pause(); // of this call: no shard owns the listener's own yet
                }
                untilOwned.after(e);
            }
        }
    }

    private TcpStream accept(Registration here) throws ClosedChannelException {
        pause.startOver();
        while (true) {
            try {
                admission.enter(here.connections());
                if (endpoint.isClosed()) {
                    throw new AsynchronousCloseException();
                }
                endpoint.perform(here, accept);
                return TcpStream.accepted(accept.takeAccepted(), options, here.unused(), admission.place());
            } catch (ClosedChannelException e) {
                throw e;
            } catch (ListenerAdmission.NoRoom _) {
                // it has gone while this waited for a peer
            } catch (IOException e) {
                // accept(2) fails on an open listener only for what passes: no descriptor, no memory, a
                // peer already gone.
                pause.after(e);
            }
        }
    }

    /// How often the system could not accept and [#accept] had to pause.
    public long failedAccepts() {
        return admission.failedAccepts();
    }

    /// Connections that it has accepted and that are still open, on whatever shard. Any thread.
    public int connections() {
        return admission.open();
    }

    /// Connections that it has accepted since the start. Any thread.
    public long accepted() {
        return admission.accepted();
    }

    /// Connections that it has [refused][Overload#REFUSE], for lack of room. Any thread.
    public long refused() {
        return admission.refused();
    }

    /// How often it has [stopped accepting][Overload#WAIT], for lack of room. Any thread.
    public long pauses() {
        return admission.pauses();
    }

    /// The address it listens on, with the port it got. Also after [#close].
    public InetSocketAddress localAddress() {
        return local;
    }

    /// Stops listening; connections not yet accepted are reset. On the listener's shard, or before its first
    /// accept, the port is free on return; from elsewhere the shard is told and frees it in its next poll pass. A
    /// suspended [#accept] ends with an [AsynchronousCloseException]. Idempotent.
    @Override
    public void close() {
        endpoint.close(_ -> {
            pause.end();
            admission.end();
        });
        endpoint.releaseNow();
    }

    /// What comes between two tries. [#close] ends the listener's own at once; one of a call that has no shard to
    /// own it yet notices at its end. The shard of the accepting function only.
    private final class Pause extends Timer {
        private final Signal over = new Signal();
        private long nanos = FIRST_PAUSE_NANOS;

        void startOver() {
            nanos = FIRST_PAUSE_NANOS;
        }

        void after(IOException failure) throws AsynchronousCloseException {
            Shard shard = Objects.requireNonNull(Shard.current());
            admission.failed();
            if (nanos == FIRST_PAUSE_NANOS) {
                shard.report(shard.logger(NioPoller.LOG), Level.WARNING, Failures.accept(local, failure), failure);
            }
            await(shard);
            if (endpoint.isClosed()) {
                throw new AsynchronousCloseException();
            }
            nanos = Math.min(2 * nanos, LONGEST_PAUSE_NANOS);
        }

        private void await(Shard shard) {
            // Descriptors bound those of listeners that a shard owns, one for each; before that each accept
            // has its own, and the shard's limit on functions bounds them.
            shard.scheduleUncounted(this, shard.clock().nanoTime() + nanos);
            try {
                over.await();
            } finally {
                shard.cancel(this);
            }
        }

        void end() {
            over.fire();
        }

        @Override
        protected void onExpiry() {
            over.fire();
        }
    }
}
