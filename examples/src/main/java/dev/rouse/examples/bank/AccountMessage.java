package dev.rouse.examples.bank;

import dev.rouse.actor.ReplyTo;

/// What an [Account] understands.
sealed interface AccountMessage {
    /// Changes the balance, unless that would leave it below zero. May be repeated: an order counts once.
    ///
    /// @param cents what is added; below zero for what is taken
    record Post(long order, long cents, ReplyTo<Posting> replyTo) implements AccountMessage {}

    record Balance(ReplyTo<Long> replyTo) implements AccountMessage {}
}
