package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.TurnOrder;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What is ready on a shard, first in, first out unless a [TurnOrder] says otherwise.
///
/// Owning shard only. An entry is one of three: a [Turn] that has not begun, a suspended [Driver] that was resumed, or
/// a continuation that the JDK handed back (a `Runnable`) after a silent block. A turn and a driver hold a function's
/// slot, a continuation is that of one live thread, and reports of failures are few, which bounds the queue; it grows
/// to what is needed and keeps that size.
final class RunQueue {
    /// A guess: enough for a quiet shard, 1 KiB.
    private static final int INITIAL_CAPACITY = 256;

    private static final int NONE = -1;

    private final @Nullable TurnOrder order;
    private @Nullable Object[] entries = new @Nullable Object[INITIAL_CAPACITY];
    private int head;
    private int size;

    /// Where the order has decided for, counted from the head.
    private int chosen = NONE;

    RunQueue(@Nullable TurnOrder order) {
        this.order = order;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    void add(Object entry) {
        assert order == null || !isReady(entry) : "made ready a second time: entry=" + entry;
        if (size == entries.length) {
            grow();
        }
        entries[(head + size) & (entries.length - 1)] = entry;
        size++;
    }

    /// The entry to take next, or null. A [TurnOrder] is asked once for each entry that is taken.
    @Nullable
    Object peek() {
        if (order == null || size == 0) {
            return entries[head];
        }
        if (chosen == NONE) {
            chosen = size == 1 ? 0 : Objects.checkIndex(order.pick(size), size);
        }
        return entries[(head + chosen) & (entries.length - 1)];
    }

    /// Takes the entry that [#peek] has just returned.
    void remove() {
        if (order != null) {
            closeGap();
            order.taken(Objects.requireNonNull(entries[head]));
        }
        entries[head] = null;
        head = (head + 1) & (entries.length - 1);
        size--;
    }

    /// Takes out all there is, first in, first out whatever the [TurnOrder] says.
    void drain(Consumer<Object> taker) {
        for (; size > 0; size--) {
            taker.accept(Objects.requireNonNull(entries[head]));
            entries[head] = null;
            head = (head + 1) & (entries.length - 1);
        }
    }

    /// Moves those that have waited longer than the chosen one up by a place, so that they keep their order.
    private void closeGap() {
        int mask = entries.length - 1;
        for (int position = chosen; position > 0; position--) {
            entries[(head + position) & mask] = entries[(head + position - 1) & mask];
        }
        chosen = NONE;
    }

    /// Only where a [TurnOrder] has few entries to choose from: it looks at all of them. A continuation may come
    /// back for each time that somebody has looked at its stack.
    @SuppressWarnings("ReferenceEquality") // an entry is itself only
    private boolean isReady(Object entry) {
        if (!(entry instanceof Turn) && !(entry instanceof Driver)) {
            return false;
        }
        for (int i = 0; i < size; i++) {
            if (entries[(head + i) & (entries.length - 1)] == entry) {
                return true;
            }
        }
        return false;
    }

    private void grow() {
        @Nullable Object[] larger = new @Nullable Object[entries.length << 1];
        int tail = entries.length - head;
        System.arraycopy(entries, head, larger, 0, tail);
        System.arraycopy(entries, 0, larger, tail, head);
        entries = larger;
        head = 0;
    }
}
