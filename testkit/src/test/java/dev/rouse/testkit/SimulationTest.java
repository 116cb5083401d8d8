package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.assertj.core.api.InstanceOfAssertFactories.THROWABLE;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Overflow;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Rouse;
import dev.rouse.actor.Task;
import dev.rouse.actor.Waker;
import dev.rouse.dispatch.Engine;
import dev.rouse.dispatch.Shard;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SimulationTest {
    private static final Engine ENGINE =
            "portable".equals(System.getProperty("rouse.test.engine")) ? Engine.PORTABLE : Engine.CARRIER;

    private static Simulation simulation(long seed) {
        return Simulation.of(seed, system -> system.engine(ENGINE));
    }

    @Test
    void anHourOfSleepTakesNoTime() {
        try (Simulation simulation = simulation(1)) {
            simulation.run(() -> sleepFor(Duration.ofHours(1)));

            assertThat(simulation.elapsed())
                    .isBetween(Duration.ofHours(1), Duration.ofHours(1).plusSeconds(1));
        }
    }

    @Test
    void theSameSeedMakesTheSameRun() {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(order(ENGINE, seed)).isEqualTo(order(ENGINE, seed));
        }
    }

    @Test
    void bothEnginesMakeTheSameRun() {
        assumeThat(Engine.preferred()).isEqualTo(Engine.CARRIER);
        for (long seed = 0; seed < 20; seed++) {
            assertThat(order(Engine.PORTABLE, seed)).isEqualTo(order(Engine.CARRIER, seed));
        }
    }

    @Test
    void otherSeedsMakeOtherOrders() {
        Set<List<Integer>> orders = new HashSet<>();
        for (long seed = 0; seed < 20; seed++) {
            orders.add(order(ENGINE, seed).subList(0, 5).stream()
                    .map(Integer.class::cast)
                    .toList());
        }
        assertThat(orders).hasSizeGreaterThan(5);
    }

    /// What five functions on two shards do first, and then what stands for the whole run.
    private static List<Object> order(Engine engine, long seed) {
        List<Object> order = new ArrayList<>();
        Simulation simulation = Simulation.of(seed, system -> system.engine(engine));
        try (simulation) {
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                int number = i;
                tasks.add(simulation.system().spawn(() -> {
                    order.add(number);
                    await(spawn(() -> sleepFor(Duration.ofMillis(number))));
                }));
            }
            tasks.forEach(Task::join);
        }
        order.add(simulation.fingerprint()); // now that it is closed
        order.add(simulation.trace());
        order.add(simulation.elapsed());
        return order;
    }

    private record Deposit(int amount) {}

    /// What two messages to an actor, in this order, and the ask for a third leave behind.
    private static Simulation told(Object first, Object second) {
        Simulation simulation = Simulation.of(1, system -> system.engine(ENGINE).shards(1));
        try (simulation) {
            ActorRef<Object> actor = simulation.system().spawnActor("actor", () -> (_, _) -> {});
            simulation.run(() -> {
                actor.tell(first);
                actor.tell(second);
                sleepFor(Duration.ofSeconds(1));
            });
        }
        return simulation;
    }

    @Test
    void theTraceSaysWhichMessagesATurnTakesAndWhatItWaitsFor() {
        assertThat(told(new Deposit(1), "a text").trace())
                .containsPattern(
                        "simulation-shard-0 +/actor\n.* takes SimulationTest\\$Deposit\n.* takes String a text\n")
                .containsPattern("simulation-shard-0 +/SimulationTest-function\n.* waits for a timer\n");
    }

    @Test
    void runsThatDifferInTheOrderOfMessagesHaveOtherFingerprints() {
        assertThat(told(1, 2).fingerprint()).isEqualTo(told(1, 2).fingerprint());
        assertThat(told(2, 1).fingerprint()).isNotEqualTo(told(1, 2).fingerprint());
        assertThat(told(new Deposit(1), 2).fingerprint())
                .isNotEqualTo(told(2, new Deposit(1)).fingerprint());
    }

    /// Lambdas are named by what they are for, long texts cut, and nothing by its identity.
    @Test
    void aMessageIsShownAsItIsInEachRun() {
        Runnable lambda = () -> {};
        assertThat(Trace.text(lambda)).isEqualTo("Runnable");
        assertThat(Trace.text(new Object())).isEqualTo("Object");
        assertThat(Trace.text(Level.INFO)).isEqualTo("System$Logger$Level INFO");
        assertThat(Trace.text("x".repeat(40))).isEqualTo("String " + "x".repeat(40));
        assertThat(Trace.text("x".repeat(41))).isEqualTo("String " + "x".repeat(40) + "…");
    }

    @Test
    void whatCanNeverGoOnIsSaidWithWhereItWaits() {
        try (Simulation simulation = simulation(7)) {
            List<Waker<Integer>> kept = new ArrayList<>();
            assertThatThrownBy(() -> simulation.run(() -> Rouse.<Integer>suspend(kept::add)))
                    .isInstanceOf(StuckException.class)
                    .hasMessageContaining("nothing goes on that would end the wait: seed=7")
                    .hasMessageContaining("SimulationTest.java");
        }
    }

    /// With a function that sleeps an hour and does not go when it is told to.
    private static Simulation withOneThatStays() {
        Simulation simulation = Simulation.of(
                7, system -> system.engine(ENGINE).limits(Limits.defaults().withCloseTimeout(Duration.ofMillis(1))));
        simulation.logs().allow(Level.WARNING, "functions did not end in time");
        simulation.logs().allow(Level.WARNING, "actor system was cut off");
        Task<Void> _ = simulation.system().spawn(() -> {
            while (true) {
                try {
                    sleepFor(Duration.ofHours(1));
                } catch (CancelledException _) {
                    // it does not go
                }
            }
        });
        simulation.runFor(Duration.ofMillis(1));
        return simulation;
    }

    @Test
    void whatDoesNotEndWhenTheSystemIsClosedFailsTheTest() {
        assertThatThrownBy(withOneThatStays()::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("the simulation has not ended cleanly: seed=7\n"
                        + "functions did not end when the system was closed: [CutOff");
    }

    @Test
    void aTimerThatIsLeftIsNamedWithItsOwnerAndWhenItIsDue() {
        assertThatThrownBy(withOneThatStays()::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageMatching("(?s).*\na timer was left: shard=simulation-shard-[01],"
                        + " timer=sleep of /SimulationTest-function, due in=PT.*");
    }

    /// In turn where nothing is drawn, as on the machine; else on any, so that two may meet on one.
    @Test
    void theShardOfARootIsDrawn() {
        Set<List<Object>> seen = new HashSet<>();
        for (long seed = 0; seed < 50; seed++) {
            seen.add(shardsOfTwoRoots(Choices.ofSeed(seed)));
        }
        assertThat(seen).containsExactlyInAnyOrder(List.of(0, 0), List.of(0, 1), List.of(1, 0), List.of(1, 1));
        assertThat(shardsOfTwoRoots(Choices.as(new int[0]))).containsExactly(0, 1);
    }

    private static List<Object> shardsOfTwoRoots(Choices choices) {
        try (Simulation simulation = new Simulation(0, choices, system -> system.engine(ENGINE))) {
            Task<Integer> first = simulation.system().spawn(SimulationTest::shardHere);
            Task<Integer> second = simulation.system().spawn(SimulationTest::shardHere);
            return List.of(first.join(), second.join());
        }
    }

    private static int shardHere() {
        return Objects.requireNonNull(Shard.current()).index();
    }

    /// In some runs it has failed, and was reported, before the test is seen to wait.
    @Seeds(50)
    void theFailureOfARunIsSeenByWhoRunsIt(Simulation simulation) {
        IllegalStateException planned = new IllegalStateException("planned");
        assertThatThrownBy(() -> simulation.run(() -> {
                    throw planned;
                }))
                .isSameAs(planned);
    }

    /// One whose asker has gone ends with its target, which may be later than the shard of its deadline.
    @Test
    void anAskThatEndsAfterTheShardOfItsAskerIsNotLeft() {
        try (Simulation simulation = Simulation.of(1)) {
            ActorRef<ReplyTo<Integer>> silent = simulation.system().spawnActor("silent", () -> (_, _) -> {});
            ActorSystem first = simulation.network().host("first").system();
            Task<Integer> asker = first.spawn(() -> await(silent.ask(Duration.ofHours(1), replyTo -> replyTo)));
            simulation.runFor(Duration.ofSeconds(1));
            asker.cancel();
            assertThatThrownBy(asker::join).isInstanceOf(CancelledException.class);
        }
    }

    @Test
    void whatMayBeLeftIsNoFailure() {
        Simulation simulation = withOneThatStays();
        simulation.mayLeaveFunctions();

        assertThatCode(simulation::close).doesNotThrowAnyException();
    }

    @Test
    void aThreadThatIsNotSimulatedIsNamedAtTheEnd() throws InterruptedException {
        Simulation simulation = simulation(7);
        Thread outside = Thread.ofPlatform().name("outside").start(() -> {
            Task<Void> _ = simulation.system().spawn(() -> {});
        });
        outside.join();

        assertThatThrownBy(simulation::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("seed=7")
                .hasMessageContaining("the simulation is not a closed one: a thread that is not simulated has acted")
                .hasMessageContaining("outside");
    }

    @Test
    void aSenderThatIsNoFunctionWaitsForRoomWhileOthersRun() {
        try (Simulation simulation = simulation(3)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> slow = simulation
                    .system()
                    .spawnActor("slow", ActorOptions.defaults().withMailbox(1), () -> (message, _) -> {
                        sleepFor(Duration.ofSeconds(1));
                        handled.add(message);
                    });
            for (int i = 0; i < 5; i++) {
                slow.tell(i);
            }
            simulation.runFor(Duration.ofMinutes(1));

            assertThat(handled).containsExactly(0, 1, 2, 3, 4);
        }
    }

    /// A log handler's lock, say: how long another thread holds it must not change what the system does.
    @Test
    void aTurnThatBlocksInTheMachineHoldsUpItsShardAndChangesNothing() {
        List<List<Object>> runs = new ArrayList<>();
        for (boolean blocks : List.of(true, false)) {
            Simulation simulation = simulation(5);
            simulation.mayBlock();
            List<Object> run = new ArrayList<>();
            try (simulation) {
                simulation.run(() -> {
                    Task<Void> other = spawn(() -> {
                        run.add("other");
                    });
                    if (blocks) {
                        Thread.sleep(20);
                    }
                    run.add("one");
                    await(other);
                });
            }
            run.add(simulation.fingerprint());
            runs.add(run);
        }
        assertThat(runs.getFirst()).isEqualTo(runs.getLast()).startsWith("one", "other");
    }

    @Test
    void whatWaitsOnAnotherShardForWhatNeverComesIsSaidToo() {
        try (Simulation simulation = simulation(7)) {
            List<Waker<Integer>> kept = new ArrayList<>();
            Task<Integer> never = simulation.system().spawn(() -> Rouse.<Integer>suspend(kept::add));
            assertThatThrownBy(() -> simulation.run(() -> await(never)))
                    .isInstanceOf(StuckException.class)
                    .hasMessageStartingWith("nothing goes on that would end the wait: seed=7, turns=");
            assertThatThrownBy(never::join).isInstanceOf(StuckException.class);
        }
    }

    @Test
    void aWaitInWhichTooMuchGoesOnIsSaidToBeThat() {
        try (Simulation simulation = simulation(7)) {
            List<Waker<Integer>> kept = new ArrayList<>();
            Task<Integer> never = simulation.system().spawn(() -> Rouse.<Integer>suspend(kept::add));
            Task<Void> _ = simulation.system().spawn(() -> {
                while (true) {
                    sleepFor(Duration.ofSeconds(1));
                }
            });
            simulation.limitTurns(500);

            assertThatThrownBy(never::join)
                    .isInstanceOf(StuckException.class)
                    .hasMessageStartingWith("more goes on than ends the wait: turns=501, limit=500;"
                            + " a loop without end, or a join of what never ends: seed=7, turns=");
        }
    }

    @Test
    void whatIsAwaitedOnAnotherShardMayTakeLong() {
        Duration days = Duration.ofDays(30);
        try (Simulation simulation = simulation(7)) {
            Task<Void> other = simulation.system().spawn(() -> sleepFor(days));
            simulation.run(() -> await(other));

            assertThat(simulation.elapsed()).isBetween(days, days.plusSeconds(1));
        }
    }

    @Test
    void anAnswerFromAnotherShardMayTakeLong() {
        Duration days = Duration.ofDays(30);
        try (Simulation simulation = simulation(7)) {
            ActorRef<ReplyTo<Integer>> slow = simulation.system().spawnActor("slow", () -> (replyTo, _) -> {
                sleepFor(days);
                replyTo.reply(3);
            });

            assertThat(simulation.<Integer>run(() -> await(slow.ask(days.plusHours(1), replyTo -> replyTo))))
                    .isEqualTo(3);
        }
    }

    @Test
    void aSenderMayWaitLongForRoomInAMailboxOfAnotherShard() {
        Duration days = Duration.ofDays(30);
        try (Simulation simulation = simulation(7)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> slow = simulation
                    .system()
                    .spawnActor("slow", ActorOptions.defaults().withMailbox(1), () -> (message, _) -> {
                        handled.add(message);
                        sleepFor(days);
                    });

            simulation.run(() -> {
                for (int i = 0; i < 4; i++) {
                    slow.tell(i);
                }
            });
            simulation.runFor(days.multipliedBy(4));

            assertThat(handled).containsExactly(0, 1, 2, 3);
        }
    }

    @Test
    void moreRootsThanTheSpawnQueueTakesWaitForRoom() {
        try (Simulation simulation = Simulation.of(
                3, system -> system.engine(ENGINE).limits(Limits.defaults().withSpawnQueue(1)))) {
            List<Integer> ran = new ArrayList<>();
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                int number = i;
                tasks.add(simulation.system().spawn(() -> {
                    ran.add(number);
                }));
            }
            tasks.forEach(Task::join);

            assertThat(ran).hasSize(20);
        }
    }

    @Test
    void aMailboxThatDropsItsOldestTakesWhatTheTestTells() {
        try (Simulation simulation = simulation(3)) {
            ActorOptions dropping = ActorOptions.defaults().withMailbox(1).withOverflow(Overflow.DROP_OLDEST);
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> actor =
                    simulation.system().spawnActor("dropping", dropping, () -> (message, _) -> handled.add(message));
            for (int i = 0; i < 10; i++) {
                actor.tell(i);
            }
            simulation.runFor(Duration.ofSeconds(1));

            assertThat(handled).endsWith(9);
            assertThat(handled.size() + simulation.deadLetters().size()).isEqualTo(10);
        }
    }

    @Test
    @SuppressWarnings("ThreadPriorityCheck") // as a user may have it
    void aTurnThatYieldsItsThreadGoesOn() {
        try (Simulation simulation = simulation(3)) {
            int steps = simulation.run(() -> {
                Thread.yield();
                Thread.sleep(Duration.ZERO);
                return 3;
            });
            assertThat(steps).isEqualTo(3);
        }
    }

    @Test
    void anInvariantThatDoesNotHoldAnyMoreFailsTheCallThatWaits() {
        try (Simulation simulation = simulation(3)) {
            int[] steps = new int[1];
            simulation.invariant("below three", () -> steps[0] < 3);
            assertThatThrownBy(() -> simulation.run(() -> {
                        while (true) {
                            steps[0]++;
                            sleepFor(Duration.ofSeconds(1));
                        }
                    }))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("an invariant does not hold: below three, after the turns\n")
                    .hasMessageContaining("SimulationTest-function");
            assertThat(steps[0]).isEqualTo(3);
        }
    }

    @Test
    void anInvariantThatTheLastTurnBreaksFailsTheCallThatWaitsForIt() {
        for (long seed = 0; seed < 20; seed++) {
            try (Simulation simulation = simulation(seed)) {
                int[] balance = new int[1];
                simulation.invariant("not below zero", () -> balance[0] >= 0);
                assertThatThrownBy(() -> simulation.run(() -> {
                            balance[0] = -1;
                        }))
                        .isInstanceOf(AssertionError.class)
                        .hasMessageStartingWith("an invariant does not hold: not below zero, after the turns\n");
            }
        }
    }

    @Test
    void anEndThatFailsEndsTheSystemsAllTheSameAndSaysWhatElseThereIs() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Simulation simulation = simulation(3);
        simulation.network().host("other").system();
        simulation.logs().expect(Level.ERROR, "never logged");
        int[] looks = new int[1];
        Task<Void> _ = simulation.system().spawn(() -> {
            try {
                sleepFor(Duration.ofHours(1));
            } finally {
                looks[0]++;
            }
        });
        simulation.runFor(Duration.ofMillis(1));
        simulation.invariant("nothing ends", () -> looks[0] == 0);

        assertThatThrownBy(simulation::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("an invariant does not hold: nothing ends, after the turns\n")
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .singleElement(THROWABLE)
                        .hasMessageStartingWith("the simulation has not ended cleanly: seed=3\n")
                        .hasMessageContaining("expected to be logged, and was not: level=ERROR, text=never logged"));
        assertThat(shardsThatLive(before)).isEmpty();
    }

    /// Of those that were not there before; a thread that has nothing more to do may take a moment to end.
    private static List<String> shardsThatLive(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().contains("-shard-") && !before.contains(thread))
                .filter(thread -> !isEnding(thread))
                .map(Thread::getName)
                .toList();
    }

    private static boolean isEnding(Thread thread) {
        try {
            return thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anInvariantThatThrowsIsSaidWithWhatItHasThrown() {
        try (Simulation simulation = simulation(3)) {
            RuntimeException planned = new IllegalStateException("planned");
            simulation.invariant("throws", () -> {
                throw planned;
            });
            assertThatThrownBy(() -> simulation.run(() -> {}))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("an invariant does not hold: throws, after the turns\n")
                    .hasCause(planned);
        }
    }

    @Test
    void anInvariantThatHoldsIsLookedAtAfterEachTurn() {
        try (Simulation simulation = simulation(3)) {
            int[] looks = new int[1];
            simulation.invariant("holds", () -> ++looks[0] > 0);
            long before = simulation.turns();
            simulation.runFor(Duration.ofSeconds(1));

            assertThat((long) looks[0]).isGreaterThanOrEqualTo(simulation.turns() - before);
        }
    }

    @Test
    void anotherThreadThanItsMakerIsRefused() throws InterruptedException {
        try (Simulation simulation = simulation(3)) {
            AtomicReference<Throwable> refused = new AtomicReference<>();
            Thread other = Thread.ofPlatform().start(() -> refused.set(catchThrowable(() -> simulation.run(() -> 1))));
            other.join();

            assertThat(refused.get())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("a simulation is for the thread that has made it: thread=");
        }
    }
}
