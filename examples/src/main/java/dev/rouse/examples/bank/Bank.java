package dev.rouse.examples.bank;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorStoppedException;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.Supervision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/// Accounts, and the functions that move money between them. Its methods are for functions and actors: they suspend.
final class Bank {
    /// A crashed account is back after some milliseconds. One that crashes 100 times within a second is broken.
    private static final Supervision CRASHED_ACCOUNT = Supervision.restart()
            .atMost(100, Duration.ofSeconds(1))
            .backoff(Duration.ofMillis(1), Duration.ofMillis(20));

    /// How often an order is given again when its outcome is not known. A guess: enough for what [Ledger] does.
    private static final int ATTEMPTS = 50;

    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(2);

    private final List<ActorRef<AccountMessage>> accounts = new ArrayList<>();
    private final AtomicLong orders = new AtomicLong();

    /// Opens accounts on all shards of the system.
    Bank(ActorSystem system, ActorRef<LedgerMessage> ledger, int accounts) {
        ActorOptions options = ActorOptions.defaults().withSupervision(CRASHED_ACCOUNT);
        for (int i = 0; i < accounts; i++) {
            String name = "account-" + i;
            this.accounts.add(system.spawnActor(name, options, () -> new Account(name, ledger)));
        }
    }

    int accounts() {
        return accounts.size();
    }

    void deposit(int account, long cents) {
        post(account, orders.incrementAndGet(), cents);
    }

    /// Moves money; false, and nothing has moved, when there is not enough of it. What was taken is given, however
    /// often an account crashes in between.
    boolean transfer(int from, int to, long cents) {
        if (post(from, orders.incrementAndGet(), -cents) == Posting.OVERDRAWN) {
            return false;
        }
        post(to, orders.incrementAndGet(), cents);
        return true;
    }

    /// The sum of all balances: right when no transfer is under way.
    long audit() {
        return awaitAll(accounts.stream()
                        .map(account -> account.ask(AccountMessage.Balance::new))
                        .toList())
                .stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /// An account that crashes cannot say whether it had posted the order, so it is asked again: it counts an order
    /// once.
    private Posting post(int account, long order, long cents) {
        for (int attempt = 1; ; attempt++) {
            try {
                return await(accounts.get(account).ask(replyTo -> new AccountMessage.Post(order, cents, replyTo)));
            } catch (ActorStoppedException | AskTimeoutException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                sleepFor(BETWEEN_ATTEMPTS);
            }
        }
    }
}
