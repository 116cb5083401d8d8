package dev.rouse.io;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/// The buffers of one shard that hold one TLS record each, sealed or opened. They are on the heap, since the JDK
/// encrypts and decrypts arrays without a copy. Owning shard only.
///
/// A TLS stream takes one when it has bytes to put in it, at most three at a time, and none while it waits for a record
/// to begin. All are counted in the account of the shard's [BufferedBytes].
final class RecordBuffers {

    /// Bytes in front of the content of each record: type, version, length.
    static final int HEADER_BYTES = 5;

    /// The longest content that TLS 1.2 allows, 16 KiB and 2 KiB that sealing may add; TLS 1.3 allows less.
    static final int CONTENT_BYTES = 16 * 1024 + 2 * 1024;

    static final int RECORD_BYTES = HEADER_BYTES + CONTENT_BYTES;

    /// Buffers kept for the next stream, some 300 KiB of heap. A guess: only as many as functions of one shard are
    /// in the midst of a record at a time are in use.
    static final int KEPT = 16;

    private final BufferedBytes buffered;
    private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>(KEPT);

    RecordBuffers(BufferedBytes buffered) {
        this.buffered = buffered;
    }

    /// An empty buffer.
    ///
    /// @param owner says by its text who that is
    /// @throws BufferLimitException if the connections of the shard hold as many bytes as they may
    ByteBuffer take(Object owner) throws BufferLimitException {
        buffered.take(RECORD_BYTES, owner);
        ByteBuffer buffer = idle.pollLast();
        return buffer == null ? ByteBuffer.allocate(RECORD_BYTES) : buffer.clear();
    }

    /// To be given to another stream: nobody looks at it any more.
    void giveBack(ByteBuffer buffer) {
        buffered.giveBack(RECORD_BYTES);
        if (idle.size() < KEPT) {
            idle.addLast(buffer.clear().limit(0));
        }
    }

    /// As [#giveBack] of one that somebody may still look at: it goes to the garbage collector.
    void abandonOne() {
        buffered.giveBack(RECORD_BYTES);
    }
}
