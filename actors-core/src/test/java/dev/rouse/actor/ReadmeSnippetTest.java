package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the README quotes, compiled and run.
class ReadmeSnippetTest {

    private static int doWork(int n) {
        return n * 10;
    }

    static int sum() {
        try (ActorSystem system = ActorSystem.create()) {
            return system.spawn(() -> {
                        Task<Integer> a = spawn(() -> doWork(1));
                        Task<Integer> b = spawn(() -> doWork(2));
                        return await(a) + await(b);
                    })
                    .join();
        }
    }

    @Test
    void sumOfTwoFunctions() {
        assertThat(sum()).isEqualTo(30);
    }

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

    /// Each java block of the README stands in this file, line by line but for the indentation.
    @Test
    void readmeQuotesThisFile() throws IOException {
        String here = squeezed(Files.readString(Path.of("src/test/java/dev/rouse/actor/ReadmeSnippetTest.java")));
        List<String> blocks = List.of(Files.readString(Path.of("../README.md")).split("```"));
        List<String> snippets = blocks.stream()
                .filter(block -> block.startsWith("java"))
                .map(block -> squeezed(block.substring("java".length())))
                .toList();
        assertThat(snippets).hasSize(2).allSatisfy(snippet -> assertThat(here).contains(snippet));
    }

    private static String squeezed(String text) {
        return text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .reduce("", (above, line) -> above + line + "\n");
    }

    @Test
    void bank() {
        try (ActorSystem system = ActorSystem.create()) {
            assertThat(deposit(system)).isEqualTo(200);
        }
    }
}
