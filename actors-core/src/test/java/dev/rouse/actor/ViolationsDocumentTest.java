package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.awaitAny;
import static dev.rouse.actor.Rouse.executor;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static dev.rouse.actor.Rouse.suspend;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What VIOLATIONS.md says is so: its examples are those below, and each gives the message that stands beside it.
class ViolationsDocumentTest extends SystemTest {
    private static final Pattern SECTION = Pattern.compile("(?ms)^### (\\S+)( \\w+)?\n\n(.*?)(?=^##|\\z)");
    private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```java\n(.*?)\n```\n```text\n(.*?)\n```$");

    private static final String AGAIN = ", again";
    private static final Duration SHORT = Duration.ofMillis(20);

    private record Section(String head, String text, String example, String message) {}

    private static final List<Object> kept = new ArrayList<>();

    // The examples.

    private static int sleepAndReturn(int value) {
        sleepFor(Duration.ofHours(1));
        return value;
    }

    private static void outsideFunction(ActorSystem system) {
        Task<Integer> task = system.spawn(() -> 1);
        await(task);
    }

    private static void awaitOfItself(ActorSystem system) {
        CompletableFuture<Task<Integer>> mine = new CompletableFuture<>();
        Task<Integer> task = system.spawn(() -> await(await(mine)));
        mine.complete(task);
        task.join();
    }

    private static void awaitCycle(ActorSystem system) {
        system.spawn(() -> {
                    List<Task<Integer>> tasks = new ArrayList<>();
                    tasks.add(spawn(() -> await(tasks.get(1))));
                    tasks.add(spawn(() -> await(tasks.get(0))));
                    return awaitAll(tasks);
                })
                .join();
    }

    private static void joinOnShard(ActorSystem system) {
        Task<Integer> other = system.spawn(() -> sleepAndReturn(1));
        system.spawn(() -> other.join()).join();
    }

    private static void secondWaiter(ActorSystem system) {
        Signal signal = new Signal();
        system.spawn(() -> awaitAll(List.of(spawn(signal::await), spawn(signal::await))))
                .join();
    }

    private static void foreignTouch(ActorSystem system) {
        CompletableFuture<Inbox<String>> leaked = new CompletableFuture<>();
        system.spawnActor("owner", (Inbox<String> inbox) -> {
            leaked.complete(inbox);
            inbox.receive();
        });
        leaked.join().receive();
    }

    private static void foreignFire(ActorSystem system) {
        Signal signal = new Signal();
        CompletableFuture<Void> begun = new CompletableFuture<>();
        system.spawn(() -> {
            spawn(signal::await);
            sleepFor(Duration.ZERO); // it begins to wait
            begun.complete(null);
        });
        begun.join();
        signal.fire(); // from a plain thread: complete a future instead, which the function awaits
    }

    private static void usedAfterStop(ActorSystem system) {
        CompletableFuture<Inbox<String>> leaked = new CompletableFuture<>();
        system.spawnActor("owner", (Inbox<String> inbox) -> {
                    leaked.complete(inbox);
                })
                .terminated()
                .join();
        leaked.join().tryReceive();
    }

    private static void longTurn(ActorSystem system) {
        system.spawn(() -> {
                    while (system.violations(Violation.LONG_TURN) == 0) {
                        Thread.onSpinWait(); // stands for a long computation
                    }
                })
                .join();
    }

    static final class Config {
        static {
            sleepFor(Duration.ofMillis(1)); // stands for loading it
        }
    }

    private static void pinned(ActorSystem system) {
        system.spawn(() -> FreshClass.initialize(Config.class)).join();
    }

    private static void unawaitedFailure(ActorSystem system) {
        system.spawn(() -> {
                    spawn(() -> Integer.parseInt("none"));
                })
                .join();
    }

    private static void unseenFailure(ActorSystem system) {
        system.spawnActor("racing", (Inbox<String> _) -> {
            awaitAny(List.of(spawn(() -> 1), spawn(() -> Integer.parseInt("none"))));
        });
    }

    private static void wakerDropped(ActorSystem system) {
        system.spawn(() -> suspend(waker -> {})); // nobody has taken the waker
    }

    private static void repliedTwice(ActorSystem system) {
        record Balance(ReplyTo<Integer> replyTo) {}
        ActorRef<Balance> account = system.spawnActor("account", () -> (balance, _) -> {
            balance.replyTo().reply(1);
            balance.replyTo().reply(2);
        });
        account.ask(Balance::new).join();
    }

    private static void functionsPerShard(ActorSystem system) {
        system.spawn(() -> spawn(() -> 1)).join();
    }

    private static void timersPerShard(ActorSystem system) {
        system.spawn(() -> withTimeout(Duration.ofHours(1), () -> sleepAndReturn(1)))
                .join();
    }

    private static void askTimeout(ActorSystem system) {
        record Hello(ReplyTo<String> replyTo) {}
        ActorRef<Hello> silent = system.spawnActor("silent", () -> (_, context) -> kept.add(context));
        silent.ask(Hello::new).join();
    }

    private static void spawnQueue(ActorSystem system) {
        system.spawn(() -> {
                    Executor shard = executor();
                    shard.execute(() -> {});
                    shard.execute(() -> {});
                })
                .join();
    }

    private static void mailbox(ActorSystem system) {
        system.spawn(() -> {
                    ActorOptions narrow = ActorOptions.defaults().withOverflow(Overflow.REJECT);
                    ActorRef<String> actor = spawnActor("narrow", narrow, () -> (_, _) -> {});
                    actor.tell("first");
                    actor.tell("second");
                })
                .join();
    }

    private static void restartBudget(ActorSystem system) {
        Supervision once = Supervision.restart().atMost(1, Duration.ofHours(1));
        ActorRef<String> parser = system.spawnActor(
                "parser",
                ActorOptions.defaults().withSupervision(once),
                () -> (message, _) -> kept.add(Integer.parseInt(message)));
        parser.tell("none");
        parser.tell("none");
    }

    private static void stash(ActorSystem system) {
        ActorOptions options = ActorOptions.defaults().withStash(1);
        ActorRef<String> actor =
                system.spawnActor("opening", options, () -> (message, context) -> context.stash(message));
        actor.tell("first");
        actor.tell("second");
    }

    private static void watchesPerActor(ActorSystem system) {
        ActorRef<String> other = system.spawnActor("other", () -> (_, _) -> {});
        ActorRef<Object> watcher = system.spawnActor("watcher", () -> (_, context) -> {
            kept.add(context.watch(other, terminated -> terminated));
            kept.add(context.watch(other, terminated -> terminated));
        });
        watcher.tell("begin");
    }

    private static void fanOut(ActorSystem system) {
        system.spawn(() -> awaitAll(List.of(spawn(() -> 1), spawn(() -> 2)))).join();
    }

    private static void cancelGrace(ActorSystem system) {
        system.spawn(() -> {
                    Task<Integer> task = spawn(() -> {
                        try {
                            return sleepAndReturn(1);
                        } finally {
                            sleepFor(Duration.ofHours(1)); // longer than the time for cleanup
                        }
                    });
                    sleepFor(Duration.ZERO); // it begins
                    task.cancel();
                    return await(task);
                })
                .join();
    }

    private static void stopTimeout(ActorSystem system) {
        system.spawn(() -> {
                    spawnActor("older", (Inbox<String> inbox) -> inbox.receive());
                    spawnActor("slow", (Inbox<String> inbox) -> {
                        try {
                            inbox.receive();
                        } finally {
                            sleepFor(Duration.ofHours(1));
                        }
                    });
                    sleepFor(Duration.ZERO); // they begin
                })
                .join();
    }

    private static void closeTimeout(ActorSystem system) {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        system.spawn(() -> {
            try {
                begun.complete(null);
                sleepFor(Duration.ofHours(1));
            } finally {
                sleepFor(Duration.ofHours(1)); // cleanup
            }
        });
        begun.join();
        system.close();
    }

    // The checks.

    private final Map<String, String> messages = new LinkedHashMap<>();

    private void fails(String head, Consumer<ActorSystem> example) {
        fails(head, UnaryOperator.identity(), example);
    }

    private void fails(String head, UnaryOperator<Limits> limits, Consumer<ActorSystem> example) {
        ActorSystem own = open(limits);
        messages.put(
                head, String.valueOf(catchThrowable(() -> example.accept(own)).getMessage()));
    }

    private void logs(String head, Consumer<ActorSystem> example) {
        logs(head, UnaryOperator.identity(), example);
    }

    private void logs(String head, UnaryOperator<Limits> limits, Consumer<ActorSystem> example) {
        messages.put(head, logged(limits, example).getMessage());
    }

    /// The exception that stops an actor, as the log has it.
    private void stops(String head, UnaryOperator<Limits> limits, Consumer<ActorSystem> example) {
        messages.put(head, String.valueOf(logged(limits, example).getThrown().getMessage()));
    }

    private void logsLast(String head, int lines, Consumer<ActorSystem> example) {
        messages.put(head, logged(UnaryOperator.identity(), lines, example).getMessage());
    }

    private LogRecord logged(UnaryOperator<Limits> limits, Consumer<ActorSystem> example) {
        return logged(limits, 1, example);
    }

    /// The last of so many lines.
    private LogRecord logged(UnaryOperator<Limits> limits, int lines, Consumer<ActorSystem> example) {
        ActorSystem own = open(limits);
        try (RecordedLog log = new RecordedLog()) {
            example.accept(own);
            Awaitility.await().until(() -> {
                System.gc(); // V11 is found by the garbage collector
                return log.messages().size() >= lines;
            });
            return log.records().get(lines - 1);
        }
    }

    private static boolean isPortable() {
        return "portable".equals(System.getProperty("rouse.test.engine"));
    }

    @Test
    void everyMessageInTheDocumentIsTheOneOfItsExample() throws IOException {
        fails("ROUSE-V01", ViolationsDocumentTest::outsideFunction);
        fails("ROUSE-V02", ViolationsDocumentTest::awaitOfItself);
        fails("ROUSE-V03", ViolationsDocumentTest::awaitCycle);
        fails("ROUSE-V04", ViolationsDocumentTest::joinOnShard);
        fails("ROUSE-V05", ViolationsDocumentTest::secondWaiter);
        fails("ROUSE-V06", ViolationsDocumentTest::foreignTouch);
        fails("ROUSE-V06" + AGAIN, ViolationsDocumentTest::foreignFire);
        fails("ROUSE-V07", ViolationsDocumentTest::usedAfterStop);
        logs("ROUSE-V08", limits -> limits.withLongTurn(SHORT), ViolationsDocumentTest::longTurn);
        if (!isPortable()) {
            logs("ROUSE-V09", ViolationsDocumentTest::pinned);
        }
        logs("ROUSE-V10", ViolationsDocumentTest::unawaitedFailure);
        logs("ROUSE-V10" + AGAIN, ViolationsDocumentTest::unseenFailure);
        logs("ROUSE-V11", ViolationsDocumentTest::wakerDropped);
        logs("ROUSE-V12", ViolationsDocumentTest::repliedTwice);
        fails(
                "functionsPerShard",
                limits -> limits.withFunctionsPerShard(1),
                ViolationsDocumentTest::functionsPerShard);
        fails("timersPerShard", limits -> limits.withTimersPerShard(1), ViolationsDocumentTest::timersPerShard);
        fails("askTimeout", limits -> limits.withAskTimeout(SHORT), ViolationsDocumentTest::askTimeout);
        fails("spawnQueue", limits -> limits.withSpawnQueue(1), ViolationsDocumentTest::spawnQueue);
        fails("mailbox", limits -> limits.withMailbox(1), ViolationsDocumentTest::mailbox);
        logsLast("restart", 2, ViolationsDocumentTest::restartBudget);
        stops("stash", UnaryOperator.identity(), ViolationsDocumentTest::stash);
        stops("watchesPerActor", limits -> limits.withWatchesPerActor(1), ViolationsDocumentTest::watchesPerActor);
        fails("fanOut", limits -> limits.withFanOut(1), ViolationsDocumentTest::fanOut);
        fails("cancelGrace", limits -> limits.withCancelGrace(SHORT), ViolationsDocumentTest::cancelGrace);
        logs(
                "stopTimeout",
                limits -> limits.withStopTimeout(SHORT).withCancelGrace(Duration.ofMillis(200)),
                ViolationsDocumentTest::stopTimeout);
        logs("closeTimeout", limits -> limits.withCloseTimeout(SHORT), ViolationsDocumentTest::closeTimeout);
        Map<String, Section> sections = sections();
        messages.forEach((head, message) -> assertThat(message)
                .as(head)
                .matches(pattern(section(sections, head).message())));
        List<String> checked = new ArrayList<>(messages.keySet());
        if (isPortable()) {
            checked.add(Violation.PINNED.code());
        }
        checked.add(Violation.SOCKET_LEAKED.code()); // in LeakedSocketTest, since there are no sockets here
        assertThat(sections.keySet()).containsExactlyInAnyOrderElementsOf(checked);
    }

    private static Section section(Map<String, Section> sections, String head) {
        return Objects.requireNonNull(sections.get(head), head);
    }

    private static Pattern pattern(String message) {
        return Pattern.compile(
                Arrays.stream(message.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
    }

    @Test
    void everyExampleInTheDocumentStandsHere() throws IOException {
        String here = squeezed(Files.readString(Path.of("src/test/java/dev/rouse/actor/ViolationsDocumentTest.java"))
                + Files.readString(Path.of("../io-actors/src/test/java/dev/rouse/io/LeakedSocketTest.java")));
        assertThat(sections().values()).allSatisfy(section -> assertThat(here).contains(squeezed(section.example())));
    }

    @Test
    void theDocumentStatesEachRuleAndItsPolicies() throws IOException {
        Map<String, Section> sections = sections();
        for (Violation violation : Violation.values()) {
            String others = violation.policies().stream()
                    .filter(policy -> policy != violation.defaultPolicy())
                    .map(Enum::name)
                    .collect(Collectors.joining(", "));
            assertThat(section(sections, violation.code()).text())
                    .as(violation.code())
                    .startsWith("Rule: " + violation.rule() + ".\nPolicy: " + violation.defaultPolicy()
                            + (others.isEmpty() ? "." : " (or " + others + ")."));
        }
    }

    @Test
    void theDocumentHasASectionForEachLimit() throws IOException {
        String document = Files.readString(Path.of("../VIOLATIONS.md"));
        String limits = Limits.defaults().toString();
        assertThat(limits.substring(limits.indexOf('[') + 1).split(", "))
                .extracting(limit -> limit.substring(0, limit.indexOf('=')))
                .allSatisfy(limit -> assertThat(document).contains("\n### " + limit + "\n"));
    }

    /// One for each example: the second of a section has `, again` in its head.
    private static Map<String, Section> sections() throws IOException {
        Map<String, Section> sections = new LinkedHashMap<>();
        Matcher found = SECTION.matcher(Files.readString(Path.of("../VIOLATIONS.md")));
        while (found.find()) {
            Matcher example = EXAMPLE.matcher(found.group(3));
            for (String head = found.group(1); example.find(); head += AGAIN) {
                sections.put(head, new Section(head, found.group(3), example.group(1), example.group(2)));
            }
        }
        return sections;
    }

    private static String squeezed(String text) {
        return text.lines().map(String::strip).filter(line -> !line.isEmpty()).collect(Collectors.joining(" "));
    }
}
