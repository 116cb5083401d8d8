package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/// What a dump says. It is taken from a thread beside the shards, so the tests wait until those are where they are to
/// be.
class DumpTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);

    /// The lines that begin with the path and the state.
    private static List<String> lines(Dump dump, String beginning) {
        return dump.toString()
                .lines()
                .filter(line -> line.startsWith(beginning))
                .toList();
    }

    private static void awaitLine(ActorSystem dumped, String regex) {
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(dumped.dump().toString().lines()).anyMatch(line -> line.matches(regex)));
    }

    @Test
    void aSuspendedFunctionIsShownWithWhatItWaitsForWhereAndHowLong() {
        Gate gate = new Gate();
        system.spawn(() -> await(spawn(() -> waitFor(gate))));
        awaitLine(
                system,
                "/DumpTest-function suspended for \\d+\\.\\d\\ds, waits for /DumpTest-function/DumpTest-function,"
                        + " at DumpTest\\.lambda\\$\\S+\\(DumpTest\\.java:\\d+\\), shard=test-shard-0");
        awaitLine(
                system,
                "/DumpTest-function/DumpTest-function suspended for \\d+\\.\\d\\ds, waits for completion stage,"
                        + " at Gate\\.await\\(Gate\\.java:\\d+\\), shard=test-shard-0");
        gate.open();
    }

    private static void waitFor(Gate gate) {
        gate.await();
    }

    @Test
    void theAgeOfAWaitGrows() {
        Gate gate = new Gate();
        system.spawn(gate::await);
        awaitLine(system, "/DumpTest-function suspended for 0\\.[1-9]\\ds, .*");
        gate.open();
    }

    @Test
    void aDeadlineAndATimerAreShownWithTheTimeThatIsLeft() {
        system.spawn(() -> withTimeout(Duration.ofMinutes(10), () -> {
            sleepFor(Duration.ofMinutes(20));
            return 1;
        }));
        awaitLine(
                system,
                "/DumpTest-function suspended for \\S+, waits for a timer in 1[12]\\d\\d\\.\\d\\ds, at .*, deadline in"
                        + " [56]\\d\\d\\.\\d\\ds, shard=test-shard-0");
    }

    @Test
    void actorsAreShownWithTheirMailbox() {
        Gate gate = new Gate();
        ActorRef<String> busy =
                system.spawnActor("busy", ActorOptions.defaults().withMailbox(9), () -> (_, _) -> gate.await());
        system.spawnActor("idle", () -> (String _, ActorContext<String> _) -> {});
        system.spawnActor("direct", (Inbox<String> inbox) -> inbox.receive());
        for (int i = 0; i < 3; i++) {
            busy.tell("message");
        }
        awaitLine(system, "/busy suspended for .*, waits for completion stage, at .*, mailbox=2/9, shard=test-shard-0");
        awaitLine(system, "/idle idle, mailbox=0/1024, shard=test-shard-0");
        awaitLine(
                system,
                "/direct suspended for .*, waits for the inbox of /direct, at .*, mailbox=0/1024, shard=test-shard-0");
        gate.open();
    }

    @Test
    void awaitAllAndAFunctionThatWaitsForItsChildrenAreShown() {
        Gate gate = new Gate();
        system.spawn(() -> awaitAll(List.of(spawn(gate::await), spawn(gate::await))));
        system.spawn(() -> spawn(gate::await));
        awaitLine(system, "/DumpTest-function suspended for \\S+, waits for 2 of 2 tasks, .*");
        awaitLine(system, "/DumpTest-function ending, shard=test-shard-0");
        gate.open();
    }

    @Test
    void parentsComeBeforeTheirChildrenAndAllShardsAreShown() {
        ActorSystem two = open(2, limits -> limits);
        Gate gate = new Gate();
        for (int i = 0; i < 2; i++) {
            two.spawn(() -> spawnActorAnd(gate));
        }
        Awaitility.await().untilAsserted(() -> {
            List<String> paths = two.dump()
                    .toString()
                    .lines()
                    .map(line -> line.substring(0, line.indexOf(' ')))
                    .toList();
            assertThat(paths)
                    .containsExactly(
                            "actor",
                            "test-shard-0:",
                            "/DumpTest-function",
                            "/DumpTest-function/child",
                            "test-shard-1:",
                            "/DumpTest-function",
                            "/DumpTest-function/child");
        });
        gate.open();
    }

    private static void spawnActorAnd(Gate gate) {
        spawnActor("child", () -> (String _, ActorContext<String> _) -> {});
        gate.await();
    }

    @Test
    void theHeadCountsFunctionsAndActorsAndDeadLetters() {
        Gate gate = new Gate();
        system.spawn(gate::await);
        ActorRef<String> gone = system.spawnActor("gone", () -> (_, _) -> {});
        gone.stop();
        gone.terminated().join();
        gone.tell("anybody there?");
        assertThat(system.dump().toString()).startsWith("""
            actor system test: shards=1, functions and actors=1, dead letters=1
            test-shard-0: functions and actors=1, spawn queue=0/1024
            """);
        gate.open();
    }

    @Test
    void moreThanTheLinesAskedForIsCounted() {
        Gate gate = new Gate();
        system.spawn(() -> {
            List<Task<Void>> children = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                children.add(spawn(gate::await));
            }
            awaitAll(children);
        });
        Awaitility.await().untilAsserted(() -> {
            Dump dump = system.dump(10);
            assertThat(lines(dump, "/")).hasSize(10);
            assertThat(dump.toString()).endsWith("… and 21 more\n");
            assertThat(StrictJson.parse(dump.toJson()))
                    .extracting("shards")
                    .asInstanceOf(InstanceOfAssertFactories.LIST)
                    .singleElement()
                    .extracting("more")
                    .isEqualTo(21L);
        });
        gate.open();
    }

    @Test
    void aNumberOfLinesOutOfRangeIsRefused() {
        assertThatThrownBy(() -> system.dump(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lines is out of range: value=0, least=1, most=100000");
        assertThatThrownBy(() -> system.dump(100_001)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFunctionMayTakeADumpAndIsShownAsRunning() {
        ActorSystem two = open(2, limits -> limits);
        String dump = two.spawn(() -> two.dump().toString()).join();
        assertThat(dump.lines())
                .anyMatch(line -> line.matches("/DumpTest-function running,"
                        + " at DumpTest\\.lambda\\S+\\(DumpTest.java:\\d+\\), shard=test-shard-0"));
        assertThat(dump).contains("test-shard-1: functions and actors=0");
    }

    @Test
    void manyFunctionsOfAllShardsMayTakeDumpsAtOnce() {
        ActorSystem two = open(2, limits -> limits);
        List<Task<String>> takers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            takers.add(two.spawn(() -> two.dump(5).toString()));
        }
        takers.forEach(task -> assertThat(task.join()).contains("test-shard-0", "test-shard-1"));
    }

    @Test
    void aShardThatIsHeldUpIsShownWithTheTurnThatHoldsIt() {
        ActorSystem two = open(2, limits -> limits);
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean go = new AtomicBoolean();
        Task<Void> holder = two.spawn(() -> hold(begun, go));
        FunctionTest.join(begun);
        Dump dump = two.dump();
        go.set(true);
        holder.join();
        assertThat(dump.toString().lines())
                .anyMatch(line -> line.matches("test-shard-0: busy, no answer within 500ms, runs /DumpTest-function at"
                        + " DumpTest\\.hold\\(DumpTest\\.java:\\d+\\)"))
                .contains("test-shard-1: functions and actors=0, spawn queue=0/1024");
        assertThat(dump.toJson()).contains("\"progress\":\"busy\"");
        Object parsed = StrictJson.parse(dump.toJson());
        assertThat(parsed).isInstanceOf(Map.class);
    }

    private static void hold(CountDownLatch begun, AtomicBoolean go) {
        begun.countDown();
        while (!go.get()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aFunctionThatGoesOnAfterADumpIsUnharmed() {
        Gate gate = new Gate();
        List<Task<Integer>> tasks = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            int number = i;
            tasks.add(system.spawn(() -> {
                gate.await();
                return number;
            }));
        }
        for (int i = 0; i < 5; i++) {
            assertThat(system.dump().toString()).contains("dead letters=0");
        }
        gate.open();
        for (int i = 0; i < 50; i++) {
            assertThat(tasks.get(i).join()).isEqualTo(i);
        }
    }

    @Test
    void aClosedSystemCanBeDumped() {
        ActorSystem closed = open(1, limits -> limits);
        closed.close();
        assertThat(closed.dump().toString()).isEqualTo("""
            actor system test: shards=1, functions and actors=0, dead letters=0
            test-shard-0: terminated
            """);
        assertThat(closed.dump().toJson())
                .isEqualTo("{\"system\":\"test\",\"deadLetters\":0,\"shards\":[{\"shard\":\"test-shard-0\","
                        + "\"progress\":\"terminated\",\"alive\":0,\"more\":0}]}");
    }

    @Test
    void theJsonHasTheSameEntriesAsTheText() {
        Gate gate = new Gate();
        system.spawnActor("a \"quoted\" \\ name\n\u2028", () -> (String _, ActorContext<String> _) -> {});
        system.spawn(() -> withTimeout(LONG, () -> {
            gate.await();
            return 1;
        }));
        Awaitility.await().untilAsserted(() -> {
            Map<?, ?> root = (Map<?, ?>) StrictJson.parse(system.dump().toJson());
            assertThat(root.get("system")).isEqualTo("test");
            Map<?, ?> shard = (Map<?, ?>) list(root, "shards").getFirst();
            assertThat(shard.get("progress")).isEqualTo("done");
            assertThat(shard.get("alive")).isEqualTo(2L);
            List<?> entries = list(shard, "entries");
            assertThat(entries).hasSize(2);
            Map<?, ?> function = (Map<?, ?>) entries.getFirst();
            assertThat(function.get("path")).isEqualTo("/DumpTest-function");
            assertThat(function.get("state")).isEqualTo("suspended");
            assertThat(function.get("waitsFor")).isEqualTo("completion stage");
            assertThat((String) function.get("at")).startsWith("Gate.await(Gate.java:");
            assertThat((Long) function.get("ageMillis")).isNotNegative();
            assertThat((Long) function.get("deadlineMillis")).isBetween(3_500_000L, 3_600_000L);
            Map<?, ?> actor = (Map<?, ?>) entries.getLast();
            assertThat(actor.get("path")).isEqualTo("/a \"quoted\" \\ name\n\u2028");
            assertThat(actor.get("mailbox")).isEqualTo(0L);
            assertThat(actor.get("mailboxLimit")).isEqualTo(1_024L);
        });
        gate.open();
    }

    private static List<?> list(Map<?, ?> object, String name) {
        return (List<?>) Objects.requireNonNull(object.get(name));
    }

    /// Dumps from a thread and from functions while random trees come and go. `-Drouse.test.seed=N` runs one seed
    /// again.
    @RepeatedTest(3)
    void dumpsDisturbNothingWhileAllRuns() {
        long seed = Long.getLong("rouse.test.seed", System.nanoTime());
        Random random = new Random(seed);
        ActorSystem two = open(2, limits -> limits.withFunctionsPerShard(10_000));
        List<Task<Integer>> roots = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            long rootSeed = random.nextLong();
            roots.add(two.spawn(() -> tree(two, new Random(rootSeed), 4)));
        }
        while (!roots.stream().allMatch(Task::isDone)) {
            Dump dump = two.dump(1 + random.nextInt(200));
            assertThat(StrictJson.parse(dump.toJson())).as("seed=" + seed).isInstanceOf(Map.class);
            assertThat(dump.toString()).as("seed=" + seed).startsWith("actor system test: shards=2");
        }
        roots.forEach(root -> assertThat(root.join()).as("seed=" + seed).isPositive());
        assertThat(two.dump().toString()).as("seed=" + seed).contains("functions and actors=0");
    }

    private static int tree(ActorSystem dumped, Random random, int depth) {
        if (depth == 0) {
            if (random.nextInt(100) == 0) {
                return dumped.dump(20).toString().isEmpty() ? 0 : 1;
            }
            sleepFor(Duration.ofNanos(random.nextInt(20_000_000)));
            return 1;
        }
        List<Task<Integer>> children = new ArrayList<>();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            long childSeed = random.nextLong();
            children.add(spawn(() -> tree(dumped, new Random(childSeed), depth - 1)));
        }
        int sum = 0;
        for (Task<Integer> child : children) {
            sum += await(child);
        }
        return sum;
    }
}
