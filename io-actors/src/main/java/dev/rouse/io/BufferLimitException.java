package dev.rouse.io;

import java.io.IOException;

/// There was no room to buffer bytes of a connection: [dev.rouse.actor.Limits#bufferedBytesPerShard] or
/// [dev.rouse.actor.Limits#bufferedBytesPerConnection] is reached. Nothing was read or lost by it; the bytes of the
/// peer wait in the system, which slows the peer down, so the call can be made again.
public final class BufferLimitException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String limit;
    private final int value;
    private final long held;
    private final int wanted;

    BufferLimitException(String limit, int value, Object owner, long held, int wanted) {
        super("limit reached: limit=" + limit + ", value=" + value + ", owner=" + owner + "; held=" + held + ", wanted="
                + wanted + ", raise Limits." + limit + ", hold less at a time, or try again when others hold less");
        this.limit = limit;
        this.value = value;
        this.held = held;
        this.wanted = wanted;
    }

    /// The same for its owner, who was not known where it arose; with the stack of the caller.
    BufferLimitException ownedBy(Object owner) {
        return new BufferLimitException(limit, value, owner, held, wanted);
    }

    /// Whether it may succeed when others hold less: not past the limit of the connection itself, nor for more than
    /// the shard may hold at all.
    boolean mayPass() {
        return limit.equals(BufferedBytes.SHARD_LIMIT) && wanted <= value;
    }

    /// The name of the component of [dev.rouse.actor.Limits].
    public String limit() {
        return limit;
    }

    /// Its value, in bytes.
    public int value() {
        return value;
    }
}
