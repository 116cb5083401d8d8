package dev.rouse.io;

import dev.rouse.actor.Dropped;
import dev.rouse.actor.Limits;
import dev.rouse.dispatch.spi.Conductor;
import org.jspecify.annotations.Nullable;

/// The account of the bytes that one connection, or one layer of it, holds in buffers, within that of its shard.
/// Bounded by [Limits#bufferedBytesPerConnection]. Owning shard only.
///
/// The layer gives its bytes back when it is closed. One that nobody holds any more gives nothing back: hence the
/// garbage collector is asked to watch it, and the bytes that its account then still holds go back to the shard. While
/// the account holds any, the shard holds the account, in a doubly linked list through the accounts: an idle layer
/// costs nothing, and one that has given back all is forgotten together with its account.
final class ConnectionBytes extends Dropped {
    private final BufferedBytes shard;
    private final int limit;
    private final Object owner;
    private int held;

    /// The layer was dropped: what it had was given back.
    private boolean dropped;

    // Of the shard's list.
    @Nullable
    ConnectionBytes before;

    @Nullable
    ConnectionBytes after;

    /// @param layer what is watched; the account must not hold it otherwise
    /// @param owner says by its text whose it is, and does not hold the layer
    ConnectionBytes(BufferedBytes shard, int limit, Object layer, Object owner) {
        super(Conductor.current() == null ? layer : null);
        this.shard = shard;
        this.limit = limit;
        this.owner = owner;
    }

    /// Takes room for so many bytes more.
    ///
    /// @throws BufferLimitException if the connection or its shard would hold too much; nothing was taken
    void take(int bytes) throws BufferLimitException {
        if (dropped) {
            return; // as in giveBack
        }
        if (bytes > limit - held) {
            throw shard.refuse("bufferedBytesPerConnection", limit, owner, held, bytes);
        }
        shard.take(bytes, owner);
        if (held == 0 && bytes > 0) {
            shard.add(this);
        }
        held += bytes;
    }

    void giveBack(int bytes) {
        if (dropped) {
            return; // the last call of a layer that not even its caller holds any more
        }
        assert bytes <= held : "more is given back than held: bytes=" + bytes + ", held=" + held;
        held -= bytes;
        if (held == 0 && bytes > 0) {
            shard.remove(this);
        }
        shard.giveBack(bytes);
    }

    int held() {
        return held;
    }

    /// Any thread.
    @Override
    protected void onDropped() {
        shard.onDropped(this);
    }

    /// On the shard.
    void giveUp() {
        giveBack(held);
        dropped = true;
    }
}
