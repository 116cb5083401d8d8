package dev.rouse.examples.bank;

import static dev.rouse.actor.Rouse.await;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import java.util.HashSet;
import java.util.Set;

/// One account. Its fields are but a memory of what the ledger says: when a posting fails, nobody knows whether the
/// entry was written, so the account crashes, and its supervision starts a fresh one that reads the ledger.
final class Account implements Actor<AccountMessage> {
    private final String name;
    private final ActorRef<LedgerMessage> ledger;
    private final Set<Long> orders = new HashSet<>();
    private long cents;

    Account(String name, ActorRef<LedgerMessage> ledger) {
        this.name = name;
        this.ledger = ledger;
    }

    @Override
    public void onStart(ActorContext<AccountMessage> context) {
        Entries written = await(ledger.ask(replyTo -> new LedgerMessage.Replay(name, replyTo)));
        written.list().forEach(this::count);
    }

    @Override
    public void receive(AccountMessage message, ActorContext<AccountMessage> context) {
        switch (message) {
            case AccountMessage.Post post -> post.replyTo().reply(post(post));
            case AccountMessage.Balance(var replyTo) -> replyTo.reply(cents);
        }
    }

    /// While it awaits the ledger, the account takes no other message: nothing comes between check and entry.
    private Posting post(AccountMessage.Post post) {
        if (orders.contains(post.order())) {
            return Posting.DONE;
        }
        if (cents + post.cents() < 0) {
            return Posting.OVERDRAWN;
        }
        Entry entry = new Entry(post.order(), name, post.cents());
        count(await(ledger.ask(replyTo -> new LedgerMessage.Append(entry, replyTo))));
        return Posting.DONE;
    }

    private void count(Entry entry) {
        orders.add(entry.order());
        cents += entry.cents();
    }
}
