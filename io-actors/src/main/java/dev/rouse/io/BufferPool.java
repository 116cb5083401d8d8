package dev.rouse.io;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntFunction;

/// The read buffers of one shard, lent last-in-first-out so that the hottest one is used again. Owning shard only.
///
/// A stream borrows a buffer only when bytes are there to fill it, so a shard needs as many as it has functions that
/// hold bytes across a suspension, mostly one. At most [#POOLED] direct buffers are alive at one time, abandoned ones
/// included until the garbage collector has taken them. Loans beyond that, or beyond what the JVM's own bound on direct
/// memory leaves, are heap buffers, left to the garbage collector when they come back: slower by one copy, but direct
/// memory is bounded, and no reader waits for another's loan, which could be a deadlock. The worst case is one loan for
/// each function on the shard.
final class BufferPool {

    /// Large enough that a bulk transfer needs few system calls, small enough to stay in the cache. A guess.
    static final int BUFFER_BYTES = 16 * 1024;

    /// 1 MiB of direct memory per shard. A guess.
    static final int POOLED = 64;

    private static final int NEVER_REFUSED = Integer.MAX_VALUE;

    private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>(POOLED);

    /// Abandoned direct buffers that may still be reachable: their memory still counts.
    private final Set<Reference<ByteBuffer>> abandoned = new HashSet<>();

    private final IntFunction<ByteBuffer> directMemory;
    private final ReferenceQueue<ByteBuffer> collected = new ReferenceQueue<>();
    private int direct;

    /// How many direct buffers there were when the JVM refused one more. It is not asked again before one of them
    /// is gone, since it collects garbage and waits before it refuses.
    private int refusedAt = NEVER_REFUSED;

    private int lent;

    BufferPool() {
        this(ByteBuffer::allocateDirect);
    }

    BufferPool(IntFunction<ByteBuffer> directMemory) {
        this.directMemory = directMemory;
    }

    /// An empty buffer. Waits for no loan to end.
    ByteBuffer lend() {
        ByteBuffer buffer = idle.pollLast();
        if (buffer == null) {
            buffer = allocate();
        }
        lent++;
        return buffer.clear().order(ByteOrder.BIG_ENDIAN);
    }

    private ByteBuffer allocate() {
        forgetCollected();
        if (direct >= Math.min(POOLED, refusedAt)) {
            return ByteBuffer.allocate(BUFFER_BYTES);
        }
        // Counted first: the JVM may wait for direct memory, and other functions borrow meanwhile.
        direct++;
        try {
            return directMemory.apply(BUFFER_BYTES);
        } catch (OutOfMemoryError _) {
            // The bound on direct memory, not the heap: if that is full too, the next line says so.
            direct--;
            refusedAt = direct;
            return ByteBuffer.allocate(BUFFER_BYTES);
        } catch (RuntimeException | Error e) {
            direct--;
            throw e;
        }
    }

    private void forgetCollected() {
        for (Reference<?> gone = collected.poll(); gone != null; gone = collected.poll()) {
            abandoned.remove(gone);
            direct--;
            refusedAt = NEVER_REFUSED;
        }
    }

    /// Ends a loan. A borrower that looks at its buffer afterwards finds it empty until it is lent again: a late
    /// relative `get` throws a `BufferUnderflowException`. That is the best that can be done without a copy or a
    /// wrapper for each read.
    void takeBack(ByteBuffer buffer) {
        lent--;
        buffer.clear().limit(0);
        if (buffer.isDirect()) {
            idle.addLast(buffer);
        }
    }

    /// Ends the loan of a buffer that must not be lent again. Room for another comes when it has been collected.
    void abandon(ByteBuffer buffer) {
        lent--;
        if (buffer.isDirect()) {
            abandoned.add(new PhantomReference<>(buffer, collected));
        }
    }

    /// Loans not yet ended.
    int lent() {
        return lent;
    }

    /// Direct buffers, idle, lent or not yet collected.
    int direct() {
        return direct;
    }
}
