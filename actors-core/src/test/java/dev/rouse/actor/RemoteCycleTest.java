package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.awaitAny;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.dispatch.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Cycles of waits that go through several shards: one member is refused, and nobody who is not in a cycle. Here the
/// shards are threads, which close a cycle at the same time; orders drawn by seeds are in `HardScenariosTest` of the
/// test kit.
class RemoteCycleTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final String AT = ", at RemoteCycleTest\\.\\S+\\(RemoteCycleTest\\.java:\\d+\\)";
    private static final ActorOptions ONE = ActorOptions.defaults().withMailbox(1);

    /// The handler does this, and then replies.
    private record Do(Action work, @Nullable ReplyTo<Integer> replyTo) {}

    private static ActorRef<Do> worker(ActorSystem on, String name, ActorOptions options) {
        return on.spawnActor(name, options, () -> (message, _) -> {
            message.work().run();
            ReplyTo<Integer> replyTo = message.replyTo();
            if (replyTo != null) {
                replyTo.reply(1);
            }
        });
    }

    private static List<ActorRef<Do>> workers(ActorSystem on, ActorOptions options, int number) {
        List<ActorRef<Do>> workers = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            workers.add(worker(on, "w" + i, options));
        }
        return workers;
    }

    private static Task<Integer> ask(ActorRef<Do> worker, Action work) {
        return worker.ask(LONG, replyTo -> new Do(work, replyTo));
    }

    private static Pattern message(String by, int hops, int shards, String... lines) {
        StringBuilder text =
                new StringBuilder(Pattern.quote("ROUSE-V03 a wait closes a cycle across shards: by=" + by + ", hops="
                        + hops + ", shards=" + shards + "; let one of them send and go on instead of waiting, or reply"
                        + " before it waits"));
        for (String line : lines) {
            text.append("\n  ").append(line).append(AT);
        }
        return Pattern.compile(text.toString());
    }

    /// Lets functions go on once so many have come.
    private static final class Barrier {
        private final CompletableFuture<Boolean> all = new CompletableFuture<>();
        private final AtomicInteger missing;

        Barrier(int number) {
            missing = new AtomicInteger(number);
        }

        void arrive() {
            if (missing.decrementAndGet() == 0) {
                all.complete(true);
            }
            boolean together = await(all);
            assert together;
        }
    }

    // One cycle each: the message, and one victim.

    @Test
    void actorsOfTwoShardsThatAskEachOther() {
        ActorSystem two = open(2, limits -> limits);
        List<ActorRef<Do>> w = workers(two, ActorOptions.defaults(), 2);
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        Task<Integer> asked = ask(w.get(0), () -> {
            Task<Integer> other = ask(w.get(1), () -> await(ask(w.get(0), () -> {})));
            seen.add(catchThrowable(() -> await(other)));
        });
        assertThat(asked.join()).isEqualTo(1);
        assertThat(seen).singleElement().isInstanceOf(ViolationException.class);
        assertThat(seen.getFirst().getMessage()).matches(message("/w0", 2, 2, "/w0 asks /w1", "/w1 asks /w0"));
        assertThat(ask(w.get(1), () -> {}).join()).isEqualTo(1); // it went on
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    @Test
    void actorsOfThreeShardsThatAskEachOtherInARing() {
        ActorSystem three = open(3, limits -> limits);
        List<ActorRef<Do>> w = workers(three, ActorOptions.defaults(), 3);
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        Barrier barrier = new Barrier(3);
        List<Task<Integer>> asked = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int next = (i + 1) % 3;
            asked.add(ask(w.get(i), () -> {
                barrier.arrive();
                Throwable thrown = catchThrowable(() -> await(ask(w.get(next), () -> {})));
                if (thrown != null) {
                    seen.add(thrown);
                }
            }));
        }
        asked.forEach(task -> assertThat(task.join()).isEqualTo(1));
        assertThat(seen).singleElement().isInstanceOf(ViolationException.class);
        assertThat(seen.getFirst().getMessage())
                .matches(message("/w0", 3, 3, "/w0 asks /w1", "/w1 asks /w2", "/w2 asks /w0"));
        assertThat(three.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    @Test
    void functionsOfTwoShardsThatAwaitEachOther() {
        ActorSystem two = open(2, limits -> limits);
        CompletableFuture<Task<Integer>> second = new CompletableFuture<>();
        Task<Integer> first = two.spawn(() -> await(await(second)));
        second.complete(two.spawn(() -> await(first)));
        String name = "/RemoteCycleTest-function";
        Throwable refused = catchThrowable(first::join);
        assertThat(refused.getMessage())
                .matches(message(name, 2, 2, name + " awaits " + name, name + " awaits " + name));
        assertThatThrownBy(second.join()::join).isSameAs(refused); // as the failure of what it awaited
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    @Test
    void sendersToEachOthersFullMailboxes() {
        ActorSystem two = open(2, limits -> limits);
        List<ActorRef<Do>> w = workers(two, ONE, 2);
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        Barrier barrier = new Barrier(2);
        Do nothing = new Do(() -> {}, null);
        List<Task<Integer>> asked = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int other = 1 - i;
            asked.add(ask(w.get(i), () -> {
                barrier.arrive();
                Throwable thrown = catchThrowable(() -> {
                    w.get(other).tell(nothing);
                    w.get(other).tell(nothing);
                });
                if (thrown != null) {
                    seen.add(thrown);
                }
            }));
        }
        asked.forEach(task -> assertThat(task.join()).isEqualTo(1));
        assertThat(seen).singleElement().isInstanceOfSatisfying(MailboxFullException.class, full -> {
            assertThat(full.undelivered()).isSameAs(nothing);
            assertThat(full.getMessage()).startsWith("mailbox is full: target=/w1, message=Do, limit=1; ROUSE-V03 ");
            assertThat(full.getCause())
                    .isInstanceOf(ViolationException.class)
                    .message()
                    .matches(message(
                            "/w0",
                            2,
                            2,
                            "/w0 sends to the full mailbox of /w1",
                            "/w1 sends to the full mailbox of /w0"));
        });
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
        assertThat(two.deadLetters()).isZero();
    }

    /// Each kind of wait, the shard of the asker twice, and a function that waits for its child.
    @Test
    void aMixtureOfAsksAwaitsChildrenAndFullMailboxes() {
        ActorSystem three = open(3, limits -> limits);
        List<ActorRef<Do>> w = workers(three, ONE, 3);
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        CompletableFuture<Boolean> busy = new CompletableFuture<>();
        Task<Void> sends = three.spawn(
                () -> { // on the shard of the first worker
                    await(busy);
                    w.get(0).tell(new Do(() -> {}, null));
                    w.get(0).tell(new Do(() -> {}, null));
                });
        Task<Integer> asked = ask(w.get(0), () -> {
            busy.complete(true);
            Task<Integer> other = ask(w.get(1), () -> await(spawn(() -> await(sends))));
            seen.add(catchThrowable(() -> awaitAll(List.of(other))));
        });
        Awaitility.await().until(() -> !seen.isEmpty());
        assertThat(asked.join()).isEqualTo(1);
        String name = "/RemoteCycleTest-function";
        assertThat(seen.getFirst().getMessage())
                .matches(message(
                        "/w0",
                        4,
                        2,
                        "/w0 asks /w1",
                        "/w1 awaits /w1" + name,
                        "/w1" + name + " awaits " + name,
                        name + " sends to the full mailbox of /w0"));
        sends.join();
    }

    @Test
    void awaitingAllIsRefusedIfOneOfThemLeadsBack() {
        ActorSystem two = open(2, limits -> limits);
        List<ActorRef<Do>> w = workers(two, ActorOptions.defaults(), 2);
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        Task<Void> free = two.spawn(() -> sleepFor(LONG)); // shard 0
        Task<Integer> asked = ask(w.get(0), () -> {
            Task<Integer> back = ask(w.get(1), () -> await(ask(w.get(0), () -> {})));
            seen.add(catchThrowable(() -> awaitAll(List.of(free, back))));
        });
        assertThat(asked.join()).isEqualTo(1);
        assertThat(seen)
                .singleElement()
                .asString()
                .contains("ROUSE-V03 a wait closes a cycle across shards: by=/w0, hops=2, shards=2;");
        free.cancel();
    }

    @Test
    void awaitingAnyIsNotRefusedWhileAnotherCanCome() {
        ActorSystem two = open(2, limits -> limits);
        List<ActorRef<Do>> w = workers(two, ActorOptions.defaults(), 2);
        List<Integer> seen = new CopyOnWriteArrayList<>();
        CompletableFuture<Integer> later = new CompletableFuture<>();
        Task<Integer> asked = ask(w.get(0), () -> {
            Task<Integer> back = ask(w.get(1), () -> await(ask(w.get(0), () -> {})));
            Task<Integer> other = spawn(() -> await(later));
            seen.add(awaitAny(List.of(back, other)));
        });
        probeFor(two, 200);
        later.complete(7);
        assertThat(asked.join()).isEqualTo(1);
        assertThat(seen).containsExactly(7);
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isZero();
    }

    @Test
    void awaitingAnyOfOneIsAnAwait() {
        ActorSystem two = open(2, limits -> limits);
        List<ActorRef<Do>> w = workers(two, ActorOptions.defaults(), 2);
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        Task<Integer> asked = ask(w.get(0), () -> {
            Task<Integer> back = ask(w.get(1), () -> await(ask(w.get(0), () -> {})));
            seen.add(catchThrowable(() -> awaitAny(List.of(back))));
        });
        assertThat(asked.join()).isEqualTo(1);
        assertThat(seen).singleElement().isInstanceOf(ViolationException.class);
    }

    /// The ask is awaited by a function on a third shard; it was sent by one that has ended.
    @Test
    void anAskThatWasHandedToAnotherShardIsFollowed() {
        ActorSystem three = open(3, limits -> limits);
        List<ActorRef<Do>> w = workers(three, ActorOptions.defaults(), 3);
        CompletableFuture<Task<Integer>> handed = new CompletableFuture<>();
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        Task<Integer> asked = ask(w.get(0), () -> {
            ready.complete(true);
            seen.add(catchThrowable(() -> await(await(handed))));
        });
        ask(w.get(2), () -> {
                    await(ready);
                    handed.complete(ask(w.get(1), () -> await(ask(w.get(0), () -> {}))));
                })
                .join();
        assertThat(asked.join()).isEqualTo(1);
        assertThat(seen.getFirst().getMessage()).matches(message("/w0", 2, 2, "/w0 asks /w1", "/w1 asks /w0"));
    }

    // Policies.

    @Test
    void aReportedCycleIsReportedOnceAndGoesOnUntilSomethingElseEndsIt() {
        ActorSystem lenient = opened(ActorSystem.builder()
                .name("lenient")
                .shards(2)
                .onViolation(Violation.AWAIT_CYCLE, ViolationPolicy.REPORT));
        List<ActorRef<Do>> w = workers(lenient, ActorOptions.defaults(), 2);
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        try (RecordedLog log = new RecordedLog()) {
            CompletableFuture<Task<?>> second = new CompletableFuture<>();
            Task<Integer> asked = ask(w.get(0), () -> {
                Task<Integer> other = ask(w.get(1), () -> await(ask(w.get(0), () -> {})));
                second.complete(other);
                seen.add(catchThrowable(() -> await(other)));
            });
            Awaitility.await().until(() -> !log.messages().isEmpty());
            probeFor(lenient, 200);
            second.join().cancel();
            assertThat(asked.join()).isEqualTo(1);
            assertThat(seen).singleElement().isInstanceOf(CancelledException.class);
            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .startsWith("ROUSE-V03 a wait closes a cycle across shards: by=/w0, hops=2, shards=2; ");
            assertThat(log.records().getFirst().getThrown().getStackTrace())
                    .as("the stack of who waits")
                    .anyMatch(frame -> frame.getClassName().startsWith(RemoteCycleTest.class.getName()));
        }
        assertThat(lenient.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    /// As above, for a send, whose message is then delivered after all.
    @Test
    void aReportedSendGoesOn() {
        ActorSystem lenient =
                opened(ActorSystem.builder().shards(2).onViolation(Violation.AWAIT_CYCLE, ViolationPolicy.REPORT));
        List<ActorRef<Do>> w = workers(lenient, ONE, 2);
        List<Integer> delivered = new CopyOnWriteArrayList<>();
        try (RecordedLog log = new RecordedLog()) {
            CompletableFuture<Task<?>> awaited = new CompletableFuture<>();
            Task<Integer> asked = ask(w.get(1), () -> {
                Task<Integer> other = ask(w.get(0), () -> {
                    for (int i = 0; i < 3; i++) {
                        int number = i;
                        w.get(1).tell(new Do(() -> delivered.add(number), null));
                    }
                });
                awaited.complete(other);
                assertThat(catchThrowable(() -> await(other))).isInstanceOf(CancelledException.class);
            });
            Awaitility.await().until(() -> !log.messages().isEmpty());
            awaited.join().cancel();
            assertThat(asked.join()).isEqualTo(1);
            Awaitility.await().until(() -> delivered.size() == 3);
            assertThat(delivered).containsExactly(0, 1, 2);
        }
        assertThat(lenient.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    @Test
    void theProcessIsHaltedIfThePolicySaysSo() {
        CompletableFuture<Integer> halted = new CompletableFuture<>();
        ActorSystem strict = opened(ActorSystem.builder()
                .shards(2)
                .onViolation(Violation.AWAIT_CYCLE, ViolationPolicy.HALT)
                .halt(halted::complete));
        try (RecordedLog log = new RecordedLog()) {
            List<ActorRef<Do>> w = workers(strict, ActorOptions.defaults(), 2);
            Task<Integer> asked = ask(w.get(0), () -> await(ask(w.get(1), () -> await(ask(w.get(0), () -> {})))));
            assertThat(halted.join()).isEqualTo(Rules.HALT_STATUS);
            assertThat(catchThrowable(asked::join)).isNotNull();
            assertThat(log.messages()).isNotEmpty();
        }
    }

    // What a cycle must be to be refused. The clock of these stands still, so that only their own probes are there.

    private final AtomicLong now = new AtomicLong();

    private ActorSystem stopped(int shards) {
        return opened(ActorSystem.builder()
                .name("stopped")
                .shards(shards)
                .limits(Limits.defaults().withLongTurn(LONG))
                .clock(now::get));
    }

    private static <T> T on(LocalSystem local, Supplier<T> step) {
        CompletableFuture<T> done = new CompletableFuture<>();
        local.shard.submit(new Command() {
            @Override
            protected void execute() {
                try {
                    done.complete(step.get());
                } catch (Throwable e) {
                    done.completeExceptionally(e);
                }
            }

            @Override
            protected void refused() {
                done.completeExceptionally(new IllegalStateException("refused"));
            }
        });
        return done.join();
    }

    private static LocalSystem localOf(ActorRef<?> actor) {
        return ((Cell) actor).local;
    }

    private static void awaitSuspended(ActorRef<?> actor, Class<?> in) {
        Awaitility.await()
                .until(() -> on(localOf(actor), () -> {
                    Wait wait = Wait.of((Cell) actor);
                    return wait != null && in.isInstance(wait.object());
                }));
    }

    /// What a probe of this actor finds; null if nothing.
    private static WaitGraph.@Nullable Hop probe(ActorRef<?> actor) {
        WaitGraph graph = on(localOf(actor), () -> WaitGraph.from(Objects.requireNonNull(Wait.of((Cell) actor))));
        for (LocalSystem next = graph.next(); next != null; next = graph.next()) {
            LocalSystem at = next;
            on(at, () -> {
                graph.goOnOn(at);
                return true;
            });
        }
        return graph.closing();
    }

    private static WaitGraph.Hop cycleOf(ActorRef<?> actor) {
        return Objects.requireNonNull(probe(actor), "no cycle was found");
    }

    /// Lets what has been sent between the shards go there and back, and more.
    private static void settle(ActorSystem system) {
        for (int round = 0; round < 8; round++) {
            for (int i = 0; i < system.shards(); i++) {
                system.spawn(() -> sleepFor(Duration.ZERO)).join();
            }
        }
    }

    private static final class Ring {
        final List<ActorRef<Do>> w;
        final List<Throwable> seen = new CopyOnWriteArrayList<>();
        final List<Task<Integer>> asked = new ArrayList<>();

        /// Two that ask each other.
        Ring(ActorSystem on, Function<Task<Integer>, Action> wait) {
            w = workers(on, ActorOptions.defaults(), 2);
            Barrier barrier = new Barrier(2);
            for (int i = 0; i < 2; i++) {
                int other = 1 - i;
                asked.add(ask(w.get(i), () -> {
                    barrier.arrive();
                    Throwable thrown = catchThrowable(
                            () -> wait.apply(ask(w.get(other), () -> {})).run());
                    if (thrown != null) {
                        seen.add(thrown);
                    }
                }));
            }
            w.forEach(worker -> awaitSuspended(worker, Ask.class));
        }
    }

    private static Action justAwait(Task<Integer> task) {
        return () -> await(task);
    }

    @Test
    void twoWhoFindTheSameCycleAtTheSameTimeChooseTheSameVictim() {
        ActorSystem two = stopped(2);
        Ring ring = new Ring(two, RemoteCycleTest::justAwait);
        WaitGraph.Hop first = cycleOf(ring.w.get(0));
        WaitGraph.Hop second = cycleOf(ring.w.get(1));
        for (int i = 0; i < 4; i++) {
            CycleCheck.start(second);
            CycleCheck.start(first);
        }
        ring.asked.forEach(task -> assertThat(task.join()).isEqualTo(1));
        settle(two);
        assertThat(ring.seen)
                .singleElement()
                .asString()
                .contains("a wait closes a cycle across shards: by=/w0, hops=2, shards=2;");
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    /// Both members on the lowest shard could be the victim.
    @Test
    void whoeverFindsACycleThatPassesAShardTwiceChoosesTheSameVictim() {
        ActorSystem two = stopped(2);
        List<ActorRef<Do>> w = workers(two, ActorOptions.defaults(), 4); // shards 0, 1, 0, 1
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        List<Task<Integer>> asked = new ArrayList<>();
        Barrier barrier = new Barrier(4);
        for (int i = 0; i < 4; i++) {
            int next = (i + 1) % 4;
            asked.add(ask(w.get(i), () -> {
                barrier.arrive();
                Throwable thrown = catchThrowable(() -> await(ask(w.get(next), () -> {})));
                if (thrown != null) {
                    seen.add(thrown);
                }
            }));
        }
        w.forEach(worker -> awaitSuspended(worker, Ask.class));
        List<WaitGraph.Hop> found = new ArrayList<>();
        for (int i : new int[] {2, 0, 3, 1}) {
            found.add(cycleOf(w.get(i)));
        }
        found.forEach(CycleCheck::start);
        asked.forEach(task -> assertThat(task.join()).isEqualTo(1));
        settle(two);
        assertThat(seen).singleElement().asString().contains("hops=4, shards=2;");
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    @Test
    void aCycleThatACancellationHasBrokenSinceIsNotRefused() {
        ActorSystem two = stopped(2);
        List<Task<Integer>> waitedFor = new CopyOnWriteArrayList<>();
        Ring ring = new Ring(two, task -> {
            waitedFor.add(task);
            return justAwait(task);
        });
        WaitGraph.Hop found = cycleOf(ring.w.get(1));
        waitedFor.getFirst().cancel();
        CycleCheck.start(found);
        ring.asked.forEach(task -> assertThat(task.join()).isEqualTo(1));
        settle(two);
        assertThat(ring.seen).singleElement().isInstanceOf(CancelledException.class);
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isZero();
    }

    @Test
    void aMemberThatWasStoppedSinceIsNoMember() {
        ActorSystem two = stopped(2);
        Ring ring = new Ring(two, RemoteCycleTest::justAwait);
        WaitGraph.Hop found = cycleOf(ring.w.get(0));
        ring.w.get(1).stop();
        CycleCheck.start(found);
        ring.w.get(1).terminated().join();
        settle(two);
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isZero();
    }

    /// It waits for the same ask again, and the cycle is whole again: but that is another wait, and between the two
    /// it might have done what others waited for.
    @Test
    void aWaitThatADeadlineHasEndedSinceIsAnotherOneAlsoIfItIsForTheSame() {
        ActorSystem two = stopped(2);
        AtomicInteger deadlines = new AtomicInteger();
        Ring ring = new Ring(two, task -> () -> {
            try {
                withTimeout(Duration.ofMillis(5), () -> await(task));
            } catch (DeadlineExceededException _) {
                deadlines.incrementAndGet();
            }
            withTimeout(LONG, () -> await(task));
        });
        WaitGraph.Hop found = cycleOf(ring.w.get(1));
        now.addAndGet(8 << 20); // 8 ticks: long enough for the deadline, too short for a probe of the shard's own
        Awaitility.await().until(() -> {
            settle(two);
            return deadlines.get() == 2;
        });
        ring.w.forEach(worker -> awaitSuspended(worker, Ask.class));
        CycleCheck.start(found);
        settle(two);
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isZero();
        WaitGraph.Hop fresh = cycleOf(ring.w.get(1));
        CycleCheck.start(fresh);
        ring.asked.forEach(task -> assertThat(task.join()).isEqualTo(1));
        assertThat(two.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    /// The actor has kept the reply for later: its turn, which waits for the asker, is about something else.
    @Test
    void anActorThatHasKeptTheReplyForLaterMayWaitForTheAsker() {
        ActorSystem two = stopped(2);
        record Keep(@Nullable ReplyTo<Integer> replyTo) {}
        CompletableFuture<Task<Integer>> asker = new CompletableFuture<>();
        List<ReplyTo<Integer>> kept = new CopyOnWriteArrayList<>();
        ActorRef<Keep> keeper = two.spawnActor("keeper", () -> (message, _) -> {
            ReplyTo<Integer> replyTo = message.replyTo();
            if (replyTo == null) {
                await(await(asker));
            } else {
                kept.add(replyTo);
            }
        });
        asker.complete(two.spawn(() -> await(keeper.ask(LONG, Keep::new))));
        Awaitility.await().until(() -> kept.size() == 1);
        keeper.tell(new Keep(null));
        awaitSuspended(keeper, RemoteAwait.class);
        assertThat(probe(keeper)).isNull();
        kept.getFirst().reply(5);
        assertThat(asker.join().join()).isEqualTo(5);
    }

    @Test
    void anActorThatHasNoMessageYetOwesNothing() {
        ActorSystem two = stopped(2);
        List<ActorRef<Do>> w = workers(two, ActorOptions.defaults(), 2);
        CompletableFuture<Boolean> gate = new CompletableFuture<>();
        Task<Integer> asked = ask(w.get(0), () -> await(ask(w.get(1), () -> await(gate))));
        awaitSuspended(w.get(0), Ask.class);
        assertThat(probe(w.get(0))).isNull();
        gate.complete(true);
        assertThat(asked.join()).isEqualTo(1);
    }

    // At random.

    /// Sends out a probe for each wait that there is, for so many milliseconds.
    private static void probeFor(ActorSystem system, int millis) {
        long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        List<LocalSystem> locals = locals(system);
        while (System.nanoTime() - endNanos < 0) {
            probeAll(locals);
        }
    }

    private static List<LocalSystem> locals(ActorSystem system) {
        List<LocalSystem> locals = new ArrayList<>();
        for (int i = 0; i < system.shards(); i++) {
            locals.add(system.spawn(() -> Cell.current("test").local).join());
        }
        return locals;
    }

    private static void probeAll(List<LocalSystem> locals) {
        for (LocalSystem local : locals) {
            on(local, () -> probeAll(local));
        }
    }

    private static boolean probeAll(LocalSystem local) {
        local.guardian.forEachBelow(cell -> {
            Wait wait = Wait.of(cell);
            if (wait != null) {
                CycleProbe.start(local.longWaits.ticket(wait), local);
            }
        });
        return true;
    }

    private static void probeUnlessClosed(LocalSystem local) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        local.shard.submit(new Command() {
            @Override
            protected void execute() {
                done.complete(probeAll(local));
            }

            @Override
            protected void refused() {
                done.complete(false);
            }
        });
        done.join();
    }

    /// Actors of four shards ask only those with a higher number, through mailboxes of two, while each wait is
    /// probed again and again. There is no cycle, whatever happens.
    @Test
    void noWaitIsRefusedWhereThereIsNoCycle() {
        long seed = Long.getLong("rouse.test.seed", new Random().nextLong());
        System.out.println("RemoteCycleTest.noWaitIsRefusedWhereThereIsNoCycle: seed=" + seed);
        ActorSystem four = open(4, limits -> limits.withAskTimeout(LONG));
        List<ActorRef<Do>> w = workers(four, ActorOptions.defaults().withMailbox(2), 12);
        List<Task<Void>> askers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            Random random = new Random(seed + i);
            askers.add(four.spawn(() -> {
                for (int n = 0; n < 25; n++) {
                    await(ask(w.get(random.nextInt(3)), upwards(w, 3, random.nextLong())));
                }
            }));
        }
        List<LocalSystem> locals = locals(four);
        while (!askers.stream().allMatch(Task::isDone)) {
            probeAll(locals);
        }
        askers.forEach(Task::join);
        assertThat(four.violations(Violation.AWAIT_CYCLE)).isZero();
    }

    private static Action upwards(List<ActorRef<Do>> w, int from, long seed) {
        return () -> {
            if (from + 2 >= w.size()) {
                return;
            }
            Random random = new Random(seed);
            int next = from + random.nextInt(2);
            Action deeper = upwards(w, next + 1, random.nextLong());
            switch (random.nextInt(6)) {
                case 0 -> w.get(next).tell(new Do(deeper, null));
                case 1 -> awaitAll(List.of(ask(w.get(next), deeper), spawn(() -> random.nextInt())));
                case 2 -> await(spawn(() -> await(ask(w.get(next), deeper))));
                case 3 -> {
                    // waits for those below who wait for this one, but for a moment, and not for
                    // ever
                    Task<Integer> slow = ask(w.get(next), deeper);
                    try {
                        withTimeout(Duration.ofMillis(1), () -> await(slow));
                    } catch (DeadlineExceededException _) {
                        slow.cancel();
                    }
                }
                case 4 -> {
                    Task<Integer> cancelled = ask(w.get(next), deeper);
                    Task<Void> canceller = spawn(() -> cancelled.cancel());
                    Throwable ended = catchThrowable(() -> await(cancelled));
                    assertThat(ended == null || ended instanceof CancelledException)
                            .isTrue();
                    await(canceller);
                }
                default -> await(ask(w.get(next), deeper));
            }
        };
    }

    /// Everybody asks and tells everybody, while each wait is probed again and again. All of it ends, since each
    /// cycle is refused somewhere, and each path that is shown is a cycle.
    @Test
    void whateverCyclesThereAreEverythingEnds() {
        long seed = Long.getLong("rouse.test.seed", new Random().nextLong());
        System.out.println("RemoteCycleTest.whateverCyclesThereAreEverythingEnds: seed=" + seed);
        ActorSystem four = open(4, limits -> limits.withAskTimeout(LONG));
        List<ActorRef<Do>> w = workers(four, ActorOptions.defaults().withMailbox(2), 8);
        List<String> refusals = new CopyOnWriteArrayList<>();
        List<Task<Void>> askers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Random random = new Random(seed + i);
            askers.add(four.spawn(() -> {
                for (int n = 0; n < 25; n++) {
                    await(ask(w.get(random.nextInt(8)), anywhere(w, 4, random.nextLong(), refusals)));
                }
            }));
        }
        List<LocalSystem> locals = locals(four);
        while (!askers.stream().allMatch(Task::isDone)) {
            probeAll(locals);
        }
        askers.forEach(Task::join);
        List<String> seen = List.copyOf(refusals); // what was told may still go on
        assertThat((long) seen.size()).isPositive().isLessThanOrEqualTo(four.violations(Violation.AWAIT_CYCLE));
        assertThat(seen).allSatisfy(RemoteCycleTest::isCycle);
    }

    private static Action anywhere(List<ActorRef<Do>> w, int depth, long seed, List<String> refusals) {
        return () -> {
            Random random = new Random(seed);
            ActorRef<Do> next = w.get(random.nextInt(w.size()));
            Action deeper = depth == 0 ? () -> {} : anywhere(w, depth - 1, random.nextLong(), refusals);
            try {
                switch (random.nextInt(4)) {
                    case 0 -> next.tell(new Do(deeper, null));
                    case 1 -> await(spawn(() -> await(ask(next, deeper))));
                    default -> await(ask(next, deeper));
                }
            } catch (ViolationException e) {
                refusals.add(String.valueOf(e.getMessage()));
            } catch (MailboxFullException e) {
                Throwable cause = e.getCause();
                if (cause != null) { // else it has sent to itself
                    refusals.add(String.valueOf(cause.getMessage()));
                }
            }
        };
    }

    private static final Pattern LINE =
            Pattern.compile("  (\\S+) (?:asks|awaits|ends after|sends to the full mailbox of) (\\S+), at .*");

    private static void isCycle(String message) {
        List<String> lines = message.lines().skip(1).toList();
        String last = null;
        String first = null;
        for (String line : lines) {
            Matcher hop = LINE.matcher(line);
            assertThat(hop.matches()).as(line).isTrue();
            if (last == null) {
                first = hop.group(1);
            } else {
                assertThat(hop.group(1)).as(message).isEqualTo(last);
            }
            last = hop.group(2);
        }
        assertThat(last).as(message).isNotNull().isEqualTo(first);
    }

    @Test
    void aSystemCanCloseWhileProbesAreUnderWay() {
        for (int round = 0; round < 10; round++) {
            ActorSystem two = ActorSystem.builder()
                    .shards(2)
                    .onViolation(Violation.AWAIT_CYCLE, ViolationPolicy.REPORT)
                    .build();
            try (RecordedLog log = new RecordedLog()) {
                Ring ring = new Ring(two, RemoteCycleTest::justAwait);
                List<LocalSystem> locals = locals(two);
                CompletableFuture<CloseReport> closing = two.shutdown();
                while (!closing.isDone()) {
                    locals.forEach(RemoteCycleTest::probeUnlessClosed);
                }
                assertThat(closing.join().cutOff()).isEmpty();
                assertThat(ring.asked).allMatch(Task::isDone);
                assertThat(log.messages().size()).isLessThanOrEqualTo(1);
            }
        }
    }
}
