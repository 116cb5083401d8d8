package dev.rouse.io;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;

import dev.rouse.actor.Signal;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One thing a socket asks of its shard's poller: "do this with this buffer, then wake me". Owning shard only.
///
/// A socket owns one operation of each kind it needs and uses it again and again, so a read costs no allocation. An
/// operation is its own [Signal]: the poller leaves the result here and fires.
///
/// | state | meaning | left by |
/// |---|---|---|
/// | `IDLE` | nobody uses it | `begin` by a function, to `PENDING` |
/// | `PENDING` | with the poller, which may touch its buffer | `complete` or `fail`, to `DONE`; `withdraw`, to `IDLE` |
/// | `DONE` | the result or the failure is in, not yet seen | `finish` by the function, to `IDLE` |
///
/// The hard one is `DONE` when its function is cancelled at the same time: the result stays and wins, so that no byte
/// and no connection is lost. See [Endpoint#perform].
///
/// # Two kinds of poller
/// A **readiness-based** poller ([NioPoller]) calls [#attempt], one system call that never waits, at once and again
/// when the socket is ready. Output it performs in the poll pass, so that a long write resumes its function once. Input
/// it leaves to the resumed function ([Registration#resume]), fired but still pending: a pass that finds a thousand
/// sockets ready would otherwise fill a thousand buffers, where functions, which run one after the other, do with one
/// that is always hot.
///
/// A **completion-based** poller never calls `attempt`; it switches over the sealed kinds, hands buffer and target to
/// the kernel, and completes the operation when the kernel has. For io_uring: [Read] is `RECV` (with no target: into a
/// provided buffer ring, so that an idle reader holds no buffer there either), [Output.Write] is `SEND`,
/// [Output.Gather] `SENDMSG` and [Output.SendFile] two `SPLICE`s, submitted again with the rest after a short one,
/// [Accept] is `ACCEPT`, [Connect] is `CONNECT`, [DatagramReceive] and [DatagramSend] are `RECVMSG` and `SENDMSG`. A
/// buffer in flight belongs to the kernel: what is on the heap is copied through a direct one first. Withdrawing is a
/// synchronous cancel (`IORING_REGISTER_SYNC_CANCEL`); where the kernel was quicker the operation completes, which
/// [Registration#cancel] allows.
abstract sealed class Operation extends Signal
        permits Operation.Read, Operation.Accept, Operation.Connect, Output, DatagramReceive, DatagramSend {

    private enum State {
        IDLE,
        PENDING,
        DONE
    }

    private final int interest;
    private State state = State.IDLE;
    private @Nullable Throwable failure;

    /// Bytes of streams that went in or out since the poller has counted them.
    private long moved;

    /// How long it may wait; null for as long as it takes.
    private @Nullable WaitLimit limit;

    Operation(int interest) {
        this.interest = interest;
    }

    /// Before its first use.
    final void limitedBy(WaitLimit mine) {
        limit = mine;
    }

    final @Nullable WaitLimit limit() {
        return limit;
    }

    /// What a system call says to have moved, if it is more than nothing.
    final long moved(long bytes) {
        if (bytes > 0) {
            moved += bytes;
            WaitLimit mine = limit;
            if (mine != null) {
                mine.moved();
            }
        }
        return bytes;
    }

    /// What a selector has to watch for it.
    final int interest() {
        return interest;
    }

    /// Whether it works on what comes in. A socket has at most one pending operation on each of its two sides.
    final boolean isInput() {
        return (interest & (OP_READ | OP_ACCEPT)) != 0;
    }

    /// The verb for messages.
    abstract String verb();

    /// Tries to perform it with one non-blocking system call and says whether it is complete.
    abstract boolean attempt(BufferPool buffers) throws IOException;

    /// Whether it finds the room that [#attempt] needs. Where there is none it is armed first, so that who waits
    /// for nothing yet is not refused.
    boolean hasRoom(BufferPool buffers) {
        return true;
    }

    /// Whether the socket may hold more of the same at once, asked after [#attempt] has completed it.
    boolean maybeMore() {
        return true;
    }

    final long takeMoved() {
        long bytes = moved;
        moved = 0;
        return bytes;
    }

    /// A failure with the caller's stack, saying what was done to which socket.
    IOException failure(String subject, IOException cause) {
        return Failures.operation(verb(), subject, cause);
    }

    final boolean isIdle() {
        return state == State.IDLE;
    }

    final boolean isDone() {
        return state == State.DONE;
    }

    final void begin() {
        assert state == State.IDLE : "operation in use: verb=" + verb() + ", state=" + state;
        state = State.PENDING;
    }

    final void complete() {
        assert state == State.PENDING : "operation not pending: verb=" + verb() + ", state=" + state;
        state = State.DONE;
    }

    final void fail(Throwable cause) {
        failure = cause;
        complete();
    }

    /// Takes back an operation that its poller no longer knows.
    final void withdraw() {
        assert state == State.PENDING : "operation not pending: verb=" + verb() + ", state=" + state;
        state = State.IDLE;
    }

    /// Makes it usable again.
    ///
    /// @throws IOException the failure the poller met; an [AsynchronousCloseException] is thrown afresh, so that it
    ///     shows the caller's stack and not the closer's
    final void finish() throws IOException {
        assert state == State.DONE : "operation not done: verb=" + verb() + ", state=" + state;
        state = State.IDLE;
        Throwable cause = failure;
        if (cause == null) {
            return;
        }
        failure = null;
        rethrow(cause);
    }

    /// No `switch` over the types: the JDK links one when it is first met, which would hold up a shard in the midst
    /// of its first trouble.
    private static void rethrow(Throwable cause) throws IOException {
        if (cause instanceof AsynchronousCloseException) {
            throw new AsynchronousCloseException();
        }
        if (cause instanceof IOException e) {
            throw e;
        }
        if (cause instanceof RuntimeException e) {
            throw e;
        }
        if (cause instanceof Error e) {
            throw e;
        }
        throw new AssertionError("attempt threw a checked exception that is no IOException", cause);
    }

    /// Reads into the caller's buffer or, without one, into a buffer that the poller lends.
    static final class Read extends Operation {
        private final SocketChannel channel;
        private @Nullable ByteBuffer target;
        private @Nullable ByteBuffer lent;
        private int count;
        private boolean filled;

        Read(SocketChannel channel) {
            super(OP_READ);
            this.channel = channel;
        }

        /// Where to read to; null to be lent a buffer.
        Read into(@Nullable ByteBuffer dst) {
            target = dst;
            return this;
        }

        @Override
        String verb() {
            return "read";
        }

        @Override
        boolean attempt(BufferPool buffers) throws IOException {
            ByteBuffer dst = target;
            return dst == null ? readLent(buffers) : read(dst);
        }

        @Override
        boolean hasRoom(BufferPool buffers) {
            return target != null || buffers.hasRoom();
        }

        private boolean readLent(BufferPool buffers) throws IOException {
            ByteBuffer dst = buffers.lend(channel);
            boolean kept = false;
            try {
                boolean complete = read(dst);
                if (complete && count > 0) {
                    lent = dst.flip();
                    kept = true;
                }
                return complete;
            } finally {
                if (!kept) {
                    buffers.takeBack(dst);
                }
            }
        }

        private boolean read(ByteBuffer dst) throws IOException {
            count = channel.read(dst);
            moved(count);
            filled = !dst.hasRemaining();
            return count != 0;
        }

        /// A read that fills less than its buffer has drained the socket.
        @Override
        boolean maybeMore() {
            return filled;
        }

        /// Bytes read, or -1 at the end of the stream.
        int count() {
            return count;
        }

        ByteBuffer takeLent() {
            ByteBuffer buffer = Objects.requireNonNull(lent);
            lent = null;
            return buffer;
        }
    }

    /// Accepts one connection.
    static final class Accept extends Operation {

        /// The system call, a seam for tests of what it may throw.
        @FunctionalInterface
        interface Call {
            @Nullable
            SocketChannel accept() throws IOException;
        }

        private final Call call;
        private @Nullable SocketChannel accepted;

        Accept(Call call) {
            super(OP_ACCEPT);
            this.call = call;
        }

        @Override
        String verb() {
            return "accept";
        }

        /// What its listener decides on is not for the user.
        @Override
        IOException failure(String subject, IOException cause) {
            return cause instanceof ListenerAdmission.NoRoom ? cause : super.failure(subject, cause);
        }

        @Override
        boolean attempt(BufferPool buffers) throws IOException {
            accepted = call.accept();
            return accepted != null;
        }

        SocketChannel takeAccepted() {
            SocketChannel channel = Objects.requireNonNull(accepted);
            accepted = null;
            return channel;
        }
    }

    /// Connects a stream.
    static final class Connect extends Operation {
        private final SocketChannel channel;
        private final SocketAddress address;

        Connect(SocketChannel channel, SocketAddress address) {
            super(OP_CONNECT);
            this.channel = channel;
            this.address = address;
        }

        @Override
        String verb() {
            return "connect";
        }

        @Override
        IOException failure(String subject, IOException cause) {
            return Failures.connect(address, cause);
        }

        @Override
        boolean attempt(BufferPool buffers) throws IOException {
            return channel.isConnectionPending() ? channel.finishConnect() : channel.connect(address);
        }
    }
}
