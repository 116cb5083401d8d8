package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static dev.rouse.actor.Rouse.trySpawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// The limit on functions and actors of a shard: who finds no room waits.
class SlotsTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);

    private ActorSystem withRoomFor(int functions) {
        return open(limits -> limits.withFunctionsPerShard(functions));
    }

    @Test
    void slotsAreForTheirOwnShardOnly() {
        Slots slots = system.spawn(() -> Cell.current("test").local.slots).join();
        SlotWait wait = new SlotWait(slots, (FunctionCell) (Task<?>) system.spawn(() -> 1));
        for (Action use : List.<Action>of(slots::tryTake, () -> slots.add(wait))) {
            assertThatThrownBy(use::run)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageEndingWith("on its own shard only");
        }
    }

    @Test
    void aSpawnWaitsUntilThereIsRoom() {
        Task<List<String>> root = withRoomFor(3)
                .spawn(
                        () -> { // the first of three
                            List<String> order = new ArrayList<>();
                            Gate gate = new Gate();
                            spawn(gate::await);
                            spawn(() -> {
                                order.add("others run");
                                gate.open();
                            });
                            await(spawn(() -> {
                                order.add("the fourth runs");
                            }));
                            return order;
                        });
        assertThat(root.join()).containsExactly("others run", "the fourth runs");
    }

    @Test
    void aShardTakesAsManyFunctionsAsItsLimitAndNotOneMore() {
        Task<Integer> root = withRoomFor(5).spawn(() -> {
            AtomicInteger alive = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                tasks.add(spawn(() -> {
                    most.accumulateAndGet(alive.incrementAndGet(), Math::max);
                    sleepFor(Duration.ofNanos(1));
                    alive.decrementAndGet();
                }));
            }
            awaitAll(tasks);
            return most.get();
        });
        assertThat(root.join()).isEqualTo(4); // and the root
    }

    @Test
    void trySpawnStartsNothingWhereThereIsNoRoom() {
        AtomicBoolean ran = new AtomicBoolean();
        Task<Integer> root = withRoomFor(2).spawn(() -> {
            Task<Integer> child = trySpawn(() -> 7).orElseThrow();
            assertThat(trySpawn(() -> ran.set(true))).isEmpty();
            int value = await(child);
            return value + await(trySpawn(() -> 1).orElseThrow());
        });
        assertThat(root.join()).isEqualTo(8);
        assertThat(ran).isFalse();
    }

    @Test
    void aRefusedTrySpawnIsCountedAndAFanOutThatRunsWithLessIsNot() {
        ActorSystem small = withRoomFor(2);
        small.spawn(() -> {
                    awaitAll(List.of(1, 2, 3), 3, item -> item);
                    assertThat(small.refusals()).isZero();
                    Task<Void> child = spawn(() -> {});
                    assertThat(trySpawn(() -> {})).isEmpty();
                    await(child);
                })
                .join();
        assertThat(small.refusals()).isEqualTo(1);
    }

    /// As if there were no memory to remember that it waits for room.
    @Test
    void aRootThatCannotBeStartedFailsAloneAndIsReported() {
        Gate gate = new Gate();
        try (RecordedLog log = new RecordedLog()) {
            CountDownLatch prepared = new CountDownLatch(1);
            Task<Void> other = system.spawn(() -> {
                Slots slots = Cell.current("test").local.slots;
                Field waiting = Slots.class.getDeclaredField("waiting");
                waiting.setAccessible(true);
                waiting.set(slots, new LinkedHashSet<SlotWait>() {
                    private static final long serialVersionUID = 1L;

                    @Override
                    public boolean add(SlotWait wait) {
                        try {
                            waiting.set(slots, null);
                        } catch (IllegalAccessException e) {
                            throw new AssertionError(e);
                        }
                        throw new OutOfMemoryError("simulated");
                    }
                });
                prepared.countDown();
                gate.await();
            });
            FunctionTest.join(prepared);
            assertThatThrownBy(system.spawn(() -> 1)::join)
                    .isInstanceOf(TaskFailedException.class)
                    .hasMessage("function failed: function=/SlotsTest-function,"
                            + " cause=java.lang.OutOfMemoryError: simulated");
            assertThat(system.spawn(() -> 2).join()).isEqualTo(2);
            gate.open();
            other.join();
            assertThat(log.messages())
                    .containsExactly("a root could not be started: root=/SlotsTest-function: shard=test-shard-0");
        }
    }

    @Test
    void trySpawnDoesNotOvertakeWhoWaits() {
        Task<Boolean> root = withRoomFor(3).spawn(() -> {
            Gate gate = new Gate();
            Task<Void> blocking = spawn(gate::await);
            Task<Integer> waiting = spawn(() -> await(spawn(() -> 1)));
            spawnersTurn();
            gate.open();
            await(blocking); // its slot belongs to the one that waits
            boolean overtaken = trySpawn(() -> 2).isPresent();
            await(waiting);
            return overtaken;
        });
        assertThat(root.join()).isFalse();
    }

    private static void spawnersTurn() {
        sleepFor(Duration.ofNanos(1));
    }

    @Test
    void spawnersGetRoomInTheOrderInWhichTheyCame() {
        Task<List<Integer>> root = withRoomFor(5).spawn(() -> {
            List<Integer> order = new ArrayList<>();
            Gate gate = new Gate();
            Task<Void> blocking = spawn(gate::await);
            List<Task<Void>> spawners = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int mine = i;
                spawners.add(spawn(() -> await(spawn(() -> {
                    order.add(mine);
                }))));
            }
            spawnersTurn();
            gate.open();
            awaitAll(spawners);
            await(blocking);
            return order;
        });
        assertThat(root.join()).containsExactly(0, 1, 2);
    }

    @Test
    void anActorThatIsSpawnedWaitsForRoomToo() {
        Task<Boolean> root = withRoomFor(2).spawn(() -> {
            AtomicBoolean ended = new AtomicBoolean();
            spawn(() -> ended.set(true));
            spawnActor("second", () -> (_, _) -> {});
            return ended.get();
        });
        assertThat(root.join()).isTrue();
    }

    @Test
    void aRootWaitsForRoom() {
        ActorSystem small = withRoomFor(1);
        for (int round = 0; round < 3; round++) {
            Gate gate = new Gate();
            Task<Void> only = small.spawn(gate::await);
            Task<Integer> next = small.spawn(() -> 1);
            gate.open();
            assertThat(next.join()).isEqualTo(1);
            assertThat(only.isDone()).isTrue();
        }
    }

    @Test
    void rootsThatWaitForRoomFillTheSpawnQueueAndThenMakeTheSpawnerWait() throws InterruptedException {
        ActorSystem small = open(limits -> limits.withFunctionsPerShard(1).withSpawnQueue(2));
        Gate gate = new Gate();
        small.spawn(gate::await);
        AtomicInteger spawned = new AtomicInteger();
        Thread spawner = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 6; i++) {
                small.spawn(() -> {});
                spawned.incrementAndGet();
            }
        });
        Awaitility.await().until(() -> spawner.getState() == Thread.State.WAITING);
        assertThat(spawned).hasValue(3); // two in the queue and one that the guardian waits with
        gate.open();
        spawner.join();
        assertThat(spawned).hasValue(6);
    }

    @Test
    void aFullSystemWithRootsThatWaitCanBeClosed() {
        ActorSystem small = withRoomFor(1);
        Gate never = new Gate();
        CountDownLatch started = new CountDownLatch(1);
        Task<Void> only = small.spawn(() -> {
            started.countDown();
            never.await();
        });
        FunctionTest.join(started);
        Task<Integer> waiting = small.spawn(() -> 1);
        Task<Integer> queued = small.spawn(() -> 2);
        small.close();
        assertThat(List.of(only, waiting, queued)).allMatch(Task::isDone);
        assertThatThrownBy(only::join).isInstanceOf(CancelledException.class);
        assertThatThrownBy(waiting::join).isInstanceOf(SystemClosedException.class);
        assertThatThrownBy(queued::join).isInstanceOf(SystemClosedException.class);
    }

    @Test
    void aSpawnerThatIsCancelledStartsNothingAndTakesNoRoomAway() {
        AtomicBoolean ran = new AtomicBoolean();
        Task<Integer> root = withRoomFor(3).spawn(() -> {
            Gate gate = new Gate();
            Task<Void> blocking = spawn(gate::await);
            Task<Void> spawner = spawn(() -> {
                spawn(() -> ran.set(true));
            });
            spawnersTurn();
            spawner.cancel();
            assertThatThrownBy(() -> await(spawner)).isInstanceOf(CancelledException.class);
            gate.open();
            await(blocking);
            return await(spawn(() -> 1)) + await(spawn(() -> 2));
        });
        assertThat(root.join()).isEqualTo(3);
        assertThat(ran).isFalse();
    }

    @Test
    void aDeadlineEndsTheWaitForRoom() {
        Task<Integer> root = withRoomFor(2).spawn(() -> {
            Gate gate = new Gate();
            Task<Void> blocking = spawn(gate::await);
            assertThatThrownBy(() -> withTimeout(Duration.ofMillis(1), () -> spawn(() -> 1)))
                    .isInstanceOf(DeadlineExceededException.class)
                    .hasMessageContaining("waited for=room on the shard");
            gate.open();
            await(blocking);
            return await(spawn(() -> 1));
        });
        assertThat(root.join()).isEqualTo(1);
    }

    @Test
    void roomIsGivenBackWhateverTheEnd() {
        Task<Integer> root = withRoomFor(2).spawn(() -> {
            for (int i = 0; i < 10; i++) {
                assertThatThrownBy(() -> await(spawn(() -> {
                            throw new IllegalStateException("broken");
                        })))
                        .hasMessage("broken");
                Task<Void> cancelled = spawn(() -> sleepFor(LONG));
                cancelled.cancel();
                assertThatThrownBy(() -> await(cancelled)).isInstanceOf(CancelledException.class);
                assertThatThrownBy(() -> withTimeout(Duration.ofNanos(1), () -> await(spawn(() -> sleepFor(LONG)))))
                        .isInstanceOf(DeadlineExceededException.class);
            }
            return await(spawn(() -> 1));
        });
        assertThat(root.join()).isEqualTo(1);
    }

    // Nobody can go on.

    private static void assertStuck(Throwable e) {
        assertThat(e)
                .isInstanceOf(LimitExceededException.class)
                .hasMessageContaining("every function of the shard waits for room or for one that does");
    }

    @Test
    void whoSpawnsWhileOnlyItselfIsThereIsRefused() {
        assertThatThrownBy(
                        () -> withRoomFor(1).spawn(() -> await(spawn(() -> 1))).join())
                .satisfies(SlotsTest::assertStuck);
    }

    @Test
    void aChainOfFunctionsThatAwaitTheirChildrenIsRefusedAtTheEndOfItsRoom() {
        assertThatThrownBy(() -> withRoomFor(10).spawn(() -> nested(20)).join()).satisfies(SlotsTest::assertStuck);
        assertThat(withRoomFor(10).spawn(() -> nested(9)).join()).isEqualTo(9);
    }

    private static int nested(int levels) {
        return levels == 0 ? 0 : await(spawn(() -> nested(levels - 1))) + 1;
    }

    @Test
    void whoEndsAndWaitsForAChildThatWaitsForRoomDoesNotHoldItUpForEver() {
        Task<Void> root = withRoomFor(2).spawn(() -> {
            spawn(() -> {
                spawn(() -> 1);
            });
        });
        root.join(); // the child has failed, and nobody has awaited that
    }

    @Test
    void theAwaitThatLetsNobodyGoOnRefusesTheOneThatWaitsForRoom() {
        Task<Void> root = withRoomFor(2).spawn(() -> {
            Task<Integer> child = spawn(() -> await(spawn(() -> 1)));
            spawnersTurn(); // the child waits, and this one could still go on
            assertThatThrownBy(() -> await(child)).satisfies(SlotsTest::assertStuck);
            assertThat(await(spawn(() -> 1))).isEqualTo(1);
        });
        root.join();
    }

    @Test
    void anAwaitAllWhoseOtherTasksHaveComeIsSeenToWaitForNobodyWhoCanGoOn() {
        Gate gate = new Gate();
        ActorSystem two = open(2, limits -> limits.withFunctionsPerShard(2));
        Task<Void> elsewhere = two.spawn(gate::await);
        Task<Void> root = two.spawn(() -> {
            Task<Void> child = spawn(() -> {
                spawn(() -> {});
            });
            awaitAll(List.of(child, elsewhere));
        });
        gate.open();
        assertThatThrownBy(root::join).satisfies(SlotsTest::assertStuck);
    }

    @Test
    void ofManyThatWaitForRoomOneIsRefusedAndTheOthersGoOn() {
        Task<Integer> root = withRoomFor(4).spawn(() -> {
            List<Task<Integer>> spawners = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                spawners.add(spawn(() -> await(spawn(() -> 1))));
            }
            int refused = 0;
            for (Settled<Integer> each : Rouse.awaitAllSettled(spawners)) {
                if (each instanceof Settled.Failed<Integer>(Throwable cause)) {
                    assertStuck(cause);
                    refused++;
                }
            }
            return refused;
        });
        assertThat(root.join()).isEqualTo(1);
    }

    @Test
    void whoWaitsWhileAnActorIsThereIsNotRefused() {
        CountDownLatch waits = new CountDownLatch(1);
        ActorSystem small = withRoomFor(2);
        ActorRef<String> actor = small.spawnActor("actor", () -> (_, context) -> context.stop());
        Task<Integer> root = small.spawn(() -> {
            spawn(waits::countDown); // has to wait for the end of the actor
            return 1;
        });
        actor.tell("stop");
        FunctionTest.join(waits);
        assertThat(root.join()).isEqualTo(1);
    }

    /// Trees of random shape in little room: whatever is refused, all ends, and all room comes back.
    @Test
    void randomTreesInLittleRoomAllEnd() {
        long seed = System.nanoTime();
        System.out.println("seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            ActorSystem small = withRoomFor(2 + random.nextInt(6));
            List<Task<Void>> roots = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                long treeSeed = random.nextLong();
                roots.add(small.spawn(() -> tree(new Random(treeSeed), 4)));
            }
            for (Task<Void> root : roots) {
                try {
                    root.join();
                } catch (LimitExceededException | CancelledException | DeadlineExceededException _) {
                    // one of its functions was refused, cancelled or too slow
                }
            }
            int limit = small.limits().functionsPerShard();
            assertThat(small.spawn(() -> {
                                int room = 1;
                                for (; trySpawn(() -> {}).isPresent(); room++) {}
                                return room;
                            })
                            .join())
                    .isEqualTo(limit);
            small.close();
        }
    }

    private static void tree(Random random, int levels) {
        List<Task<Void>> children = new ArrayList<>();
        for (int i = levels == 0 ? 0 : random.nextInt(4); i > 0; i--) {
            long seed = random.nextLong();
            children.add(
                    random.nextInt(4) == 0
                            ? withTimeout(Duration.ofMillis(1), () -> spawn(() -> tree(new Random(seed), levels - 1)))
                            : spawn(() -> tree(new Random(seed), levels - 1)));
        }
        switch (random.nextInt(5)) {
            case 0 -> awaitAll(children);
            case 1 -> Rouse.awaitAllSettled(children);
            case 2 -> children.forEach(Task::cancel);
            case 3 -> sleepFor(Duration.ofNanos(1));
            default -> {}
        }
    }
}
