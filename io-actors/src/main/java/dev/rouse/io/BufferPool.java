package dev.rouse.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;

/// The read buffers of one shard, lent last-in-first-out so that the hottest one is used again. Owning shard only.
///
/// A stream borrows a buffer only when bytes are there to fill it, so a shard needs as many as it has functions that
/// hold bytes across a suspension, mostly one. The pool makes at most [#POOLED] direct buffers and keeps them. Loans
/// beyond that are heap buffers, left to the garbage collector when they come back: slower by one copy, but direct
/// memory is bounded, and no reader waits for another's loan, which could be a deadlock. The worst case is one loan for
/// each function on the shard.
final class BufferPool {

    /// Large enough that a bulk transfer needs few system calls, small enough to stay in the cache. A guess.
    static final int BUFFER_BYTES = 16 * 1024;

    /// 1 MiB of direct memory per shard. A guess.
    static final int POOLED = 64;

    private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>(POOLED);
    private int direct;
    private int lent;

    /// An empty buffer. Never waits.
    ByteBuffer lend() {
        ByteBuffer buffer = idle.pollLast();
        if (buffer == null) {
            buffer = allocate();
        }
        lent++;
        return buffer.clear().order(ByteOrder.BIG_ENDIAN);
    }

    private ByteBuffer allocate() {
        if (direct == POOLED) {
            return ByteBuffer.allocate(BUFFER_BYTES);
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        direct++;
        return buffer;
    }

    /// Ends a loan. A borrower that looks at its buffer afterwards finds it empty until it is lent again: a late
    /// relative
    /// `get` throws a `BufferUnderflowException`. That is the best that can be done without a copy or a wrapper for
    /// each read.
    void takeBack(ByteBuffer buffer) {
        lent--;
        buffer.clear().limit(0);
        if (buffer.isDirect()) {
            idle.addLast(buffer);
        }
    }

    /// Ends the loan of a buffer that must not be lent again.
    void abandon(ByteBuffer buffer) {
        lent--;
        if (buffer.isDirect()) {
            direct--;
        }
    }

    /// Loans not yet ended.
    int lent() {
        return lent;
    }

    /// Direct buffers, idle or lent.
    int direct() {
        return direct;
    }
}
