package dev.rouse.io;

import dev.rouse.actor.Limits;

/// The account of the bytes that one connection, or one layer of it, holds in buffers, within that of its shard.
/// Bounded by [Limits#bufferedBytesPerConnection]. Owning shard only.
final class ConnectionBytes {
    private final BufferedBytes shard;
    private final int limit;
    private final Object owner;
    private int held;

    ConnectionBytes(BufferedBytes shard, int limit, Object owner) {
        this.shard = shard;
        this.limit = limit;
        this.owner = owner;
    }

    /// Takes room for so many bytes more.
    ///
    /// @throws BufferLimitException if the connection or its shard would hold too much; nothing was taken
    void take(int bytes) throws BufferLimitException {
        if (bytes > limit - held) {
            throw shard.refuse("bufferedBytesPerConnection", limit, owner, held, bytes);
        }
        shard.take(bytes, owner);
        held += bytes;
    }

    void giveBack(int bytes) {
        assert bytes <= held : "more is given back than held: bytes=" + bytes + ", held=" + held;
        held -= bytes;
        shard.giveBack(bytes);
    }

    int held() {
        return held;
    }
}
