package dev.rouse.io;

import dev.rouse.actor.Dropped;
import dev.rouse.actor.Violation;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.spi.Conductor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What listeners, streams and datagram sockets share: to which shard the channel belongs, how an operation is
/// performed and how it is closed. [#close] and [#isClosed] on any thread, everything else on the owning shard.
///
/// | state   | `registration` | `closing` | left by                                                       |
/// |---------|----------------|-----------|---------------------------------------------------------------|
/// | unbound | null           | false     | the first operation, which binds it to its shard; `close`      |
/// | bound   | set            | false     | `close`, which the owning shard completes                      |
/// | closed  | either         | true      | never                                                         |
///
/// The hard transition is a first operation against a `close` from elsewhere. The binder writes `registration`, then
/// reads `closing`; the closer writes `closing`, then reads `registration`. Both are volatile, so at least one of them
/// sees the other: if the closer sees a registration it has the shard close it, if not it closes the channel itself and
/// the binder finds it closed.
///
/// # Dropped without a close
/// The endpoint is also what the garbage collector is asked to watch its user by: the stream, listener or datagram
/// socket that the program holds. When nobody holds that any more the endpoint closes the channel, as `close` would, on
/// the owning shard, and reports a violation. Hence:
/// - The endpoint, and all that a shard or its poller hold of a socket (channel, registration, [Place], [Holdings]),
///   never refer to the user. A function that waits in an operation does, from its stack, which [#complete] sees to;
///   and the operation that is pending holds the function. So a socket in use is never taken for a dropped one.
/// - Something has to hold the endpoint meanwhile: the selector, from its [binding][#bind] on; before that the
///   [Registration#unused] of who has accepted it, or [#UNBOUND]. Once closed it is held no more, and costs the
///   collector nothing.
/// - `closing` decides between a `close` and the collector's word, so that each thing is given back once, and one that
///   was closed is not reported. The end of a shard, which closes what is bound there, reports nothing: a shard that
///   has ended takes no reports. Only a simulation has them in its account.
/// - A buffer that is lent at that moment is abandoned, not lent again: who has read may still look at it.
/// - In a simulation nothing is watched: when the collector comes by depends on the machine, not on the seed.
final class Endpoint extends Dropped {

    private static final VarHandle REGISTRATION;
    private static final VarHandle CLOSING;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            REGISTRATION = lookup.findVarHandle(Endpoint.class, "registration", Registration.class);
            CLOSING = lookup.findVarHandle(Endpoint.class, "closing", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// Those that belong to no shard yet and were not accepted. Descriptors bound it.
    private static final Set<Endpoint> UNBOUND = ConcurrentHashMap.newKeySet();

    /// What a socket holds of its shard besides its registration. It must not refer to the socket's user.
    @FunctionalInterface
    interface Holdings {

        /// Of a socket of which nothing has to be given back.
        Holdings NONE = _ -> {};

        /// The socket is closed. On the shard, once, just before the channel is.
        void giveUp(Registration here);
    }

    private final SelectableChannel channel;
    private final Origin origin;
    private final Holdings holdings;
    private @Nullable SocketAddress remote;
    private final Function<Shard, NioPoller> newPoller;
    private @Nullable SocketAddress local;

    /// Where a socket waits for its first use; written before any other thread knows this endpoint.
    private @Nullable Set<Endpoint> unused;

    /// Where it counts as a connection; null for what is none. Written before any other thread knows this endpoint.
    private @Nullable Place place;

    private volatile @Nullable Registration registration;
    private volatile boolean closing;

    /// Takes an open, non-blocking channel.
    ///
    /// @param user whose it is, and that is to be watched
    Endpoint(
            Object user,
            SelectableChannel channel,
            Origin origin,
            Holdings holdings,
            @Nullable SocketAddress local,
            @Nullable SocketAddress remote) {
        this(user, channel, origin, holdings, local, remote, NioPoller::new);
    }

    /// @param newPoller makes the poller of a shard that has none yet, a seam for tests
    Endpoint(
            Object user,
            SelectableChannel channel,
            Origin origin,
            Holdings holdings,
            @Nullable SocketAddress local,
            @Nullable SocketAddress remote,
            Function<Shard, NioPoller> newPoller) {
        super(isWatched() ? user : null);
        this.channel = channel;
        this.origin = origin;
        this.holdings = holdings;
        this.local = local;
        this.remote = remote;
        this.newPoller = newPoller;
    }

    SelectableChannel channel() {
        return channel;
    }

    private static boolean isWatched() {
        return Conductor.current() == null;
    }

    /// Has it count as a connection, for as long as the channel is open.
    void countAs(Place connection) {
        place = connection;
    }

    /// Joins those whose poller closes them unless they are used or closed before. Before the endpoint is handed to
    /// another thread.
    void awaitUse(Set<Endpoint> others) {
        others.add(this);
        unused = others;
    }

    /// Joins those that nobody else holds until they are used or closed: see the class. Before the endpoint is
    /// handed to another thread.
    void awaitUse() {
        if (isWatched()) {
            awaitUse(UNBOUND);
        }
    }

    /// Twice is harmless: first use and `close` may meet.
    private void leaveUnused() {
        Set<Endpoint> others = unused;
        if (others != null) {
            others.remove(this);
        }
    }

    /// Names the address that connecting has chosen.
    void connectedFrom(SocketAddress address) {
        local = address;
    }

    /// Names the addresses of a datagram socket that was connected.
    void connectedTo(SocketAddress peer, SocketAddress from) {
        remote = peer;
        local = from;
    }

    /// The registration on the current shard, made by the first call.
    ///
    /// @throws ClosedChannelException after [#close]
    /// @throws IOException if this is the shard's first socket and there is no selector to be had for it, or it is
    ///     a connection and the shard has as many as it may; a later call may succeed
    /// @throws ViolationException outside a shard, or on another shard than the first time
    Registration enter() throws IOException {
        Registration present = registration;
        if (present == null) {
            present = bind();
        }
        if (!present.shard().isCurrent()) {
            throw onWrongShard(present.shard());
        }
        if (closing) {
            throw new ClosedChannelException();
        }
        return present;
    }

    private Registration bind() throws IOException {
        Shard shard = Shard.current();
        if (shard == null) {
            throw Violation.OUTSIDE_FUNCTION.refused("socket used outside a function: " + subject());
        }
        if (closing) {
            throw new ClosedChannelException();
        }
        requireSameNetwork();
        NioPoller poller = pollerOf(shard, newPoller);
        Place present = place;
        boolean moves = present != null && !present.isAt(poller.connections());
        if (moves) {
            poller.connections().takeFor(subject());
        }
        Registration mine = poller.register(this);
        Registration other = (Registration) REGISTRATION.compareAndExchange(this, null, mine);
        if (other != null) {
            if (moves) {
                poller.connections().release();
            }
            return other;
        }
        if (present != null && moves) {
            present.moveTo(poller.connections());
        }
        mine.enterPoller();
        leaveUnused(); // only now: until it is in the poller nobody else closes it
        return mine;
    }

    private void requireSameNetwork() {
        if (!channel.provider().equals(Sockets.provider())) {
            throw new IllegalStateException("socket of another network than its function's: " + subject()
                    + "; open it where it is used, in the simulation or outside of it");
        }
    }

    /// @throws IOException if it is the first of the shard and cannot be had
    static NioPoller pollerOf(Shard shard, Function<Shard, NioPoller> newPoller) throws IOException {
        try {
            return shard.poller(NioPoller.class, newPoller);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private ViolationException onWrongShard(Shard owner) {
        Shard current = Shard.current();
        return Violation.FOREIGN_TOUCH.refused("socket used on another shard: " + subject() + ", owner=" + owner.index()
                + ", current=" + (current == null ? "none" : current.index())
                + "; a socket stays on the shard of the function that used it first, pass it on before that");
    }

    /// Refuses a second user of one operation, before anything of the first is touched.
    void requireIdle(Operation op) {
        if (!op.isIdle()) {
            throw inUse(op);
        }
    }

    ViolationException inUse(Operation op) {
        return Violation.SECOND_WAITER.refused("two functions " + op.verb() + " at the same time: " + subject());
    }

    /// Performs an operation, suspending the function until it is complete.
    ///
    /// If the function is cancelled while the operation is pending it is withdrawn and the operation can be used
    /// again. If the operation was complete before the function saw that it is cancelled, the result wins; the
    /// cancellation is seen at the next suspension.
    ///
    /// @param user whose endpoint this is
    void perform(Object user, Registration here, Operation op) throws IOException {
        op.begin();
        here.submit(op);
        complete(user, here, op);
    }

    /// Suspends the function until an operation that has begun is complete. One that the poller does not know yet
    /// is left pending when this throws for an interruption.
    ///
    /// @throws SocketTimeoutException if the operation has a limit, and it has passed; it can then be used again
    void complete(Object user, Registration here, Operation op) throws IOException {
        try {
            if (!op.isDone()) {
                suspendUntilDone(here, op);
            }
            finish(op);
        } finally {
            Reference.reachabilityFence(user); // it may be the last use of it in the program
        }
    }

    private void finish(Operation op) throws IOException {
        try {
            op.finish();
        } catch (ClosedChannelException e) {
            throw e;
        } catch (BufferLimitException e) {
            throw e.ownedBy(subject());
        } catch (IOException e) {
            throw op.failure(subject(), e);
        }
    }

    /// Small, since its frame is on the stack of each stream that waits: what is rare stands elsewhere.
    private void suspendUntilDone(Registration here, Operation op) throws SocketTimeoutException {
        WaitLimit limit = op.limit();
        if (limit != null) {
            suspendUntilDone(here, op, limit);
            return;
        }
        try {
            while (!op.isDone()) {
                op.await();
                resumeUnlessDone(here, op);
            }
        } catch (RuntimeException | Error e) {
            if (withdraw(here, op)) {
                throw e;
            }
        }
    }

    private void suspendUntilDone(Registration here, Operation op, WaitLimit limit) throws SocketTimeoutException {
        limit.begin(here.shard());
        try {
            while (!op.isDone()) {
                op.await();
                resumeUnlessDone(here, op);
                if (limit.hasPassed() && !op.isDone() && withdraw(here, op)) {
                    throw limit.exceeded(op, subject());
                }
            }
        } catch (RuntimeException | Error e) {
            if (withdraw(here, op)) {
                throw e;
            }
        } finally {
            limit.end();
        }
    }

    private static void resumeUnlessDone(Registration here, Operation op) {
        if (!op.isDone()) {
            here.resume(op);
        }
    }

    /// Returns false if the operation was complete before its wait was interrupted: then that wins.
    private static boolean withdraw(Registration here, Operation op) {
        here.cancel(op);
        return !op.isDone();
    }

    SocketAddress local() {
        return Objects.requireNonNull(local, "not connected yet");
    }

    SocketAddress remote() {
        return Objects.requireNonNull(remote, "it has no peer");
    }

    /// @param side input or output
    IOException cannotShutDown(String side, IOException cause) {
        return Failures.operation("shut down " + side, subject(), cause, "; the connection is gone, close the stream");
    }

    boolean isClosed() {
        return closing;
    }

    /// Closes the channel, on the owning shard at once, from elsewhere by handing it to that shard.
    void close() {
        close(() -> {});
    }

    /// @param onShard runs there, just before, once
    void close(Runnable onShard) {
        if (!CLOSING.compareAndSet(this, false, true)) {
            return;
        }
        clear(); // nobody is to be told any more
        leaveUnused();
        Registration present = registration;
        if (present == null) {
            closeChannel();
        } else if (present.shard().isCurrent()) {
            onShard.run();
            close(present);
        } else {
            present.shard().submit(new Close(present, onShard));
        }
    }

    private void close(Registration present) {
        holdings.giveUp(present);
        present.close();
    }

    /// Any thread, as [#close] may be called on.
    @Override
    protected void onDropped() {
        if (!CLOSING.compareAndSet(this, false, true)) {
            return;
        }
        leaveUnused();
        Registration present = registration;
        if (present != null) {
            present.shard()
                    .submit(new Close(
                            present,
                            () -> origin.reportLeak(present.connections().admission(), subject())));
            return;
        }
        try {
            closeChannel();
        } finally {
            origin.reportLeak(null, subject());
        }
    }

    private final class Close extends Command {
        private final Registration present;
        private final Runnable onShard;

        Close(Registration present, Runnable onShard) {
            this.present = present;
            this.onShard = onShard;
        }

        @Override
        protected void execute() {
            onShard.run();
            close(present);
        }

        @Override
        protected void refused() {
            // The shard has terminated, and its poller has closed what was used; a socket of which nothing
            // was asked was not among it.
            closeChannel();
        }
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close: " + subject(), e);
        } finally {
            endPlace();
        }
    }

    /// The channel is closed. Idempotent.
    void endPlace() {
        if (place != null) {
            place.end();
        }
    }

    /// After [#close] on the owning shard: the port is free when this returns.
    void releaseNow() {
        Registration present = registration;
        if (present != null && present.shard().isCurrent()) {
            present.releaseNow();
        }
    }

    String subject() {
        StringBuilder text = new StringBuilder(origin.kind());
        if (local != null) {
            text.append(", local=").append(Failures.text(local));
        }
        if (remote != null) {
            text.append(", remote=").append(Failures.text(remote));
        }
        return text.toString();
    }
}
