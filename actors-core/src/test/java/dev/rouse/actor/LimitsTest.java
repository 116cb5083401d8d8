package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// Every limit at its value and one past it. (The mailbox has tests of its own.)
class LimitsTest extends SystemTest {

    @Test
    void aShardTakesAsManyTimersAsItsLimitAndNotOneMore() {
        ActorSystem small = open(limits -> limits.withTimersPerShard(3));
        Task<String> root = small.spawn(() -> {
            List<Task<Void>> sleepers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                sleepers.add(spawn(() -> sleepFor(Duration.ofHours(1))));
            }
            await(spawn(() -> {})); // by now they sleep
            String refused;
            try {
                sleepFor(Duration.ofNanos(1));
                refused = "nothing";
            } catch (LimitExceededException e) {
                refused = e.limit();
            }
            assertThatThrownBy(() -> Rouse.withTimeout(Duration.ofHours(1), () -> 1))
                    .isInstanceOf(LimitExceededException.class);
            sleepers.forEach(Task::cancel);
            await(spawn(() -> {}));
            sleepFor(Duration.ofNanos(1));
            return refused;
        });
        assertThat(root.join()).isEqualTo("timersPerShard");
    }

    @Test
    void anAskThatFindsNoTimerFailsInsteadOfWaitingWithoutADeadline() {
        ActorSystem small = open(limits -> limits.withTimersPerShard(1));
        ActorRef<String> silent = small.spawnActor("silent", () -> (_, _) -> {});
        Function<ReplyTo<Integer>, String> question = _ -> "question";
        Task<Integer> first = silent.ask(Duration.ofHours(1), question);
        Task<Integer> fromOutside = silent.ask(Duration.ofHours(1), question);
        assertThatThrownBy(fromOutside::join).isInstanceOf(LimitExceededException.class);
        assertThatThrownBy(() -> small.spawn(() -> await(silent.ask(Duration.ofHours(1), question)))
                        .join())
                .isInstanceOf(LimitExceededException.class);
        first.cancel();
    }

    @Test
    void theSpawnQueueTakesAsManyRootsAsItsLimitAndThenMakesTheSpawnerWait() {
        ActorSystem small = open(limits -> limits.withSpawnQueue(4));
        CountDownLatch blocked = new CountDownLatch(1);
        AtomicInteger spawned = new AtomicInteger();
        // The shard is held, by a turn that neither ends nor suspends, until the spawner has found the queue
        // full.
        CountDownLatch holding = new CountDownLatch(1);
        Task<Void> holder = small.spawn(() -> {
            holding.countDown();
            while (blocked.getCount() > 0) {
                Thread.onSpinWait();
            }
        });
        FunctionTest.join(holding);
        Thread spawner = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 5; i++) {
                small.spawn(() -> {});
                spawned.incrementAndGet();
            }
        });
        Awaitility.await().until(() -> spawner.getState() == Thread.State.WAITING);
        assertThat(spawned).hasValue(4);
        blocked.countDown();
        holder.join();
        Awaitility.await().until(() -> !spawner.isAlive());
        assertThat(spawned).hasValue(5);
    }

    @Test
    void theDefaultMailboxIsThatOfTheLimits() {
        ActorSystem small = open(limits -> limits.withMailbox(2));
        assertThat(small.spawn(() -> {
                            ActorRef<String> actor = Rouse.spawnActor("actor", () -> (_, _) -> {});
                            return List.of(actor.tryTell("1"), actor.tryTell("2"), actor.tryTell("3"));
                        })
                        .join())
                .containsExactly(Delivery.ACCEPTED, Delivery.ACCEPTED, Delivery.FULL);
    }

    @Test
    void theTurnTimeEndsALongTurn() {
        AtomicInteger handled = new AtomicInteger();
        AtomicInteger handledWhenOtherRan = new AtomicInteger();
        java.util.concurrent.atomic.AtomicLong now = new java.util.concurrent.atomic.AtomicLong();
        try (ActorSystem handDriven = ActorSystem.builder()
                .shards(1)
                .limits(Limits.defaults().withTurnMessages(1_000).withTurnTime(Duration.ofNanos(20)))
                .clock(now::get)
                .build()) {
            handDriven
                    .spawn(() -> {
                        ActorRef<Integer> slow = Rouse.spawnActor("slow", () -> (_, _) -> {
                            handled.incrementAndGet();
                            now.incrementAndGet();
                        });
                        for (int i = 0; i < 100; i++) {
                            slow.tell(i);
                        }
                        await(spawn(() -> handledWhenOtherRan.set(handled.get())));
                    })
                    .join();
        }
        // The clock is first read after 16 messages, and 20 ns later, at the third reading, the time is over.
        assertThat(handledWhenOtherRan).hasValue(48);
    }

    @Test
    void limitsWithTheSameValuesAreEqualAndPrintEachOfThem() {
        Limits changed = Limits.defaults().withMailbox(7).withAskTimeout(Duration.ofSeconds(2));
        assertThat(changed)
                .isEqualTo(
                        Limits.defaults().withAskTimeout(Duration.ofSeconds(2)).withMailbox(7))
                .hasSameHashCodeAs(
                        Limits.defaults().withAskTimeout(Duration.ofSeconds(2)).withMailbox(7))
                .isNotEqualTo(Limits.defaults());
        assertThat(changed.toString())
                .startsWith("Limits[functionsPerShard=4194304, spawnQueue=1024, mailbox=7, ")
                .contains(", askTimeout=PT2S, ");
        assertThat(Limits.defaults().mailbox()).isEqualTo(1_024);
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        Limits defaults = Limits.defaults();
        refuses(defaults::withFunctionsPerShard, "functionsPerShard", Integer.MAX_VALUE);
        refuses(defaults::withSpawnQueue, "spawnQueue", Limits.MAX_MAILBOX);
        refuses(defaults::withMailbox, "mailbox", Limits.MAX_MAILBOX);
        refuses(defaults::withTimersPerShard, "timersPerShard", Integer.MAX_VALUE);
        refuses(defaults::withTurnMessages, "turnMessages", Integer.MAX_VALUE);
        refuses(defaults::withFanOut, "fanOut", Integer.MAX_VALUE);
        refuses(defaults::withConnectionsPerShard, "connectionsPerShard", Integer.MAX_VALUE);
        refuses(defaults::withBufferedBytesPerConnection, "bufferedBytesPerConnection", Integer.MAX_VALUE);
        refuses(defaults::withBufferedBytesPerShard, "bufferedBytesPerShard", Integer.MAX_VALUE);
        refusesZero(defaults::withTurnTime, "turnTime");
        refusesZero(defaults::withCancelGrace, "cancelGrace");
        refusesZero(defaults::withAskTimeout, "askTimeout");
        refusesZero(defaults::withCloseTimeout, "closeTimeout");
        assertThatThrownBy(() -> ActorOptions.defaults().withMailbox(Limits.MAX_MAILBOX + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("mailbox is out of range: value=1048577, least=1, most=1048576");
        assertThatThrownBy(() -> ActorOptions.defaults().withMailbox(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("mailbox is out of range: value=0, least=1, most=1048576");
        assertThatThrownBy(() -> ActorOptions.defaults().withStopTimeout(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("stopTimeout must be above zero: value=PT0S");
    }

    private static void refuses(IntFunction<Limits> with, String name, int most) {
        assertThat(with.apply(1)).isNotEqualTo(Limits.defaults());
        assertThat(with.apply(most)).isNotNull();
        assertThatThrownBy(() -> with.apply(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(name + " is out of range: value=0, least=1, most=" + most);
        if (most < Integer.MAX_VALUE) {
            assertThatThrownBy(() -> with.apply(most + 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static void refusesZero(Function<Duration, Limits> with, String name) {
        assertThat(with.apply(Duration.ofNanos(1))).isNotEqualTo(Limits.defaults());
        assertThatThrownBy(() -> with.apply(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(name + " must be above zero: value=PT0S");
    }

    @Test
    void eachRefusalIsCounted() {
        ActorSystem small =
                open(limits -> limits.withFanOut(1).withWatchesPerActor(1).withMailbox(1));
        ActorOptions options =
                ActorOptions.defaults().withOverflow(Overflow.REJECT).withStash(1);
        ActorRef<String> actor = small.spawnActor("actor", options, () -> (message, context) -> {
            ActorRef<String> other = spawnActor("other", () -> (_, _) -> {});
            context.watch(other, _ -> "ended");
            assertThatThrownBy(() -> context.watch(other, _ -> "ended")).isInstanceOf(LimitExceededException.class);
            context.stash("first");
            assertThatThrownBy(() -> context.stash("second")).isInstanceOf(StashFullException.class);
        });
        small.spawn(() -> {
                    actor.tell("waits");
                    assertThatThrownBy(() -> actor.tell("rejected")).isInstanceOf(MailboxFullException.class);
                    assertThat(actor.tryTell("offered")).isEqualTo(Delivery.FULL);
                    Task<Void> task = spawn(() -> {});
                    assertThatThrownBy(() -> awaitAll(List.of(task, task))).isInstanceOf(LimitExceededException.class);
                })
                .join();
        Awaitility.await().untilAsserted(() -> assertThat(small.refusals()).isEqualTo(5));
    }
}
