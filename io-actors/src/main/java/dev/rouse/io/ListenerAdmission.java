package dev.rouse.io;

import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The admission of connections to one listener: whether there is room for the next one, and what becomes of its peer
/// if not. Owning shard only, save where said.
///
/// Room is looked for before each system call that accepts, on the shard that counts, without a suspension in between:
/// so the limits are exact. A listener that [waits][Overload#WAIT] makes no such call without room; its accept then
/// ends in [NoRoom], and its function waits in [Connections]. One that [refuses][Overload#REFUSE] accepts and resets.
/// It rests in between as its [RefusalPace] says, in [Connections] too; a shard that has nothing else to do ends the
/// rest.
final class ListenerAdmission implements Endpoint.Holdings {

    /// Says that an accept was not tried, since there is no room. Has no stack: it is for the function that
    /// accepts, which never lets it out.
    static final class NoRoom extends IOException {
        private static final long serialVersionUID = 1L;

        private NoRoom() {
            super("no room for a connection");
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    private final String name;
    private final int most;
    private final Overload overload;
    private final RefusalPace pace;
    private boolean closed;
    private final AtomicInteger open = new AtomicInteger();
    private final Count accepted = new Count();
    private final Count refused = new Count();
    private final Count pauses = new Count();

    /// Counted by any shard until one owns the listener, by that one from then on.
    private final AtomicLong failedAccepts = new AtomicLong();

    /// The account of the shard that accepts; null before the first accept. Read by who closes a connection
    /// elsewhere.
    private volatile @Nullable Connections shard;

    /// @param name of the listener, for people
    ListenerAdmission(String name, TcpOptions options) {
        this(name, options, new RefusalPace(() -> currentShard().clock().nanoTime()));
    }

    ListenerAdmission(String name, TcpOptions options, RefusalPace pace) {
        this.name = name;
        this.most = options.maxConnections();
        this.overload = options.overload();
        this.pace = pace;
    }

    private static Shard currentShard() {
        return Objects.requireNonNull(Shard.current());
    }

    /// With each accept, before it is tried.
    ///
    /// @param account of the shard that owns the listener: always the same one
    void enter(Connections account) {
        if (shard == null) {
            shard = account;
            account.listeners.add(this);
        }
        if (hasRoom(account)) {
            return;
        }
        if (overload == Overload.WAIT) {
            pauses.add(1);
            account.pauses.add(1);
            account.awaitRoom(this);
        } else if (pace.rests()) {
            account.awaitRoom(this, pace.restNanos());
        }
    }

    private boolean hasRoom(Connections account) {
        return open.get() < most && account.hasRoom();
    }

    /// Whether an accept that waits for room is to go on: there is some, or peers are to be refused again, or the
    /// listener is closed.
    boolean mayGoOn() {
        return closed || hasRoom(requireShard()) || (overload == Overload.REFUSE && !pace.rests());
    }

    /// The shard has nothing else to do.
    void endRest() {
        pace.endRest();
    }

    /// Accepts a connection for which there is room, and takes its place; null if no peer is there.
    ///
    /// @throws NoRoom if there is none, and no peer is to be refused now
    @Nullable
    SocketChannel accept(Operation.Accept.Call call) throws IOException {
        Connections account = requireShard();
        if (hasRoom(account)) {
            return acceptCounted(call, account);
        }
        if (overload == Overload.WAIT || pace.rests()) {
            throw new NoRoom();
        }
        return refuseSome(call, account);
    }

    /// Returns a connection if there is room for one meanwhile.
    private @Nullable SocketChannel refuseSome(Operation.Accept.Call call, Connections account) throws IOException {
        pace.begin();
        try {
            for (int i = 0; i < RefusalPace.BATCH && !hasRoom(account); i++) {
                SocketChannel channel = call.accept();
                if (channel == null) {
                    return null;
                }
                refuse(channel, account);
            }
        } finally {
            pace.end();
        }
        return hasRoom(account) ? acceptCounted(call, account) : null;
    }

    /// The place is taken first: the call might block, in a way that nobody foresees, and others of the shard run.
    private @Nullable SocketChannel acceptCounted(Operation.Accept.Call call, Connections account) throws IOException {
        account.take();
        open.getAndIncrement();
        SocketChannel channel = null;
        try {
            channel = call.accept();
            return channel;
        } finally {
            if (channel == null) {
                account.release();
                release();
            } else {
                accepted.add(1);
                account.accepted.add(1);
            }
        }
    }

    private void refuse(SocketChannel channel, Connections account) throws IOException {
        Connections.Full full = account.full();
        account.refuse(full == null ? new Connections.Full("maxConnections", most) : full, name);
        refused.add(1);
        try (channel) {
            if (channel.supportedOptions().contains(StandardSocketOptions.SO_LINGER)) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0); // so that closing resets it
            }
        } catch (IOException _) {
            // the peer has gone already
        }
    }

    /// The place of the connection that the last accept has brought.
    Place place() {
        return new Place(requireShard(), this);
    }

    private Connections requireShard() {
        return Objects.requireNonNull(shard, "the listener has no shard yet");
    }

    /// One of its connections is closed. Any thread.
    void release() {
        open.getAndDecrement();
        Connections account = shard;
        if (account != null) {
            account.roomMade();
        }
    }

    /// The system could not accept.
    void failed() {
        failedAccepts.incrementAndGet();
        Connections account = shard;
        if (account != null) {
            account.failedAccepts.add(1);
        }
    }

    /// The listener is closed.
    @Override
    public void giveUp(Registration here) {
        closed = true;
        Connections account = shard;
        if (account != null) {
            account.closed(this);
        }
    }

    // Any thread.

    String name() {
        return name;
    }

    int open() {
        return open.get();
    }

    long accepted() {
        return accepted.value();
    }

    long refused() {
        return refused.value();
    }

    long pauses() {
        return pauses.value();
    }

    long failedAccepts() {
        return failedAccepts.get();
    }
}
