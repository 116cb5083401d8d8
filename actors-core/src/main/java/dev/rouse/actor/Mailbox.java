package dev.rouse.actor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The bounded queue of one actor: a ring that grows with what is in it, so that an idle actor costs bytes and not its
/// capacity.
///
/// Owning shard only, except for [#admit] and [#admitAside].
///
/// **The bound** counts what is in the ring and what other threads have [admitted][#admit] and is still on its way
/// through the inbox lane. The owner writes `size` without an atomic operation; other threads look at `admitted`
/// and `size` before they take a slot. So the bound is exact as long as only one side sends. When both send at the same
/// instant, each may miss what the other has just written, and the mailbox then holds as many messages more as the
/// owner has added within the time that a write takes to reach another core. It never loses one.
///
/// **Waiting senders** are let in first come, first served: while there are any, nobody else gets a slot. There are
/// some only while a message is in the ring or has been admitted, so a [#poll] is sure to follow that lets them in.
/// That is why a slot is taken by compare-and-set: one that is taken and given back at once could hide room from the
/// last poll for a long time.
sealed class Mailbox permits FaultyMailbox {
    private static final int INITIAL_SLOTS = 4;

    /// A ring of more slots than this is given back when it has run empty. A guess: 256 bytes may stay.
    private static final int KEPT_SLOTS = 64;

    private static final VarHandle SIZE;
    private static final VarHandle ADMITTED;
    private static final VarHandle ARRIVED;
    private static final VarHandle SENDERS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            SIZE = lookup.findVarHandle(Mailbox.class, "size", int.class);
            ADMITTED = lookup.findVarHandle(Mailbox.class, "admitted", int.class);
            ARRIVED = lookup.findVarHandle(Mailbox.class, "arrived", int.class);
            SENDERS = lookup.findVarHandle(Mailbox.class, "senders", ArrayDeque.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int capacity;
    private @Nullable Object @Nullable [] ring;

    /// Free-running: its low bits are the slot.
    private int head;

    private int size;

    /// The position of what the actor has taken last; other than `head - 1` if some were dropped since.
    private int taken = -1;

    /// Messages that other threads have sent, and those of them that have come through the lane; both only grow,
    /// and wrap. A single counter that goes up and down would not do: it could be back at its value between the
    /// look of [#admit] at `size` and its compare-and-set.
    @SuppressWarnings("unused") // through ADMITTED
    private volatile int admitted;

    /// Written by the owner, with release after `size`: who sees a message arrived sees it counted there.
    private int arrived;

    /// Senders that wait for room, longest first; null when there are none. Each is a suspended function or a
    /// blocked thread, which is what bounds it. Other threads look whether it is null.
    private @Nullable ArrayDeque<WaitingSender> senders;

    Mailbox(int capacity) {
        this.capacity = capacity;
    }

    int capacity() {
        return capacity;
    }

    /// Messages that wait here or are on their way. Any thread; a snapshot.
    int depth() {
        return (int) SIZE.getOpaque(this) + onTheirWay();
    }

    private int onTheirWay() {
        return (int) ADMITTED.getOpaque(this) - (int) ARRIVED.getOpaque(this);
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// Whether the message at this [position][#newest] has not been taken out.
    boolean isWaiting(int position) {
        return position - head >= 0;
    }

    /// Whether the message at this [position][#newest] is the last one that the actor has taken.
    boolean isLastTaken(int position) {
        return position == taken;
    }

    /// The position of the message that was added last. Positions wrap.
    int newest() {
        return head + size - 1;
    }

    /// Adds a message; false when the mailbox is full or others wait for room already.
    boolean offer(Object message) {
        return offerWaiting(message);
    }

    /// As [#offer], for a message whose sender waits for room: if there is some, nothing may keep it from it, since
    /// nothing would tell it again.
    final boolean offerWaiting(Object message) {
        int now = size;
        if (now + onTheirWay() >= capacity || senders != null) {
            return false;
        }
        add(message, now);
        return true;
    }

    /// Adds a message to a mailbox that drops its oldest; false when it holds as many as it may. What is on its way
    /// does not count: see [#admitAside].
    boolean offerAside(Object message) {
        int now = size;
        if (now >= capacity) {
            return false;
        }
        add(message, now);
        return true;
    }

    /// As [#admit], for a mailbox that drops its oldest: only what is on its way counts, since what is in the ring
    /// makes room when the message arrives. Any thread.
    boolean admitAside() {
        int taken;
        do {
            taken = (int) ADMITTED.getVolatile(this);
            if (taken - (int) ARRIVED.getAcquire(this) >= capacity) {
                return false;
            }
        } while (!ADMITTED.compareAndSet(this, taken, taken + 1));
        return true;
    }

    boolean isFull() {
        return size >= capacity;
    }

    /// Takes a slot for a message that the caller then sends through the inbox lane; false when the mailbox is
    /// full or others wait for room already. Any thread.
    boolean admit() {
        int taken;
        do {
            // In this order, against acceptSenders() and arrive(): a message that moves on is counted once
            // or twice, never missed.
            if (SENDERS.getAcquire(this) != null) {
                return false;
            }
            taken = (int) ADMITTED.getVolatile(this);
            int coming = taken - (int) ARRIVED.getAcquire(this);
            if (coming + (int) SIZE.getOpaque(this) >= capacity) {
                return false;
            }
        } while (!ADMITTED.compareAndSet(this, taken, taken + 1));
        return true;
    }

    /// Adds a message that was [admitted][#admit].
    void arrive(Object message) {
        // In this order, so that other threads never count too few.
        add(message, size);
        ARRIVED.setRelease(this, arrived + 1);
    }

    /// Gives back the slot of a message that was [admitted][#admit] and is not wanted any more. Owning shard or,
    /// after its end, any number of threads: hence the atomic operation.
    void giveBack() {
        ARRIVED.getAndAddRelease(this, 1);
    }

    /// Owning shard only, like most.
    void forEach(Consumer<Object> reader) {
        for (int i = 0; i < size; i++) {
            @Nullable Object[] slots = Objects.requireNonNull(ring);
            reader.accept(Objects.requireNonNull(slots[(head + i) & (slots.length - 1)]));
        }
    }

    /// Takes out the next message for the actor.
    @Nullable
    Object poll() {
        taken = head;
        return takeOut();
    }

    /// Takes out the next message to drop it.
    @Nullable
    Object drop() {
        return takeOut();
    }

    private @Nullable Object takeOut() {
        int now = size;
        if (now == 0) {
            return null;
        }
        @Nullable Object[] slots = Objects.requireNonNull(ring);
        int slot = head & (slots.length - 1);
        Object message = slots[slot];
        slots[slot] = null;
        head++;
        SIZE.setOpaque(this, now - 1);
        if (senders != null) {
            acceptSenders();
        }
        return message;
    }

    /// Called when the actor has nothing to do.
    void trim() {
        if (size == 0 && ring != null && ring.length > KEPT_SLOTS) {
            ring = null;
        }
    }

    void enqueue(WaitingSender sender) {
        ArrayDeque<WaitingSender> waiting = senders;
        if (waiting == null) {
            waiting = new ArrayDeque<>(2);
            SENDERS.setOpaque(this, waiting);
        }
        waiting.addLast(sender);
    }

    /// Takes a sender out that no longer wants to wait.
    void withdraw(WaitingSender sender) {
        ArrayDeque<WaitingSender> waiting = senders;
        if (waiting != null && waiting.remove(sender) && waiting.isEmpty()) {
            SENDERS.setRelease(this, null);
        }
    }

    /// Takes out the sender that has waited longest, or returns null.
    @Nullable
    WaitingSender pollSender() {
        ArrayDeque<WaitingSender> waiting = senders;
        if (waiting == null) {
            return null;
        }
        WaitingSender sender = waiting.pollFirst();
        if (waiting.isEmpty()) {
            SENDERS.setRelease(this, null);
        }
        return sender;
    }

    /// Lets waiting senders in once half of the room is free: waking one for each free slot would cost a switch for
    /// each message.
    private void acceptSenders() {
        if (size > capacity / 2) {
            return;
        }
        while (size + onTheirWay() < capacity) {
            WaitingSender sender = senders == null ? null : senders.peekFirst();
            if (sender == null) {
                return;
            }
            // In this order, so that others find either the sender or its message in their way.
            add(sender.message(), size);
            pollSender();
            sender.accepted();
        }
    }

    private void add(Object message, int now) {
        @Nullable Object[] slots = ring;
        if (slots == null || now == slots.length) {
            slots = grow(slots);
        }
        slots[(head + now) & (slots.length - 1)] = message;
        SIZE.setOpaque(this, now + 1);
    }

    private @Nullable Object[] grow(@Nullable Object @Nullable [] slots) {
        @Nullable Object[] larger = new @Nullable Object[slots == null ? INITIAL_SLOTS : slots.length << 1];
        for (int i = head; slots != null && i - head < slots.length; i++) {
            larger[i & (larger.length - 1)] = slots[i & (slots.length - 1)];
        }
        ring = larger;
        return larger;
    }
}
