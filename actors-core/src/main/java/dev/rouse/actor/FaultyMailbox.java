package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;

/// A mailbox that is found full where its [FaultSource] says so. Only systems with one load this class; in all others
/// the JVM knows a single kind of mailbox, and calls that directly.
final class FaultyMailbox extends Mailbox {
    private final FaultSource faults;
    private final Recipient<?> owner;

    /// How often it was found full for no reason, and nothing was dropped for that. It matters where the oldest is
    /// dropped only. Its shard and senders on others: a simulation runs one at a time.
    private int pretended;

    FaultyMailbox(int capacity, FaultSource faults, Recipient<?> owner) {
        super(capacity);
        this.faults = faults;
        this.owner = owner;
    }

    @Override
    boolean offer(Object message) {
        return !isFoundFull() && super.offer(message);
    }

    /// Who comes first of several senders decides who finds room.
    @Override
    boolean admit() {
        owner.local.shard.lookedAt();
        return !isFoundFull() && super.admit();
    }

    @Override
    boolean admitAside() {
        owner.local.shard.lookedAt();
        return super.admitAside();
    }

    private boolean isFoundFull() {
        boolean full = faults.findsFull(owner);
        pretended += full ? 1 : 0;
        return full;
    }

    /// There is something to drop, and it is dropped for this message.
    private boolean mustDrop() {
        boolean must = pretended > 0 && !isEmpty();
        pretended = Math.max(0, pretended - 1);
        return must;
    }

    @Override
    boolean offerAside(Object message) {
        return !mustDrop() && super.offerAside(message);
    }

    /// Asked for a message that has arrived.
    @Override
    boolean isFull() {
        return mustDrop() || super.isFull();
    }
}
