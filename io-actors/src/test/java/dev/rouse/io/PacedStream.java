package dev.rouse.io;

import dev.rouse.actor.Signal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A stream without a socket: what comes and how much goes out, and when, is up to the test. One shard only.
final class PacedStream implements ByteStream {

    private final ArrayDeque<byte[]> incoming = new ArrayDeque<>();
    private final ByteBuffer lent = ByteBuffer.allocateDirect(64 * 1024);
    private final ByteArrayOutputStream outgoing = new ByteArrayOutputStream();
    private final Signal readable = new Signal();
    private final Signal writable = new Signal();
    private @Nullable IOException writeFailure;
    private Runnable afterWrite = () -> {};
    private int allowed;
    private int reads;
    private int writes;
    private boolean ended;
    private boolean outputEnded;
    private boolean closed;

    /// Has a segment come in.
    void supply(byte[] segment) {
        incoming.add(segment);
        readable.fire();
    }

    /// Has the peer end its output.
    void end() {
        ended = true;
        readable.fire();
    }

    /// Has the peer take so many bytes more.
    void allow(int bytes) {
        allowed += bytes;
        writable.fire();
    }

    void failWrites(IOException failure) {
        writeFailure = failure;
        writable.fire();
    }

    void heal() {
        writeFailure = null;
    }

    /// Has something happen when the write that is there has gone out whole, before its function goes on.
    void afterNextWrite(Runnable action) {
        afterWrite = action;
    }

    byte[] written() {
        return outgoing.toByteArray();
    }

    int reads() {
        return reads;
    }

    int writes() {
        return writes;
    }

    boolean isClosed() {
        return closed;
    }

    boolean isOutputEnded() {
        return outputEnded;
    }

    @Override
    public @Nullable ByteBuffer read() throws IOException {
        lent.clear().limit(0);
        awaitInput();
        reads++;
        byte[] segment = incoming.poll();
        return segment == null ? null : lent.clear().put(segment).flip();
    }

    private void awaitInput() throws IOException {
        requireOpen();
        while (incoming.isEmpty() && !ended) {
            readable.await();
            requireStillOpen();
        }
    }

    @Override
    public int read(ByteBuffer dst) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void write(ByteBuffer src) throws IOException {
        requireOpen();
        writes++;
        while (src.hasRemaining()) {
            if (writeFailure != null) {
                throw writeFailure;
            }
            if (allowed == 0) {
                writable.await();
                requireStillOpen();
            }
            int count = Math.min(allowed, src.remaining());
            for (int i = 0; i < count; i++) {
                outgoing.write(src.get());
            }
            allowed -= count;
        }
        afterWrite.run();
    }

    private void requireOpen() throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
    }

    private void requireStillOpen() throws AsynchronousCloseException {
        if (closed) {
            throw new AsynchronousCloseException();
        }
    }

    @Override
    public void shutdownOutput() {
        outputEnded = true;
    }

    @Override
    public SocketAddress localAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    }

    @Override
    public SocketAddress remoteAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 2);
    }

    @Override
    public InputStream inputStream() {
        throw new UnsupportedOperationException();
    }

    @Override
    public OutputStream outputStream() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        closed = true;
        readable.fire();
        writable.fire();
    }
}
