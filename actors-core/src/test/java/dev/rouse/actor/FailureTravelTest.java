package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.awaitAllSettled;
import static dev.rouse.actor.Rouse.awaitAny;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// How failures travel to those who await them, and what becomes of those that come after the first.
class FailureTravelTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(2);

    private static IllegalStateException broken(String message) {
        return new IllegalStateException(message);
    }

    private static List<String> suppressed(Throwable failure) {
        return Arrays.stream(failure.getSuppressed())
                .filter(each -> !(each instanceof AwaitedAt))
                .map(Throwable::getMessage)
                .toList();
    }

    private static Task<Object> failing(String message) {
        return spawn(() -> {
            throw broken(message);
        });
    }

    private static Task<Object> failingInCleanup(String message) {
        return spawn(() -> {
            try {
                sleepFor(LONG);
            } finally {
                sleepFor(Duration.ofNanos(1));
                failNow(message);
            }
            return null;
        });
    }

    private static void failNow(String message) {
        throw broken(message);
    }

    // awaitAll.

    @Test
    void theFailuresOfTheOthersTravelWithTheFirst() {
        Task<List<Object>> task = system.spawn(() -> awaitAll(List.of(
                failingInCleanup("second"),
                spawn(() -> {
                    sleepFor(Duration.ofNanos(1));
                    throw broken("first");
                }),
                failingInCleanup("third"))));
        assertThatThrownBy(task::join)
                .hasMessage("first")
                .satisfies(e -> assertThat(suppressed(e)).containsExactly("second", "third"));
    }

    @Test
    void moreThanSixteenFurtherFailuresAreCounted() {
        Task<List<Object>> task = system.spawn(() -> {
            List<Task<Object>> tasks =
                    IntStream.range(0, 30).mapToObj(i -> failing("n" + i)).toList();
            sleepFor(Duration.ofNanos(1));
            return awaitAll(tasks);
        });
        assertThatThrownBy(task::join)
                .hasMessage("n0")
                .satisfies(e ->
                        assertThat(suppressed(e)).hasSize(17).endsWith("n16", "further failures left out: count=13"));
    }

    @Test
    void aFailureThatTwoTasksShareIsNotSuppressedInItself() {
        IllegalStateException shared = broken("shared");
        Task<List<Object>> task = system.spawn(() -> awaitAll(List.of(
                spawn(() -> {
                    throw shared;
                }),
                spawn(() -> {
                    throw shared;
                }))));
        assertThatThrownBy(task::join)
                .isSameAs(shared)
                .satisfies(e -> assertThat(suppressed(e)).isEmpty());
    }

    @Test
    void theSameFailedTaskTwiceIsOneFailure() {
        Task<List<Object>> task = system.spawn(() -> {
            Task<Object> failing = failing("broken");
            return awaitAll(List.of(failing, failing));
        });
        assertThatThrownBy(task::join)
                .hasMessage("broken")
                .satisfies(e -> assertThat(suppressed(e)).isEmpty());
    }

    @Test
    void aCleanupThatFailsInACancelledSiblingIsNotLost() {
        Task<List<Object>> task = system.spawn(() -> awaitAll(List.of(
                spawn(() -> {
                    try (AutoCloseable _ = () -> failNow("close")) {
                        sleepFor(LONG);
                        return null;
                    }
                }),
                spawn(() -> {
                    sleepFor(Duration.ofNanos(1));
                    throw broken("first");
                }))));
        assertThatThrownBy(task::join)
                .hasMessage("first")
                .satisfies(
                        e -> assertThat(e.getSuppressed()[0].getSuppressed()[0]).hasMessage("close"));
    }

    @Test
    void aTaskThatIsCancelledMeanwhileEndsTheAwaitAll() {
        Task<Integer> task = system.spawn(() -> {
            Task<Object> waiting = spawn(() -> {
                sleepFor(LONG);
                return null;
            });
            spawn(waiting::cancel);
            assertThatThrownBy(() -> awaitAll(List.of(spawn(() -> 1), waiting))).isInstanceOf(CancelledException.class);
            sleepFor(Duration.ofNanos(1)); // the caller itself is not cancelled
            return 1;
        });
        assertThat(task.join()).isEqualTo(1);
    }

    @Test
    void aListThatChangesMeanwhileIsTakenAsItWas() {
        Task<List<Integer>> task = system.spawn(() -> {
            List<Task<Integer>> tasks = new ArrayList<>(List.of(spawn(() -> 1), spawn(() -> 2)));
            spawn(() -> {
                tasks.clear();
                tasks.add(spawn(() -> 3));
            });
            return awaitAll(tasks);
        });
        assertThat(task.join()).containsExactly(1, 2);
    }

    @Test
    void aStrangerMayAwaitTheChildOfAnotherFunction() {
        Task<Task<Integer>> parent = system.spawn(() -> spawn(() -> {
            sleepFor(Duration.ofNanos(1));
            return 5;
        }));
        assertThat(system.spawn(() -> await(await(parent))).join()).isEqualTo(5);
    }

    // Without awaitAll.

    @Test
    void theFailuresOfSiblingsTravelWithTheFailureOfTheirParent() {
        Task<Object> task = system.spawn(() -> {
            failingInCleanup("second");
            Task<Object> first = failing("first");
            sleepFor(Duration.ofNanos(1));
            return await(first);
        });
        assertThatThrownBy(task::join)
                .hasMessage("first")
                .satisfies(e -> assertThat(suppressed(e)).containsExactly("second"));
    }

    // awaitAllSettled and awaitAny.

    @Test
    void awaitAllSettledReturnsEveryOutcomeInOrderAndCancelsNothing() {
        Task<List<Settled<Object>>> task = system.spawn(() -> {
            Task<Object> cancelled = spawn(() -> null);
            cancelled.cancel();
            Task<Object> late = spawn(() -> {
                sleepFor(SHORT);
                return "late";
            });
            return awaitAllSettled(List.of(failing("broken"), late, cancelled, late));
        });
        List<Settled<Object>> settled = task.join();
        assertThat(settled).hasSize(4);
        assertThat(((Settled.Failed<Object>) settled.get(0)).cause()).hasMessage("broken");
        assertThat(settled.get(1)).isEqualTo(new Settled.Succeeded<Object>("late"));
        assertThat(((Settled.Failed<Object>) settled.get(2)).cause()).isInstanceOf(CancelledException.class);
        assertThat(settled.get(3)).isEqualTo(settled.get(1));
    }

    @Test
    void awaitAllSettledOfNothingIsEmpty() {
        assertThat(system.spawn(() -> awaitAllSettled(List.<Task<Integer>>of())).join())
                .isEmpty();
    }

    @Test
    void awaitAnyTakesTheSameTaskTwiceAndOnesThatHaveEnded() {
        Task<Integer> task = system.spawn(() -> {
            Task<Integer> one = spawn(() -> 1);
            int first = awaitAny(List.of(one, one));
            return first + awaitAny(List.of(one, spawn(() -> 5)));
        });
        assertThat(task.join()).isEqualTo(2);
    }

    @Test
    void moreTasksThanTheFanOutAllowsAreRefusedAndNoneIsCancelled() {
        ActorSystem small = open(limits -> limits.withFanOut(2));
        Task<List<Integer>> task = small.spawn(() -> {
            List<Task<Integer>> tasks = List.of(spawn(() -> 1), spawn(() -> 2), spawn(() -> 3));
            assertThatThrownBy(() -> awaitAll(tasks)).isInstanceOf(LimitExceededException.class);
            assertThatThrownBy(() -> awaitAny(tasks)).isInstanceOf(LimitExceededException.class);
            assertThatThrownBy(() -> awaitAllSettled(tasks)).isInstanceOf(LimitExceededException.class);
            assertThatThrownBy(() -> awaitAll(List.of(1, 2, 3), 3, item -> item))
                    .isInstanceOf(LimitExceededException.class);
            List<Integer> values = new ArrayList<>(awaitAll(tasks.subList(0, 2)));
            values.addAll(awaitAll(List.of(3, 4, 5), 2, item -> item));
            return values;
        });
        assertThat(task.join()).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void aChildThatTheDeadlineCancelsDoesNotHideTheDeadline() {
        Task<Object> task = system.spawn(() -> withTimeout(
                SHORT,
                () -> await(spawn(() -> {
                    sleepFor(LONG);
                    return null;
                }))));
        assertThatThrownBy(task::join).isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void aDeadlineSaysWhatItWasWaitingForAndWhereTheTimeWent() {
        AtomicLong now = new AtomicLong();
        ActorSystem handDriven = opened(ActorSystem.builder().shards(1).clock(now::get));
        CountDownLatch asked = new CountDownLatch(1);
        ActorRef<ReplyTo<Integer>> silent = handDriven.spawnActor("silent", () -> (_, _) -> asked.countDown());
        Task<Integer> task = handDriven.spawn(() -> withTimeout(Duration.ofMillis(30), () -> {
            now.addAndGet(Duration.ofMillis(3).toNanos());
            return await(silent.ask(replyTo -> replyTo));
        }));
        FunctionTest.join(asked); // in a turn after that of who asks, which has suspended by then
        now.addAndGet(Duration.ofMillis(40).toNanos());
        handDriven.spawn(() -> {}); // has the shard look at its clock
        assertThatThrownBy(task::join)
                .hasMessage("deadline exceeded: function=/FailureTravelTest-function, timeout=30ms, waited for=ask of"
                        + " /silent; running=3ms, waiting=40ms, queued=0ms");
    }

    // The text of a trace.

    static final class Teller implements Actor<ReplyTo<Integer>> {
        @Override
        public void receive(ReplyTo<Integer> replyTo, ActorContext<ReplyTo<Integer>> context) {
            throw broken("no money");
        }
    }

    private static int clerk(ActorRef<ReplyTo<Integer>> teller) {
        return await(teller.ask(replyTo -> replyTo));
    }

    private static int branch(ActorRef<ReplyTo<Integer>> teller) {
        return await(spawn(() -> clerk(teller)));
    }

    private static String trace(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    /// The lines that begin a stack, and the frames of this test.
    private static List<String> shape(Throwable failure) {
        return trace(failure)
                .lines()
                .map(String::strip)
                .filter(line -> !line.startsWith("...") && (!line.startsWith("at ") || line.contains("FailureTravel")))
                .map(line -> line.replaceFirst("[(].*", "").replaceFirst("^at .*FailureTravelTest[.$]", "at "))
                .filter(line -> !line.startsWith("at lambda$"))
                .toList();
    }

    @Test
    void aFailureReadsFromTheActorThatWasAskedUpToTheThreadThatJoins() {
        ActorSystem two = open(2, limits -> limits);
        ActorRef<ReplyTo<Integer>> teller = two.spawnActor("teller", Teller::new);
        Task<Integer> root = two.spawn(() -> branch(teller)); // on the other shard
        assertThatThrownBy(root::join)
                .satisfies(e -> assertThat(shape(e))
                        .containsExactly(
                                "dev.rouse.actor.ActorStoppedException: no reply can come: target=/teller, the actor"
                                        + " has failed",
                                "Suppressed: awaited by /FailureTravelTest-function/FailureTravelTest-function",
                                "at clerk",
                                "Suppressed: awaited by /FailureTravelTest-function",
                                "at branch",
                                "Suppressed: awaited by thread "
                                        + Thread.currentThread().getName(),
                                "at aFailureReadsFromTheActorThatWasAskedUpToTheThreadThatJoins",
                                "Caused by: java.lang.IllegalStateException: no money",
                                "at broken",
                                "at Teller.receive",
                                "at Teller.receive")); // the second is its bridge
    }

    private static int leaf() {
        throw broken("leaf");
    }

    private static int middle() {
        return await(spawn(FailureTravelTest::leaf));
    }

    private static int top() {
        return await(spawn(FailureTravelTest::middle));
    }

    @Test
    void aFailureReadsUpThroughThreeLevels() {
        Task<Integer> root = system.spawn(FailureTravelTest::top);
        assertThatThrownBy(root::join)
                .satisfies(e -> assertThat(shape(e))
                        .containsExactly(
                                "java.lang.IllegalStateException: leaf",
                                "at broken",
                                "at leaf",
                                "Suppressed: awaited by /FailureTravelTest-function/FailureTravelTest-function",
                                "at middle",
                                "Suppressed: awaited by /FailureTravelTest-function",
                                "at top",
                                "Suppressed: awaited by thread "
                                        + Thread.currentThread().getName(),
                                "at aFailureReadsUpThroughThreeLevels"));
    }

    @Test
    void aFailureOfAnotherShardReadsTheSame() {
        ActorSystem two = open(2, limits -> limits);
        Task<Integer> there = two.spawn(FailureTravelTest::leaf);
        Task<Integer> here = two.spawn(() -> awaits(there));
        assertThatThrownBy(here::join)
                .satisfies(e -> assertThat(shape(e))
                        .startsWith(
                                "java.lang.IllegalStateException: leaf",
                                "at broken",
                                "at leaf",
                                "Suppressed: awaited by /FailureTravelTest-function",
                                "at awaits"));
    }

    private static int awaits(Task<Integer> task) {
        return await(task);
    }
}
