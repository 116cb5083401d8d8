package dev.rouse.examples.bank;

import static dev.rouse.actor.Rouse.awaitAll;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// A day at the bank: every account is filled, money moves to and fro at random, and the auditor counts it.
///
/// @param accounts 1 or more
/// @param transfers how many are tried
/// @param atOnce how many of them at a time
/// @param faultRate how many of the ledger's entries fail, from 0 to 1
/// @param seed decides who pays whom, and what fails
record BankDay(int accounts, int transfers, int atOnce, double faultRate, long seed) {
    private static final long CENTS_TO_BEGIN_WITH = 1_000;

    /// What came of it.
    ///
    /// @param refused transfers for which there was not enough money
    /// @param expected the cents that the accounts must hold together
    /// @param counted the cents that they hold
    record Result(int moved, int refused, long expected, long counted) {
        boolean isBalanced() {
            return expected == counted;
        }
    }

    private record Order(int from, int to, long cents) {}

    /// Runs it on a system of its own user; for plain threads.
    Result run(ActorSystem system) {
        ActorRef<LedgerMessage> ledger = system.spawnActor("ledger", () -> new Ledger(faultRate, seed));
        Bank bank = new Bank(system, ledger, accounts);
        return system.spawn(() -> openUntilEvening(bank)).join();
    }

    private Result openUntilEvening(Bank bank) {
        List<Integer> all = new ArrayList<>();
        for (int account = 0; account < accounts; account++) {
            all.add(account);
        }
        awaitAll(all, atOnce, account -> {
            bank.deposit(account, CENTS_TO_BEGIN_WITH);
            return account;
        });
        List<Boolean> outcomes = awaitAll(orders(), atOnce, order -> bank.transfer(order.from, order.to, order.cents));
        int moved = (int) outcomes.stream().filter(Boolean::booleanValue).count();
        return new Result(moved, transfers - moved, accounts * CENTS_TO_BEGIN_WITH, bank.audit());
    }

    private List<Order> orders() {
        Random random = new Random(seed);
        List<Order> orders = new ArrayList<>();
        for (int i = 0; i < transfers; i++) {
            orders.add(new Order(
                    random.nextInt(accounts), random.nextInt(accounts), random.nextLong(1, CENTS_TO_BEGIN_WITH)));
        }
        return orders;
    }
}
