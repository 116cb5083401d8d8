package dev.rouse.io;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/// A file of `x` that can only be transferred, and that another thread closes in the midst of that: when some of its
/// bytes have gone out, or all, and it is asked whether there are more.
final class ClosingFile extends FileChannel {
    private final int readable;
    private final int size;

    ClosingFile(int readable, int size) {
        this.readable = readable;
        this.size = size;
    }

    int readable() {
        return readable;
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        if (position == 0) {
            return target.write(ByteBuffer.wrap("x".repeat(readable).getBytes(US_ASCII)));
        }
        throw closedMeanwhile();
    }

    @Override
    public long size() throws IOException {
        if (readable == size) {
            throw closedMeanwhile();
        }
        return size;
    }

    private AsynchronousCloseException closedMeanwhile() throws IOException {
        close();
        return new AsynchronousCloseException();
    }

    @Override
    public long position() {
        return 0;
    }

    @Override
    public FileChannel position(long newPosition) {
        return this;
    }

    @Override
    protected void implCloseChannel() {}

    @Override
    public int read(ByteBuffer dst) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int read(ByteBuffer dst, long position) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer src) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer src, long position) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel truncate(long newSize) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void force(boolean metaData) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel src, long position, long count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long mapped) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long position, long locked, boolean shared) {
        throw new UnsupportedOperationException();
    }

    @Override
    public @Nullable FileLock tryLock(long position, long locked, boolean shared) {
        throw new UnsupportedOperationException();
    }
}
