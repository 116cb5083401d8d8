package dev.rouse.io;

import dev.rouse.actor.Signal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A stream of which the test decides: what comes and how much goes out, and when.
final class PacedStream extends SocketlessStream {

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

    private void requireStillOpen() throws AsynchronousCloseException {
        if (isClosed()) {
            throw new AsynchronousCloseException();
        }
    }

    @Override
    public void shutdownOutput() {
        outputEnded = true;
    }

    @Override
    public void close() {
        super.close();
        readable.fire();
        writable.fire();
    }
}
