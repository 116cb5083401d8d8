package dev.rouse.io;

import dev.rouse.actor.Signal;
import dev.rouse.actor.Violation;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Timer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.ref.Reference;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A TCP port, or a Unix domain socket, on which functions accept streams.
///
/// [#bind] and [#close] on any thread; [#accept] only in functions, and always on the shard of the first one. Several
/// may accept at a time; they are served in the order in which they came, and one connection wakes one of them. An
/// accepted stream belongs to no shard until a function uses it, so it can be handed to another:
/// `TcpStream s = listener.accept(); system.spawn(() -> serve(s));` One that was never used, because that function
/// never began, is closed when the accepting shard ends.
///
/// Close it. One that was forgotten, so that nobody holds it any more, is closed when the garbage collector finds it,
/// and reported as [Violation#SOCKET_LEAKED]; so is an accepted stream.
public final class TcpListener implements AutoCloseable {

    /// First and longest pause after the system refused to accept; doubled in between. Long enough not to spin,
    /// short against the patience of a peer. A guess.
    private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(10).toNanos();

    private static final long LONGEST_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

    /// Functions that wait behind the one that accepts. More than any program should need. A guess.
    static final int MOST_WAITING = 1023;

    private final ServerSocketChannel channel;
    private final SocketAddress local;

    /// For what it accepts.
    private final TcpOptions streamOptions;

    private final Endpoint endpoint;
    private final Operation.Accept.Call call;
    private final Operation.Accept accept;
    private final Pause pause = new Pause();

    private final ListenerAdmission admission;

    /// Of all streams that it accepts: made by the first accept.
    private @Nullable Origin streams;

    /// With the poller, pausing, or waiting for room: the one whose turn it is to get a connection. Shard only.
    private Operation.@Nullable Accept active;

    /// Behind the active one, begun and with no poller.
    private final ArrayDeque<Operation.Accept> waiting = new ArrayDeque<>();

    TcpListener(ServerSocketChannel channel, Operation.Accept.Call call, TcpOptions options) throws IOException {
        this(channel, call, options, NioPoller::new);
    }

    TcpListener(
            ServerSocketChannel channel,
            Operation.Accept.Call call,
            TcpOptions options,
            Function<Shard, NioPoller> newPoller)
            throws IOException {
        this.channel = channel;
        this.local = channel.getLocalAddress();
        // The listener's receive buffer is inherited, and must be, since it decides what is offered in the
        // handshake.
        this.streamOptions = options.withReceiveBufferBytes(0);
        this.admission = new ListenerAdmission("listener " + Failures.text(local), options);
        this.endpoint = new Endpoint(this, channel, Origin.here("listener"), admission, local, null, newPoller);
        endpoint.awaitUse();
        this.call = () -> admission.accept(call);
        this.accept = new Operation.Accept(this.call);
    }

    /// Listens with [TcpOptions#defaults].
    ///
    /// @throws IOException see [#bind(SocketAddress, TcpOptions)]
    public static TcpListener bind(SocketAddress address) throws IOException {
        return bind(address, TcpOptions.defaults());
    }

    /// Listens on an address of this machine. That is one of:
    /// - an [InetSocketAddress]; port 0 takes a free one, see [#port]. A port whose last owner has just gone can be
    ///   bound again at once, unless the options say otherwise.
    /// - a [java.net.UnixDomainSocketAddress], of some 100 bytes. The system makes a file there, which belongs to
    ///   the program: [#close] leaves it, as a crash does, and `bind` refuses a path where one is. Delete it after
    ///   the close, and before the bind if no other process can be listening on it. It is not deleted here since
    ///   nobody can tell whether it is still the same one. Its rights, and those of its directory, decide who may
    ///   connect. A simulation has none.
    ///
    /// @throws java.net.UnknownHostException if the address is not resolved
    /// @throws java.net.BindException if the port is in use, not allowed, the address is not of this machine, the
    ///     process has no descriptor left, or the path is in use, too long, or in no directory that could be
    ///     written
    /// @throws IllegalArgumentException if the address is of another kind
    /// @throws UnsupportedOperationException if there are no such sockets or no such options here
    public static TcpListener bind(SocketAddress address, TcpOptions options) throws IOException {
        ServerSocketChannel channel = open(address, options);
        try {
            return new TcpListener(channel, channel::accept, options);
        } catch (IOException | RuntimeException | Error e) {
            Failures.close(channel, e);
            throw e;
        }
    }

    static ServerSocketChannel open(SocketAddress address, TcpOptions options) throws IOException {
        Objects.requireNonNull(options, "options");
        Failures.requireResolved("bind", address);
        ServerSocketChannel channel = openUnbound(address);
        try {
            channel.configureBlocking(false);
            SocketSetup.listener(channel, options);
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

    private static ServerSocketChannel openUnbound(SocketAddress address) throws BindException {
        try {
            return Sockets.openListener(address);
        } catch (IOException e) {
            throw Failures.bind(address, e);
        }
    }

    /// Suspends until a peer has connected, and others who have come before have got theirs. A function that is
    /// cancelled meanwhile leaves its connection, and its place, to those that come after it.
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
    /// @throws ViolationException if 1,024 other functions accept at the same time, outside a function, or on
    ///     another shard than before
    public TcpStream accept() throws ClosedChannelException {
        Registration here = enter();
        if (waiting.size() >= MOST_WAITING) {
            throw tooMany();
        }
        Operation.Accept mine = idle();
        try {
            return accept(here, mine);
        } finally {
            leave(here, mine);
            Reference.reachabilityFence(this); // it may be the last use of it in the program
        }
    }

    private ViolationException tooMany() {
        return Violation.SECOND_WAITER.refused("too many functions accept at the same time: listener, local="
                + Failures.text(local) + ", limit=" + (MOST_WAITING + 1));
    }

    /// The listener's own when one function accepts, which is the rule: that costs no allocation.
    private Operation.Accept idle() {
        return accept.isIdle() && active != accept ? accept : new Operation.Accept(call);
    }

    /// The active one alone waits for room.
    private void begin(Registration here, Operation.Accept mine) throws AsynchronousCloseException {
        if (active == null) {
            active = mine;
        }
        if (active != mine) {
            mine.begin();
            waiting.add(mine);
            return;
        }
        admission.enter(here.connections());
        if (endpoint.isClosed()) {
            throw new AsynchronousCloseException();
        }
        mine.begin();
        here.submit(mine);
    }

    /// Makes the next one in the queue the active one. It is submitted here, on behalf of a function that stays
    /// suspended until there is a connection for it, or a failure.
    private void leave(Registration here, Operation.Accept mine) {
        if (active == mine) {
            active = waiting.poll();
            if (active != null) {
                here.submit(active);
                if (active.isDone()) {
                    active.fire();
                }
            }
        } else if (waiting.remove(mine)) {
            mine.withdraw();
        }
    }

    /// At the close, just before the active one is ended by the poller.
    private void endWaiting() {
        pause.end();
        for (Operation.Accept next = waiting.poll(); next != null; next = waiting.poll()) {
            next.fail(new AsynchronousCloseException());
            next.fire();
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

    private TcpStream accept(Registration here, Operation.Accept mine) throws ClosedChannelException {
        boolean first = true;
        while (true) {
            try {
                begin(here, mine);
                endpoint.complete(this, here, mine);
                return TcpStream.accepted(
                        mine.takeAccepted(), streams(), streamOptions, here.unused(), admission.place());
            } catch (ClosedChannelException e) {
                throw e;
            } catch (ListenerAdmission.NoRoom _) {
                // it has gone while this waited for a peer
            } catch (IOException e) {
                // accept(2) fails on an open listener only for what passes: no descriptor, no memory, a
                // peer already gone.
                if (first) {
                    first = false;
                    pause.startOver();
                }
                pause.after(e);
            }
        }
    }

    private Origin streams() {
        Origin known = streams;
        if (known == null) {
            known = Origin.here("stream");
            streams = known;
        }
        return known;
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
    public SocketAddress localAddress() {
        return local;
    }

    /// The TCP port that it has got. Also after [#close].
    ///
    /// @throws UnsupportedOperationException if it listens on a Unix domain socket
    public int port() {
        if (local instanceof InetSocketAddress internet) {
            return internet.getPort();
        }
        throw new UnsupportedOperationException(
                "a Unix domain socket has no port: listener=" + Failures.text(local) + "; use localAddress()");
    }

    /// What an option is at the moment: the system may have made something else of what was asked for. Any thread.
    ///
    /// @throws UnsupportedOperationException if the socket has no such option
    /// @throws ClosedChannelException after [#close]
    public <T> T option(SocketOption<T> name) throws IOException {
        try {
            return channel.getOption(name);
        } finally {
            Reference.reachabilityFence(this); // not closed as dropped meanwhile
        }
    }

    /// Stops listening; connections not yet accepted are reset. On the listener's shard, or before its first
    /// accept, the port is free on return; from elsewhere the shard is told and frees it in its next poll pass. The
    /// file of a Unix domain socket stays: see [#bind]. Each suspended [#accept] ends with an
    /// [AsynchronousCloseException]. Idempotent.
    @Override
    public void close() {
        endpoint.close(this::endWaiting);
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
