package dev.rouse.io;

import dev.rouse.actor.Limits;
import dev.rouse.actor.Violation;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The account of the bytes that the connections of one shard hold in buffers of the runtime: loans of its
/// [BufferPool], and what framing and TLS keep, each in a [ConnectionBytes]. Bounded by [Limits#bufferedBytesPerShard].
/// Owning shard only, save [#held].
///
/// Who is refused waits for nobody: whoever holds bytes may be waiting for the one that is refused.
final class BufferedBytes {

    /// Told of what is refused.
    @FunctionalInterface
    interface Refusals {
        void refused(String limit, long value, Object owner);
    }

    /// Its name.
    static final String SHARD_LIMIT = "bufferedBytesPerShard";

    private static final VarHandle HELD;

    static {
        try {
            HELD = MethodHandles.lookup().findVarHandle(BufferedBytes.class, "held", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int limit;
    private final int perConnection;
    private final Refusals refusals;

    /// Above it the shard is to take in no more connections, until it is down to `low`. Guesses: the rest is for
    /// those that are there, and the gap keeps it from stopping and going on with each buffer.
    private final long high;

    private final long low;
    private boolean isHigh;
    private Runnable onRoom = () -> {};

    /// Written by the shard only; opaque for those who look from elsewhere.
    private long held;

    /// The first of those that hold bytes: see [ConnectionBytes].
    private @Nullable ConnectionBytes first;

    private final Executor lane;

    /// @param lane runs something on the shard, or nothing once that has ended; called on any thread
    BufferedBytes(Limits limits, Refusals refusals, Executor lane) {
        this.lane = lane;
        this.limit = limits.bufferedBytesPerShard();
        this.high = limit / 4L * 3;
        this.low = limit / 2L;
        this.perConnection = limits.bufferedBytesPerConnection();
        this.refusals = refusals;
    }

    /// That of the calling function's shard.
    ///
    /// @throws IOException if this is the first use of I/O on the shard and there is no selector to be had for it
    /// @throws ViolationException outside a function
    static BufferedBytes ofCurrentShard() throws IOException {
        Shard shard = Shard.current();
        if (shard == null) {
            throw Violation.OUTSIDE_FUNCTION.refused("bytes were buffered outside a function");
        }
        return Endpoint.pollerOf(shard, NioPoller::new).buffered();
    }

    /// The account of one connection, or of one layer of it, within this one.
    ///
    /// @param layer who takes bytes, and is watched: see [ConnectionBytes]
    /// @param owner says by its text whose it is, and does not hold the layer
    ConnectionBytes open(Object layer, Object owner) {
        return new ConnectionBytes(this, perConnection, layer, owner);
    }

    /// As [#open], of a layer that bounds by itself how much it takes.
    ConnectionBytes openUnbounded(Object layer, Object owner) {
        return new ConnectionBytes(this, Integer.MAX_VALUE, layer, owner);
    }

    /// The account holds bytes.
    void add(ConnectionBytes account) {
        ConnectionBytes next = first;
        account.after = next;
        if (next != null) {
            next.before = account;
        }
        first = account;
    }

    /// The account holds none any more.
    void remove(ConnectionBytes account) {
        ConnectionBytes previous = account.before;
        ConnectionBytes next = account.after;
        if (previous == null) {
            first = next;
        } else {
            previous.after = next;
        }
        if (next != null) {
            next.before = previous;
        }
        account.before = null;
        account.after = null;
    }

    /// Has the bytes of an account whose layer was dropped come back. Any thread.
    void onDropped(ConnectionBytes account) {
        lane.execute(account::giveUp);
    }

    /// Takes room for so many bytes, to be [given back][#giveBack] when they are held no longer.
    ///
    /// @param owner says by its text who wants it
    /// @throws BufferLimitException if there is not so much; nothing was taken
    void take(int bytes, Object owner) throws BufferLimitException {
        assert bytes >= 0 : "a negative amount: bytes=" + bytes;
        if (!hasRoomFor(bytes)) {
            throw refuse(SHARD_LIMIT, limit, owner, held, bytes);
        }
        HELD.setOpaque(this, held + bytes);
        if (held > high) {
            isHigh = true;
        }
    }

    boolean hasRoomFor(int bytes) {
        return held + bytes <= limit;
    }

    void giveBack(int bytes) {
        assert bytes >= 0 && bytes <= held : "more is given back than held: bytes=" + bytes + ", held=" + held;
        HELD.setOpaque(this, held - bytes);
        if (isHigh && held <= low) {
            isHigh = false;
            onRoom.run();
        }
    }

    /// Whether more than three quarters of the limit are held, or were and there is still more than half of it.
    boolean isHigh() {
        return isHigh;
    }

    /// @param action is called whenever it is [high][#isHigh] no longer; it must not suspend
    void onRoom(Runnable action) {
        onRoom = action;
    }

    BufferLimitException refuse(String name, int value, Object owner, long holds, int wanted) {
        refusals.refused(name, value, owner);
        return new BufferLimitException(name, value, owner, holds, wanted);
    }

    /// Bytes held now. Any thread; elsewhere than on the shard a snapshot.
    long held() {
        return (long) HELD.getOpaque(this);
    }
}
