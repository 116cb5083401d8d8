package dev.rouse.io;

import static java.nio.channels.SelectionKey.OP_WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Writes bytes to a stream.
abstract sealed class Output extends Operation {

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
            try {
                return file.transferTo(start + sent, piece, channel);
            } catch (ClosedChannelException e) {
                throw whichIsClosed(e);
            }
        }

        private long size() throws IOException {
            try {
                return file.size();
            } catch (ClosedChannelException e) {
                throw whichIsClosed(e);
            }
        }

        /// The JDK does not say which, and a user would take it for the stream. Where both are, that comes
        /// first.
        private IOException whichIsClosed(ClosedChannelException e) {
            return channel.isOpen() && !file.isOpen() ? new FileClosedException("stream", sent, count, e) : e;
        }

        @Override
        IOException failure(String subject, IOException cause) {
            return cause instanceof FileClosedException closed ? closed.of(subject) : super.failure(subject, cause);
        }

        /// Has the file's position say how much has gone out. One that is closed has none.
        void moveFile() throws IOException {
            try {
                if (file.isOpen()) {
                    file.position(start + sent);
                }
            } catch (ClosedChannelException _) {
                // Just now, also by an interrupt of this thread: the call's own outcome counts.
            }
        }
    }
}
