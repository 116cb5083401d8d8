package dev.rouse.io;

import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;

/// A socket's place in its shard's poller: the seam between sockets and pollers. Owning shard only.
///
/// A socket submits [Operation]s here and never sees how they are performed, so that a poller of another kind
/// (epoll or io_uring through the FFM API) needs its own subclass and nothing else. What every poller guarantees:
/// - an operation that is complete when [#submit] or [#resume] returns is not fired; every other one is fired when it
///   is complete, failed or worth a [#resume], unless [#cancel] withdrew it before;
/// - readiness goes to the operation that asked for it and to nobody else;
/// - a failure of one socket fails that operation only;
/// - no code of a function runs inside any of these calls.
abstract class Registration {

    private final Shard shard;

    Registration(Shard shard) {
        this.shard = shard;
    }

    final Shard shard() {
        return shard;
    }

    /// From here on its poller holds it, and closes it at its end. Once, before the first operation; idempotent.
    ///
    /// @throws IOException if the channel was closed
    abstract void enterPoller() throws IOException;

    /// Starts an operation that has begun. Never waits, never throws for what happens to the socket.
    abstract void submit(Operation op);

    /// Goes on with an operation that was fired and is still pending, in its function's turn: a poller that is told
    /// of readiness performs it now. Afterwards it is done, or it will be fired again.
    abstract void resume(Operation op);

    /// Stops a submitted operation. On return the poller will not touch it or its buffer again; it is then either
    /// idle (no byte was consumed beyond what its buffer's position says) or done, if its completion came first.
    abstract void cancel(Operation op);

    /// Closes the socket, failing what is pending, and releases its descriptor, at the latest in the next poll
    /// pass. Idempotent.
    abstract void close();

    /// Releases the descriptors of closed sockets now, not in the next poll pass.
    abstract void releaseNow();

    /// Sockets accepted on this shard that nobody has used yet, on whatever shard, nor closed. The poller closes at
    /// its end what is in it then. As an exception, any thread adds and removes; descriptors bound it.
    abstract Set<Endpoint> unused();

    /// The account of the connections that are open on this shard.
    abstract Connections connections();

    /// The account of what the connections of this shard hold in buffers.
    abstract BufferedBytes buffered();

    /// Ends a loan: the buffer goes to the next reader on this shard.
    abstract void takeBack(ByteBuffer lent);

    /// Ends a loan whose borrower may still look at the buffer: it goes to the garbage collector, never to another
    /// reader.
    abstract void abandon(ByteBuffer lent);
}
