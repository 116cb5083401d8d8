package dev.rouse.actor;

/// Somebody who waits for room in a mailbox. Called on the shard of the mailbox.
interface WaitingSender {
    Object message();

    /// Its message is in the mailbox.
    void accepted();

    /// The actor has stopped: its message is a dead letter.
    void stopped();
}
