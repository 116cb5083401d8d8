package dev.rouse.io;

import dev.rouse.actor.Limits;
import java.io.IOException;

/// The shard has as many connections as [Limits#connectionsPerShard] allows: none was opened. A stream that was
/// accepted on another shard and is first used on a full one stays as it was, and can be used on another shard, or
/// closed.
public final class ConnectionLimitException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int value;

    ConnectionLimitException(int value, String owner) {
        super("limit reached: limit=" + Connections.LIMIT + ", value=" + value + ", owner=" + owner
                + "; raise Limits.connectionsPerShard, close connections, or use other shards too");
        this.value = value;
    }

    /// The value of the limit.
    public int value() {
        return value;
    }
}
