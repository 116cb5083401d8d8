package dev.rouse.io;

import dev.rouse.actor.Violation;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.util.Set;
import java.util.function.Consumer;
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
final class Endpoint {

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

    private final SelectableChannel channel;
    private final String kind;
    private @Nullable SocketAddress remote;
    private final Function<Shard, NioPoller> newPoller;
    private @Nullable SocketAddress local;

    /// Where an accepted socket waits for its first use; written before any other thread knows this endpoint.
    private @Nullable Set<Endpoint> unused;

    /// Where it counts as a connection; null for what is none. Written before any other thread knows this endpoint.
    private @Nullable Place place;

    private volatile @Nullable Registration registration;
    private volatile boolean closing;

    /// Takes an open, non-blocking channel. `kind` and addresses name it in messages.
    Endpoint(SelectableChannel channel, String kind, @Nullable SocketAddress local, @Nullable SocketAddress remote) {
        this(channel, kind, local, remote, NioPoller::new);
    }

    /// @param newPoller makes the poller of a shard that has none yet, a seam for tests
    Endpoint(
            SelectableChannel channel,
            String kind,
            @Nullable SocketAddress local,
            @Nullable SocketAddress remote,
            Function<Shard, NioPoller> newPoller) {
        this.channel = channel;
        this.kind = kind;
        this.local = local;
        this.remote = remote;
        this.newPoller = newPoller;
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
        Registration mine = poller.register(channel, present);
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
        leaveUnused(); // only now: until it is bound nobody else closes it
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
    void perform(Registration here, Operation op) throws IOException {
        op.begin();
        here.submit(op);
        complete(here, op);
    }

    /// Suspends the function until an operation that has begun is complete. One that the poller does not know yet
    /// is left pending when this throws for an interruption.
    ///
    /// @throws SocketTimeoutException if the operation has a limit, and it has passed; it can then be used again
    void complete(Registration here, Operation op) throws IOException {
        if (!op.isDone()) {
            suspendUntilDone(here, op);
        }
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

    private void suspendUntilDone(Registration here, Operation op) throws SocketTimeoutException {
        WaitLimit limit = op.limit();
        if (limit == null) {
            suspendUntil(here, op, null);
            return;
        }
        limit.begin(here.shard());
        try {
            suspendUntil(here, op, limit);
        } finally {
            limit.end();
        }
    }

    private void suspendUntil(Registration here, Operation op, @Nullable WaitLimit limit)
            throws SocketTimeoutException {
        try {
            while (!op.isDone()) {
                op.await();
                if (!op.isDone()) {
                    here.resume(op);
                }
                if (limit != null && limit.hasPassed() && !op.isDone()) {
                    here.cancel(op);
                    if (!op.isDone()) {
                        throw limit.exceeded(op, subject());
                    }
                }
            }
        } catch (RuntimeException | Error e) {
            here.cancel(op);
            if (!op.isDone()) {
                throw e;
            }
        }
    }

    /// @param side input or output
    IOException cannotShutDown(String side, IOException cause) {
        return Failures.operation("shut down " + side, subject(), cause, "; the connection is gone, close the stream");
    }

    boolean isClosed() {
        return closing;
    }

    /// Closes the channel, on the owning shard at once, from elsewhere by handing it to that shard.
    /// `onShard` runs there, just before, once.
    void close(Consumer<Registration> onShard) {
        if (!CLOSING.compareAndSet(this, false, true)) {
            return;
        }
        leaveUnused();
        Registration present = registration;
        if (present == null) {
            closeChannel();
        } else if (present.shard().isCurrent()) {
            onShard.accept(present);
            present.close();
        } else {
            present.shard().submit(new Command() {
                @Override
                protected void execute() {
                    onShard.accept(present);
                    present.close();
                }

                @Override
                protected void refused() {
                    // The shard has terminated, and its poller has closed what was used; a socket
                    // of which nothing was asked was not among it.
                    closeChannel();
                }
            });
        }
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close: " + subject(), e);
        } finally {
            if (place != null) {
                place.end();
            }
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
        StringBuilder text = new StringBuilder(kind);
        if (local != null) {
            text.append(", local=").append(Failures.text(local));
        }
        if (remote != null) {
            text.append(", remote=").append(Failures.text(remote));
        }
        return text.toString();
    }
}
