package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// The control that waits for one actor, first in, first out: a list through the entries, from which each is taken out
/// in O(1). Owning shard only.
final class ControlQueue {
    private @Nullable Control first;
    private @Nullable Control last;

    boolean isEmpty() {
        return first == null;
    }

    /// The entry must not be in a queue.
    void add(Control entry) {
        entry.queued = true;
        entry.previous = last;
        if (last == null) {
            first = entry;
        } else {
            last.next = entry;
        }
        last = entry;
    }

    /// Does nothing when the entry is not in the queue.
    void remove(Control entry) {
        if (!entry.queued) {
            return;
        }
        Control before = entry.previous;
        Control after = entry.next;
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
    Control poll() {
        Control entry = first;
        if (entry != null) {
            remove(entry);
        }
        return entry;
    }
}
