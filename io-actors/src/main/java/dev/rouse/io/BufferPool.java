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
import org.jspecify.annotations.Nullable;

/// The read buffers of one shard, lent last-in-first-out so that the hottest one is used again. Owning shard only.
///
/// A stream borrows a buffer only when bytes are there to fill it, so a shard needs as many as it has functions that
/// hold bytes across a suspension, mostly one. At most [#POOLED] direct buffers are alive at one time, abandoned ones
/// included until the garbage collector has taken them. Loans beyond that, or beyond what the JVM's own bound on direct
/// memory leaves, are heap buffers, left to the garbage collector when they come back: slower by one copy, but direct
/// memory is bounded, and no reader waits for another's loan, which could be a deadlock. All loans together are bounded
/// by the account of the shard's [BufferedBytes].
final class BufferPool {

    /// Large enough that a bulk transfer needs few system calls, small enough to stay in the cache. A guess.
    static final int BUFFER_BYTES = 16 * 1024;

    /// 1 MiB of direct memory per shard. A guess.
    static final int POOLED = 64;

    /// Room for any datagram: their length has 16 bits.
    static final int DATAGRAM_BYTES = 64 * 1024;

    private static final int NEVER_REFUSED = Integer.MAX_VALUE;

    private final BufferedBytes buffered;
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

    /// See [#datagram]. Made by the first one that arrives.
    private @Nullable ByteBuffer datagram;

    BufferPool(BufferedBytes buffered) {
        this(buffered, ByteBuffer::allocateDirect);
    }

    BufferPool(BufferedBytes buffered, IntFunction<ByteBuffer> directMemory) {
        this.buffered = buffered;
        this.directMemory = directMemory;
    }

    /// An empty buffer. Waits for no loan to end.
    ///
    /// @param borrower says by its text who that is
    /// @throws BufferLimitException if the connections of the shard hold as many bytes as they may
    ByteBuffer lend(Object borrower) throws BufferLimitException {
        buffered.take(BUFFER_BYTES, borrower);
        ByteBuffer buffer = idle.pollLast();
        if (buffer == null) {
            buffer = allocateCounted();
        }
        lent++;
        return buffer.clear().order(ByteOrder.BIG_ENDIAN);
    }

    /// Whether [#lend] would not refuse.
    boolean hasRoom() {
        return buffered.hasRoomFor(BUFFER_BYTES);
    }

    private ByteBuffer allocateCounted() {
        boolean made = false;
        try {
            ByteBuffer buffer = allocate();
            made = true;
            return buffer;
        } finally {
            if (!made) {
                buffered.giveBack(BUFFER_BYTES);
            }
        }
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

    /// Room for any one datagram, empty, for as long as it takes to copy that on: one for the shard, beside all
    /// loans. Who has it must not suspend before it is done.
    ByteBuffer datagram() {
        ByteBuffer present = datagram;
        if (present == null) {
            present = allocateForDatagram();
            datagram = present;
        }
        return present.clear();
    }

    private ByteBuffer allocateForDatagram() {
        try {
            return directMemory.apply(DATAGRAM_BYTES);
        } catch (OutOfMemoryError _) {
            return ByteBuffer.allocate(DATAGRAM_BYTES); // slower by one copy, as a loan is
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
        endLoan();
        buffer.clear().limit(0);
        if (buffer.isDirect()) {
            idle.addLast(buffer);
        }
    }

    /// Ends the loan of a buffer that must not be lent again. Room for another comes when it has been collected.
    void abandon(ByteBuffer buffer) {
        endLoan();
        if (buffer.isDirect()) {
            abandoned.add(new PhantomReference<>(buffer, collected));
        }
    }

    private void endLoan() {
        lent--;
        buffered.giveBack(BUFFER_BYTES);
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
