package dev.rouse.actor;

/// What became of a message that was offered with [ActorRef#tryTell].
public enum Delivery {
    /// It is in the mailbox, or on its way to it in a slot of its own.
    ACCEPTED,
    /// The mailbox is full; the message was not sent.
    FULL,
    /// The actor has stopped; the message was not sent.
    STOPPED
}
