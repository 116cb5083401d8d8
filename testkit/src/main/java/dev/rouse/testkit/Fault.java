package dev.rouse.testkit;

/// A kind of what may go wrong in a [Simulation] although nobody has made a mistake; see [Faults].
public enum Fault {
    /// An actor fails at a message, by a [SimulatedFailure].
    FAILURE,

    /// Memory can't be had while an actor handles a message: an [OutOfMemoryError].
    OUT_OF_MEMORY,

    /// The reply to an ask gets lost on its way, and the ask waits for its deadline.
    LOST_REPLY,

    /// A message finds a mailbox full, whatever is in it: its sender waits, is refused or loses it, as the actor's
    /// [Overflow][dev.rouse.actor.Overflow] says.
    FULL_MAILBOX,

    /// A function or actor gets no child, as if its shard were full for ever.
    REFUSED_CHILD,

    /// A shard stands still, as in a collection of garbage, while others go on.
    PAUSE,

    /// The time goes on by a leap, and what was due meanwhile is late.
    JUMP
}
