package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// What the README quotes, compiled and run.
class ReadmeSnippetTest {

    private static int doWork(int n) {
        return n * 10;
    }

    @Test
    void sum() {
        int result;
        // @start region="sum"
        try (ActorSystem system = ActorSystem.create()) {
            int sum = system.spawn(() -> {
                        Task<Integer> a = spawn(() -> doWork(1));
                        Task<Integer> b = spawn(() -> doWork(2));
                        return await(a) + await(b);
                    })
                    .join();
            // @end
            result = sum;
        }
        assertThat(result).isEqualTo(30);
    }

    // @start region="bank"
    sealed interface Bank {
        record Deposit(long cents) implements Bank {}

        record Balance(ReplyTo<Long> replyTo) implements Bank {}
    }

    static final class Account implements Actor<Bank> {
        private long cents;

        @Override
        public void receive(Bank message, ActorContext<Bank> context) {
            switch (message) {
                case Bank.Deposit(long deposited) -> cents += deposited;
                case Bank.Balance(ReplyTo<Long> replyTo) -> replyTo.reply(cents);
            }
        }
    }

    static long deposit(ActorSystem system) {
        ActorRef<Bank> account = system.spawnActor("account", Account::new);
        return system.spawn(() -> {
                    account.tell(new Bank.Deposit(150));
                    account.tell(new Bank.Deposit(50));
                    long n = await(account.ask(Bank.Balance::new));
                    return n;
                })
                .join();
    }
    // @end

    @Test
    void bank() {
        try (ActorSystem system = ActorSystem.create()) {
            assertThat(deposit(system)).isEqualTo(200);
        }
    }
}
