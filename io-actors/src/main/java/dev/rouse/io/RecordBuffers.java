package dev.rouse.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// The buffers of one TLS stream, that hold one record each, sealed or opened. They are on the heap, since the JDK
/// encrypts and decrypts arrays without a copy. Owning shard only.
///
/// A stream takes one when it has bytes to put in it, at most three at a time, and none while it waits for a record to
/// begin. For the beginning of a record there are small ones. All are counted in the account of the shard's
/// [BufferedBytes], and come back to that also when the stream was dropped.
final class RecordBuffers {

    /// Bytes in front of the content of each record: type, version, length.
    static final int HEADER_BYTES = 5;

    /// The longest content of a record: 16 KiB, and what the ciphers of the JDK may add to it, an initial vector,
    /// padding and a code for authentication. The protocol would allow some 2 KiB more, but no peer can have a use
    /// for them. The JDK's engine would take such a record, and ask for room for as long ones of its own from then
    /// on.
    static final int LONGEST_CONTENT_BYTES = 16 * 1024 + 16 + 256 + 48;

    /// Room for such a record and, while greeting, for a few short ones before it.
    static final int RECORD_BYTES = HEADER_BYTES + 18 * 1024;

    /// Buffers kept for the next stream, some 300 KiB of heap. A guess: only as many as functions of one shard are
    /// in the midst of a record at a time are in use.
    static final int KEPT = 16;

    /// The idle ones of a shard.
    static final class Pool {
        private final BufferedBytes buffered;
        private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>(KEPT);

        /// See [#ownWords]. Made by the first one that has to say something.
        private @Nullable ByteBuffer ownWords;

        Pool(BufferedBytes buffered) {
            this.buffered = buffered;
        }

        /// @param stream something that a TLS stream holds as long as it is held itself
        /// @param owner says by its text whose they are, and does not hold the stream
        RecordBuffers open(Object stream, Object owner) {
            return new RecordBuffers(this, buffered.openUnbounded(stream, owner));
        }
    }

    private final Pool pool;
    private final ConnectionBytes account;

    private RecordBuffers(Pool pool, ConnectionBytes account) {
        this.pool = pool;
        this.account = account;
    }

    /// An empty buffer, whatever byte order its last reader has set: the length of a record is read there.
    ///
    /// @throws BufferLimitException if the connections of the shard hold as many bytes as they may
    ByteBuffer take() throws BufferLimitException {
        account.take(RECORD_BYTES);
        ByteBuffer buffer = pool.idle.pollLast();
        return buffer == null
                ? ByteBuffer.allocate(RECORD_BYTES)
                : buffer.clear().order(ByteOrder.BIG_ENDIAN);
    }

    /// Room for a record in which an engine says something of its own, empty, for as long as it takes to copy that
    /// out: one for the shard, beside the account, so that who is to be told that this was all, or why it was not,
    /// is told also where the connections hold all that they may. Who has it must not suspend before it is done.
    ByteBuffer ownWords() {
        ByteBuffer present = pool.ownWords;
        if (present == null) {
            present = ByteBuffer.allocate(RECORD_BYTES);
            pool.ownWords = present;
        }
        return present.clear();
    }

    /// An empty buffer of its own for the beginning of a record.
    ///
    /// @throws BufferLimitException as [#take]
    ByteBuffer takeSmall(int bytes) throws BufferLimitException {
        assert bytes < RECORD_BYTES : "not small: bytes=" + bytes;
        account.take(bytes);
        return ByteBuffer.allocate(bytes);
    }

    /// Gives back a buffer for a small one with what remains in it, which takes no room but some of what that had.
    ByteBuffer shrink(ByteBuffer buffer, int bytes) {
        ByteBuffer small = ByteBuffer.allocate(bytes).put(buffer).flip();
        account.giveBack(RECORD_BYTES - bytes);
        keep(buffer);
        return small;
    }

    /// To be given to another stream, if it is not small: nobody looks at it any more.
    void giveBack(ByteBuffer buffer) {
        account.giveBack(buffer.capacity());
        if (!isSmall(buffer)) {
            keep(buffer);
        }
    }

    private void keep(ByteBuffer buffer) {
        if (pool.idle.size() < KEPT) {
            pool.idle.addLast(buffer.clear().limit(0));
        }
    }

    static boolean isSmall(ByteBuffer buffer) {
        return buffer.capacity() < RECORD_BYTES;
    }

    /// As [#giveBack] of one that somebody may still look at: it goes to the garbage collector.
    void abandonOne() {
        account.giveBack(RECORD_BYTES);
    }
}
