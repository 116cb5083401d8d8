package dev.rouse.examples.bank;

import dev.rouse.actor.ReplyTo;

/// What the [Ledger] understands.
sealed interface LedgerMessage {
    /// Writes an entry down; one that it has already is not written twice. The reply, when it comes, says that the
    /// entry is there.
    record Append(Entry entry, ReplyTo<Entry> replyTo) implements LedgerMessage {}

    /// All entries of an account, oldest first.
    record Replay(String account, ReplyTo<Entries> replyTo) implements LedgerMessage {}
}
