package dev.rouse.examples.bank;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// The bank's memory, in place of a database: what is in here survives the crash of an account.
///
/// Like a database it fails now and then, before it has written an entry or after, and then does not say which.
final class Ledger implements Actor<LedgerMessage> {
    private final Map<String, Map<Long, Entry>> accounts = new HashMap<>();
    private final double faultRate;
    private final Random random;

    /// @param faultRate how many of the orders to write something fail, from 0 to 1
    Ledger(double faultRate, long seed) {
        this.faultRate = faultRate;
        this.random = new Random(seed);
    }

    @Override
    public void receive(LedgerMessage message, ActorContext<LedgerMessage> context) {
        switch (message) {
            case LedgerMessage.Append append -> append(append);
            case LedgerMessage.Replay(var account, var replyTo) -> replyTo.reply(new Entries(entriesOf(account)));
        }
    }

    private void append(LedgerMessage.Append append) {
        boolean fails = random.nextDouble() < faultRate;
        if (fails && random.nextBoolean()) {
            append.replyTo().fail(new LedgerFault("not written", append.entry()));
            return;
        }
        write(append.entry());
        if (fails) {
            append.replyTo().fail(new LedgerFault("perhaps written", append.entry()));
        } else {
            append.replyTo().reply(append.entry());
        }
    }

    void write(Entry entry) {
        accounts.computeIfAbsent(entry.account(), _ -> new LinkedHashMap<>()).putIfAbsent(entry.order(), entry);
    }

    private List<Entry> entriesOf(String account) {
        return new ArrayList<>(accounts.getOrDefault(account, Map.of()).values());
    }
}
