package dev.rouse.io;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;

import dev.rouse.actor.Signal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
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
/// provided buffer ring, so that an idle reader holds no buffer there either), [Write] is `SEND`, [Gather] `SENDMSG`
/// and [SendFile] two `SPLICE`s, submitted again with
/// the rest after a short one, [Accept] is `ACCEPT`, [Connect] is `CONNECT`, [Receive] and [Send] are `RECVMSG` and
/// `SENDMSG`. A buffer in flight belongs to the kernel: what is on the heap is copied through a direct one first.
/// Withdrawing is a synchronous cancel (`IORING_REGISTER_SYNC_CANCEL`); where the kernel was quicker the operation
/// completes, which [Registration#cancel] allows.
abstract sealed class Operation extends Signal {

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

    private Operation(int interest) {
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

    /// Writes bytes to a stream.
    abstract static sealed class Output extends Operation {

        /// The JDK copies a heap buffer, all that remains of it, through a direct one that it keeps per thread:
        /// a large one is written in slices, so that neither that copy nor that memory grows with it. A guess.
        static final int SLICE_BYTES = 64 * 1024;

        /// Slices per attempt, 1 MiB, before others have their turn. A guess.
        static final int SLICES = 16;

        final SocketChannel channel;

        private Output(SocketChannel channel) {
            super(OP_WRITE);
            this.channel = channel;
        }

        @Override
        String verb() {
            return "write";
        }

        /// Writes one slice, or all of a direct buffer, and says whether the socket has taken it.
        final boolean writeSlice(ByteBuffer src) throws IOException {
            if (src.isDirect() || src.remaining() <= SLICE_BYTES) {
                moved(channel.write(src));
                return !src.hasRemaining();
            }
            int end = src.limit();
            src.limit(src.position() + SLICE_BYTES);
            try {
                moved(channel.write(src));
                return !src.hasRemaining();
            } finally {
                src.limit(end);
            }
        }

        /// The JDK throws a plain [IOException] for a write after a reset, but a [java.net.SocketException] for
        /// a read.
        @Override
        IOException failure(String subject, IOException cause) {
            return Failures.broken(verb(), subject, cause);
        }
    }

    /// Writes all of a buffer; complete when nothing is left of it.
    static final class Write extends Output {
        private @Nullable ByteBuffer source;

        Write(SocketChannel channel) {
            super(channel);
        }

        Write from(ByteBuffer src) {
            source = src;
            return this;
        }

        void forgetSource() {
            source = null;
        }

        @Override
        boolean attempt(BufferPool buffers) throws IOException {
            ByteBuffer src = Objects.requireNonNull(source);
            for (int i = 0; i < SLICES && writeSlice(src) && src.hasRemaining(); i++) {}
            return !src.hasRemaining();
        }
    }

    /// Writes all of several buffers, as many of them with one system call as fit into a slice.
    static final class Gather extends Output {

        /// Buffers per system call. The system takes some more. A guess.
        private static final int MOST_BUFFERS = 64;

        private static final ByteBuffer[] NOTHING = {};

        private ByteBuffer[] sources = NOTHING;
        private int next;

        Gather(SocketChannel channel) {
            super(channel);
        }

        Gather from(ByteBuffer... srcs) {
            sources = srcs;
            next = 0;
            return this;
        }

        void forgetSources() {
            sources = NOTHING;
        }

        @Override
        boolean attempt(BufferPool buffers) throws IOException {
            for (int i = 0; i < SLICES && hasMore() && writeSome(); i++) {}
            return !hasMore();
        }

        private boolean hasMore() {
            while (next < sources.length && !sources[next].hasRemaining()) {
                next++;
            }
            return next < sources.length;
        }

        /// Whether the socket has taken all that was offered.
        private boolean writeSome() throws IOException {
            int end = next;
            int bytes = 0;
            while (end < sources.length
                    && end - next < MOST_BUFFERS
                    && sources[end].remaining() <= SLICE_BYTES - bytes) {
                bytes += sources[end].remaining();
                end++;
            }
            return end - next < 2
                    ? writeSlice(sources[next])
                    : moved(channel.write(sources, next, end - next)) == bytes;
        }
    }

    /// Writes a part of a file, which need not pass through memory of the process.
    static final class SendFile extends Output {

        /// Bytes per system call. What the system has not in memory it reads from the disk, and the shard
        /// stands still meanwhile: so not many. A guess.
        private static final int PIECE_BYTES = 128 * 1024;

        /// Pieces per attempt, before others have their turn. A guess.
        private static final int PIECES = 4;

        private final FileChannel file;
        private final long start;
        private final long count;
        private long sent;

        SendFile(SocketChannel channel, FileChannel file, long start, long count) {
            super(channel);
            this.file = file;
            this.start = start;
            this.count = count;
        }

        long sent() {
            return sent;
        }

        @Override
        boolean attempt(BufferPool buffers) throws IOException {
            for (int i = 0; i < PIECES && sent < count; i++) {
                long piece = Math.min(PIECE_BYTES, count - sent);
                long taken = moved(transfer(piece));
                sent += taken;
                if (taken < piece) {
                    return start + sent >= size();
                }
            }
            return sent == count;
        }

        private long transfer(long piece) throws IOException {
            requireOpen();
            return file.transferTo(start + sent, piece, channel);
        }

        private long size() throws IOException {
            requireOpen();
            return file.size();
        }

        /// Otherwise it would read as if the stream were closed.
        private void requireOpen() throws IOException {
            if (!file.isOpen()) {
                throw new IOException("the file is closed");
            }
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

    /// Receives one datagram into a buffer, or as many as are there into a batch.
    ///
    /// The system says only how much it has written, not whether that was all of the datagram. So a datagram goes
    /// through a buffer of the shard that has room for any, unless the caller's is such a one, and what does not
    /// fit is known.
    static final class Receive extends Operation {

        /// Datagrams that one attempt discards before others have their turn. A guess.
        private static final int MOST_DISCARDED = 64;

        private final DatagramChannel channel;
        private final Oversize oversize;
        private final UdpCounts counts;
        private @Nullable ByteBuffer target;
        private @Nullable DatagramBatch batch;
        private @Nullable InetSocketAddress sender;
        private int truncated;

        /// Came after datagrams that were received; for the next call, since the system tells of it once.
        private @Nullable IOException deferred;

        Receive(DatagramChannel channel, Oversize oversize, UdpCounts counts) {
            super(OP_READ);
            this.channel = channel;
            this.oversize = oversize;
            this.counts = counts;
        }

        Receive into(ByteBuffer dst) {
            target = dst;
            return this;
        }

        Receive into(DatagramBatch datagrams) {
            batch = datagrams;
            return this;
        }

        void forgetTarget() {
            target = null;
            batch = null;
        }

        @Override
        String verb() {
            return "receive";
        }

        @Override
        IOException failure(String subject, IOException cause) {
            return UdpFailures.of(verb(), subject, cause);
        }

        @Override
        boolean attempt(BufferPool buffers) throws IOException {
            IOException before = deferred;
            if (before != null) {
                deferred = null;
                throw before;
            }
            DatagramBatch many = batch;
            return many == null ? receive(Objects.requireNonNull(target), buffers) : receive(many, buffers);
        }

        private boolean receive(ByteBuffer dst, BufferPool buffers) throws IOException {
            int start = dst.position();
            for (int i = 0; i < MOST_DISCARDED; i++) {
                sender = receiveNext(dst, buffers);
                if (sender == null || !isDiscarded()) {
                    return sender != null;
                }
                dst.position(start);
            }
            return false;
        }

        private boolean receive(DatagramBatch many, BufferPool buffers) throws IOException {
            try {
                for (int i = many.capacity() + MOST_DISCARDED; i > 0 && many.hasRoom(); i--) {
                    ByteBuffer slot = many.nextSlot();
                    InetSocketAddress from = receiveNext(slot, buffers);
                    if (from == null) {
                        break;
                    }
                    if (!isDiscarded()) {
                        many.received(from, truncated);
                    }
                }
            } catch (IOException e) {
                if (many.size() == 0) {
                    throw e;
                }
                deferred = e;
            }
            return many.size() > 0;
        }

        /// The sender; null if there is no datagram.
        private @Nullable InetSocketAddress receiveNext(ByteBuffer dst, BufferPool buffers) throws IOException {
            truncated = 0;
            int start = dst.position();
            InetSocketAddress from = dst.isDirect() && dst.remaining() >= BufferPool.DATAGRAM_BYTES
                    ? (InetSocketAddress) channel.receive(dst)
                    : receiveNext(dst, buffers.datagram());
            if (from != null) {
                counts.received.add(1);
                moved(dst.position() - start);
            }
            return from;
        }

        private @Nullable InetSocketAddress receiveNext(ByteBuffer dst, ByteBuffer whole) throws IOException {
            InetSocketAddress from = (InetSocketAddress) channel.receive(whole);
            int fits = Math.min(dst.remaining(), whole.flip().remaining());
            dst.put(dst.position(), whole, 0, fits);
            dst.position(dst.position() + fits);
            truncated = whole.remaining() - fits;
            return from;
        }

        /// Counts what does not fit, and says whether it is to be received by nobody.
        private boolean isDiscarded() {
            if (truncated == 0) {
                return false;
            }
            counts.truncated.add(1);
            return oversize == Oversize.DISCARD;
        }

        /// A batch that was not filled has drained the socket.
        @Override
        boolean maybeMore() {
            DatagramBatch many = batch;
            return many == null || !many.hasRoom() || deferred != null;
        }

        InetSocketAddress takeSender() {
            InetSocketAddress address = Objects.requireNonNull(sender);
            sender = null;
            return address;
        }

        /// Bytes of the last datagram that had no room.
        int truncated() {
            return truncated;
        }
    }

    /// Sends one datagram, or those of a batch that are not sent yet; from a connected socket to its peer.
    static final class Send extends Operation {
        private final DatagramChannel channel;
        private final UdpCounts counts;
        private @Nullable ByteBuffer source;
        private @Nullable InetSocketAddress target;
        private @Nullable DatagramBatch batch;

        Send(DatagramChannel channel, UdpCounts counts) {
            super(OP_WRITE);
            this.channel = channel;
            this.counts = counts;
        }

        /// @param to null for the peer of a connected socket
        Send of(ByteBuffer src, @Nullable InetSocketAddress to) {
            source = src;
            target = to;
            return this;
        }

        Send of(DatagramBatch datagrams) {
            batch = datagrams;
            return this;
        }

        void forgetSource() {
            source = null;
            target = null;
            batch = null;
        }

        @Override
        String verb() {
            return "send";
        }

        @Override
        IOException failure(String subject, IOException cause) {
            DatagramBatch many = batch;
            InetSocketAddress to = many == null ? target : many.nextTarget();
            return UdpFailures.of(verb(), UdpFailures.subject(subject, to, channel.isConnected()), cause);
        }

        @Override
        boolean attempt(BufferPool buffers) throws IOException {
            DatagramBatch many = batch;
            if (many == null) {
                return send(Objects.requireNonNull(source), target);
            }
            while (many.hasUnsent()) {
                ByteBuffer next = many.nextUnsent();
                int start = next.position();
                if (!send(next, many.nextTarget())) {
                    return false;
                }
                next.position(start);
                many.skip();
            }
            return true;
        }

        private boolean send(ByteBuffer src, @Nullable InetSocketAddress to) throws IOException {
            int size = src.remaining();
            int sent = channel.isConnected() ? channel.write(src) : channel.send(src, Objects.requireNonNull(to));
            if (sent == 0 && size > 0) {
                return false;
            }
            counts.sent.add(1);
            moved(sent);
            return true;
        }
    }
}
