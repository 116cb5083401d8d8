package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// Something that an actor is told past its mailbox, so that it never queues behind messages. Owning shard only.
///
/// An entry is in its actor's queue at most once at a time. That bounds the queue, by the number of
/// what can have an entry there: the actor's timers, and so on. An entry that is [withdrawn][ActorCell#withdraw] before
/// the actor has come to it is not delivered.
abstract sealed class Control extends Chain.Link<Control> permits MessageTimer, DeathWatch, Escalation {
    /// Called in a turn of the actor, once for each time in the queue, when the entry has just left it. Returns
    /// what the behaviour receives, or null when the entry was an errand of the runtime's own.
    abstract @Nullable Object deliver();
}
