package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;

/// A mailbox that is found full where its [FaultSource] says so. Only systems with one load this class; in all others
/// the JVM knows a single kind of mailbox, and calls that directly.
final class FaultyMailbox extends Mailbox {
    private final FaultSource faults;
    private final ActorRef<?> owner;

    FaultyMailbox(int capacity, FaultSource faults, ActorRef<?> owner) {
        super(capacity);
        this.faults = faults;
        this.owner = owner;
    }

    @Override
    boolean offer(Object message) {
        return !faults.findsFull(owner) && super.offer(message);
    }

    @Override
    boolean admit() {
        return !faults.findsFull(owner) && super.admit();
    }
}
