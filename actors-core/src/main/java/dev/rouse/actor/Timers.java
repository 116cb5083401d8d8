package dev.rouse.actor;

import java.time.Duration;

/// The timers of one actor: each tells it a message when the time has come. For use inside that actor only.
///
/// A timer's message goes before the messages in the mailbox, takes no slot there, and so comes through however full it
/// is. Of each timer at most one message waits. (When the actor has handled 16 of them in a row, a message of the
/// mailbox is let in between, so that timers that are faster than their actor do not keep it from all else.) They are
/// never early; late by some 2 ms, or as long as the actor or its shard is busy.
///
/// Timers end with the actor, and when it is restarted. A message of a timer that has ended is not delivered, even if
/// it was waiting already; it is no dead letter.
///
/// Each takes one of the [Limits#timersPerShard] until it has ended; one that sends once, until the actor has taken its
/// message.
public sealed interface Timers<M> permits ActorCell {
    /// Sends the message once.
    ///
    /// @throws LimitExceededException if the shard has no timer left
    /// @throws ViolationException if called by anybody but the actor itself
    ActorTimer once(Duration delay, M message);

    /// Sends the message one period from now and at every further period, whenever the ones before were handled.
    ///
    /// A tick that comes due while the one before still waits is not sent, and of several that have passed at once,
    /// since the shard was late, one is sent. The others are [missed][ActorTimer#missed]: there is never a burst to
    /// catch up, and the rhythm stays.
    ///
    /// @throws IllegalArgumentException if the period is not above zero
    /// @throws LimitExceededException if the shard has no timer left
    /// @throws ViolationException if called by anybody but the actor itself
    ActorTimer atFixedRate(Duration period, M message);

    /// Sends the message after the delay and again, each time when so long has passed since the actor was done with
    /// the last one and came back for more. It misses nothing.
    ///
    /// @throws IllegalArgumentException if the delay is not above zero
    /// @throws LimitExceededException if the shard has no timer left
    /// @throws ViolationException if called by anybody but the actor itself
    ActorTimer withFixedDelay(Duration delay, M message);
}
