package dev.rouse.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorStoppedException;
import dev.rouse.actor.ActorSystem;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class BankTest {
    private final ActorSystem system = ActorSystem.create();

    @AfterEach
    void close() {
        system.close();
    }

    private Bank bank(Actor<LedgerMessage> ledger) {
        return new Bank(system, system.spawnActor("ledger", () -> ledger), 2);
    }

    @Test
    void aTransferMovesMoney() {
        Bank bank = bank(new Ledger(0, 1));
        boolean moved = system.spawn(() -> {
                    bank.deposit(0, 100);
                    return bank.transfer(0, 1, 60) && !bank.transfer(0, 1, 41) && bank.transfer(1, 0, 60);
                })
                .join();
        assertThat(moved).isTrue();
        assertThat(system.spawn(bank::audit).join()).isEqualTo(100);
    }

    @Test
    void aTransferToTheSameAccountLosesNothing() {
        Bank bank = bank(new Ledger(0, 1));
        system.spawn(() -> {
                    bank.deposit(0, 100);
                    return bank.transfer(0, 0, 60);
                })
                .join();
        assertThat(system.spawn(bank::audit).join()).isEqualTo(100);
    }

    @Test
    void anAccountThatCrashesComesBackWithItsMoney() {
        FailingOnce ledger = new FailingOnce(2);
        Bank bank = bank(ledger);
        system.spawn(() -> {
                    bank.deposit(0, 100);
                    bank.deposit(0, 20); // crashes the account after the entry was written
                    bank.deposit(0, 3);
                })
                .join();
        assertThat(system.spawn(bank::audit).join()).isEqualTo(123);
        assertThat(ledger.replays).as("starts of two accounts and a restart").isEqualTo(3);
    }

    /// A ledger that writes its n-th entry and then says that it may not have.
    private static final class FailingOnce implements Actor<LedgerMessage> {
        private final Ledger ledger = new Ledger(0, 1);
        private int left;
        private int replays;

        FailingOnce(int n) {
            left = n;
        }

        @Override
        public void receive(LedgerMessage message, ActorContext<LedgerMessage> context) {
            if (message instanceof LedgerMessage.Append(var entry, var replyTo) && --left == 0) {
                ledger.write(entry);
                replyTo.fail(new LedgerFault("perhaps written", entry));
                return;
            }
            if (message instanceof LedgerMessage.Replay) {
                replays++;
            }
            ledger.receive(message, context);
        }
    }

    @Test
    void anAccountThatNeverComesBackFailsItsTransfers() {
        Bank bank = bank((message, _) -> {
            throw new IllegalStateException("this ledger is broken: message=" + message);
        });
        assertThatThrownBy(() -> system.spawn(() -> bank.deposit(0, 1)).join())
                .isInstanceOf(ActorStoppedException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void notACentIsLostHoweverManyAccountsCrash(long seed) {
        BankDay.Result result = new BankDay(10, 500, 20, 0.1, seed).run(system);
        assertThat(result.counted()).as("seed=%d", seed).isEqualTo(result.expected());
        assertThat(result.moved() + result.refused()).isEqualTo(500);
        assertThat(result.moved()).isPositive();
    }

    @Test
    void theCommandSaysThatNothingWasLost() {
        StringWriter out = new StringWriter();
        int status = new CommandLine(new BankCommand())
                .setOut(new PrintWriter(out))
                .execute("--accounts", "5", "--transfers", "50", "--fault-rate", "0.05");
        assertThat(out.toString()).startsWith("transfers: moved=").contains("cents: expected=5000, counted=5000");
        assertThat(status).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--accounts=0", "--accounts=1000001", "--at-once=0", "--fault-rate=0.51", "--fault-rate=x"})
    void aWrongOptionIsNamed(String option) {
        StringWriter err = new StringWriter();
        int status =
                new CommandLine(new BankCommand()).setErr(new PrintWriter(err)).execute(option);
        assertThat(err.toString()).contains(option.substring(0, option.indexOf('=')));
        assertThat(status).isEqualTo(2);
    }
}
