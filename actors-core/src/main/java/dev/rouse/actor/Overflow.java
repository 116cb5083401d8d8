package dev.rouse.actor;

/// What becomes of a message that is [told][ActorRef#tell] to an actor whose mailbox is full.
///
/// [ActorRef#tryTell] never waits and never loses a message, whatever is chosen here: it answers [Delivery#FULL], and
/// only [#DROP_OLDEST] takes the message all the same. What is refused or dropped is counted per actor, is a
/// [DeadLetter], and if it belongs to an ask, that fails with a [MailboxFullException] at once.
///
/// To another thread a mailbox may seem full one message too early, for the moment in which one moves into it.
public enum Overflow {
    /// The sender waits for room: a function is suspended, a plain thread blocked. The default: nothing is lost,
    /// and the sender slows down.
    SUSPEND,

    /// The sender gets a [MailboxFullException], which hands the message back.
    REJECT,

    /// The message is dropped: what came first is more important.
    DROP_NEWEST,

    /// The message that has waited longest is dropped instead: only the latest ones matter.
    ///
    /// The messages of other threads and shards count when the actor's shard takes them in, so that as many as the
    /// mailbox holds may be on their way besides those in it. Is that number reached, the sender waits until the
    /// shard has taken them in; it never waits for the actor.
    DROP_OLDEST
}
