package dev.rouse.io;

import dev.rouse.actor.ViolationException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/// Bytes both ways between two ends, in order and none lost: what code needs that does not care whether they go in the
/// clear ([TcpStream]) or not.
///
/// One function reads and one writes at a time, they need not be the same; both on one shard, that of the first use.
/// [#close] on any thread. Each call that would block suspends its function and not the shard.
///
/// Errors of every call: [ClosedChannelException] after [#close], as [AsynchronousCloseException] in a function that
/// was suspended then; another [IOException] if the connection is broken; [ViolationException] for a second reader or
/// writer, outside a function, and on a foreign shard.
public interface ByteStream extends AutoCloseable {

    /// Reads what has come, at least one byte, into a buffer that the stream lends; suspends until there is some.
    ///
    /// The loan ends at the next read of this stream (of any kind) or its `close`: copy what is needed longer.
    ///
    /// @return a buffer from its position to its limit; null at the end of the stream, and from then on
    /// @throws IOException see the class
    @Nullable
    ByteBuffer read() throws IOException;

    /// Reads what has come, at least one byte, into the caller's buffer; suspends until there is some. The buffer
    /// must not be touched meanwhile.
    ///
    /// @return the number of bytes, -1 at the end of the stream, 0 only if the buffer has no room
    /// @throws IOException see the class
    int read(ByteBuffer dst) throws IOException;

    /// Fills a buffer; suspends until as many bytes have come as it has room for. When it throws, whyever, the
    /// buffer's position says how much had come, and what comes later is for the next read.
    ///
    /// @throws EOFException if the stream ends before, with none of its bytes left
    /// @throws IOException see the class
    default void readFully(ByteBuffer dst) throws IOException {
        int wanted = dst.remaining();
        while (dst.hasRemaining()) {
            if (read(dst) < 0) {
                throw new EOFException("the stream ended too early: remote=" + Failures.text(remoteAddress())
                        + ", wanted=" + wanted + ", got=" + (wanted - dst.remaining()));
            }
        }
    }

    /// Writes all that remains in a buffer; suspends while the peer does not take it. The buffer must not be
    /// touched meanwhile. When it throws, the buffer's position says how much has been taken.
    ///
    /// @throws ClosedChannelException also after [#shutdownOutput]
    /// @throws IOException see the class
    void write(ByteBuffer src) throws IOException;

    /// Writes all that remains in several buffers, in their order, with less cost than one after the other where it
    /// can; as [#write(ByteBuffer)] does for one. None may be there twice. When it throws, each buffer's position
    /// says how much of it has been taken.
    ///
    /// @throws ClosedChannelException also after [#shutdownOutput]
    /// @throws IOException see the class
    default void write(ByteBuffer... srcs) throws IOException {
        for (ByteBuffer src : srcs) {
            write(src);
        }
    }

    /// Tells the peer that nothing more will be written: it reads the end of the stream. Reading goes on.
    /// Idempotent.
    ///
    /// @throws IOException if the connection is gone
    /// @throws ViolationException while a function writes
    void shutdownOutput() throws IOException;

    SocketAddress localAddress();

    SocketAddress remoteAddress();

    /// A view for code that reads an [InputStream]: the same rules, errors and end of stream. Its `close` closes
    /// this.
    InputStream inputStream();

    /// A view for code that writes an [OutputStream]: the same rules and errors. It does not gather: wrap it in a
    /// [java.io.BufferedOutputStream] where small pieces are written. Its `close` closes this.
    OutputStream outputStream();

    /// Ends it in both directions. Safe at any moment, on any thread. Suspended calls end with an
    /// [AsynchronousCloseException]. Idempotent.
    @Override
    void close();
}
