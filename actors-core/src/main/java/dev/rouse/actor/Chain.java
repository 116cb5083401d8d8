package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// A list through its entries, first in, first out, from which each can be taken out in O(1). Adding takes no memory.
/// Owning shard only.
final class Chain<E extends Chain.Link<E>> {
    /// An entry, in one chain at a time.
    abstract static class Link<E extends Link<E>> {
        @Nullable
        E previous;

        @Nullable
        E next;

        /// Whether it is in a chain.
        boolean queued;
    }

    private @Nullable E first;
    private @Nullable E last;

    boolean isEmpty() {
        return first == null;
    }

    @Nullable
    E first() {
        return first;
    }

    @Nullable
    E last() {
        return last;
    }

    /// The entry must not be in a chain.
    void add(E entry) {
        entry.queued = true;
        entry.previous = last;
        if (last == null) {
            first = entry;
        } else {
            last.next = entry;
        }
        last = entry;
    }

    /// Does nothing when the entry is in none; it must not be in another one.
    void remove(E entry) {
        if (!entry.queued) {
            return;
        }
        E before = entry.previous;
        E after = entry.next;
        if (before == null) {
            first = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previous = before;
        }
        entry.previous = null;
        entry.next = null;
        entry.queued = false;
    }

    @Nullable
    E poll() {
        E entry = first;
        if (entry != null) {
            remove(entry);
        }
        return entry;
    }
}
