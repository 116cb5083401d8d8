package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorStoppedException;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.DeadLetter;
import dev.rouse.actor.Delivery;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.LimitExceededException;
import dev.rouse.actor.MailboxFullException;
import dev.rouse.actor.Overflow;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Rouse;
import dev.rouse.actor.Supervision;
import dev.rouse.actor.Task;
import dev.rouse.actor.Violation;
import dev.rouse.dispatch.Engine;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What goes wrong where a test says so, and what the runtime makes of it.
class FaultsTest {
    private static final Engine ENGINE =
            "portable".equals(System.getProperty("rouse.test.engine")) ? Engine.PORTABLE : Engine.CARRIER;

    private static final ActorOptions RESTARTING =
            ActorOptions.defaults().withSupervision(Supervision.restart().atMost(100, Duration.ofMinutes(1)));

    private static Simulation simulation(long seed) {
        return allowing(Simulation.of(seed, system -> system.engine(ENGINE)));
    }

    private static Simulation allowing(Simulation simulation) {
        simulation.logs().allow(Level.WARNING, "an actor failed and is restarted: actor=");
        simulation.logs().allow(Level.ERROR, "an actor failed and was stopped: actor=");
        return simulation;
    }

    private static ActorRef<Integer> keeper(Simulation simulation, ActorOptions options, List<Integer> handled) {
        return simulation.system().spawnActor("keeper", options, () -> (number, _) -> handled.add(number));
    }

    private static void tellAll(Simulation simulation, ActorRef<Integer> actor, int number) {
        simulation.run(() -> {
            for (int i = 0; i < number; i++) {
                actor.tell(i);
            }
        });
        simulation.runFor(Duration.ofMinutes(1));
    }

    // An actor that fails.

    @Test
    void anActorThatFailsAtItsThirdMessageIsRestartedAndHandlesTheOthers() {
        try (Simulation simulation = simulation(1)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> keeper = keeper(simulation, RESTARTING, handled);
            simulation.faults().failAt("/keeper", 3);
            tellAll(simulation, keeper, 5);

            assertThat(handled).containsExactly(0, 1, 3, 4);
            assertThat(simulation.faults().happened(Fault.FAILURE)).isOne();
            assertThat(simulation.trace()).contains("fault    FAILURE: /keeper");
        }
    }

    @Test
    void anActorThatIsNotRestartedStopsAndWhatFollowsAreDeadLetters() {
        try (Simulation simulation = simulation(1)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> keeper = keeper(simulation, ActorOptions.defaults(), handled);
            simulation.faults().failAt("/keeper", 2);
            tellAll(simulation, keeper, 4);

            assertThat(handled).containsExactly(0);
            assertThat(simulation.deadLetters()).extracting(DeadLetter::message).containsExactlyInAnyOrder(2, 3);
        }
    }

    @Test
    void theAskOfTheMessageThatFailsEndsWithTheFailureOfTheTestsChoice() {
        try (Simulation simulation = simulation(1)) {
            RuntimeException planned = new IllegalStateException("planned");
            ActorRef<ReplyTo<Integer>> echo =
                    simulation.system().spawnActor("echo", RESTARTING, () -> (replyTo, _) -> replyTo.reply(1));
            simulation.faults().failAt("/echo", 2, planned);
            simulation.run(() -> {
                assertThat(ask(echo)).isEqualTo(1);
                assertThatThrownBy(() -> ask(echo))
                        .isInstanceOf(ActorStoppedException.class)
                        .hasCause(planned);
                assertThat(ask(echo)).isEqualTo(1);
            });
        }
    }

    private static int ask(ActorRef<ReplyTo<Integer>> target) {
        return await(target.<Integer>ask(Duration.ofSeconds(1), replyTo -> replyTo));
    }

    @Test
    void aDirectActorFailsWithTheMessageThatItHasJustTaken() {
        try (Simulation simulation = simulation(1)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> direct = simulation.system().spawnActor("direct", RESTARTING, (Inbox<Integer> inbox) -> {
                while (true) {
                    handled.add(inbox.receive());
                }
            });
            simulation.faults().failAt("/direct", 2);
            tellAll(simulation, direct, 4);

            assertThat(handled).containsExactly(0, 2, 3);
        }
    }

    @Test
    void anActorThatFindsNoMemoryStopsAndItsShardGoesOn() {
        try (Simulation simulation = simulation(1)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> keeper = keeper(simulation, RESTARTING, handled);
            simulation.faults().runOutOfMemoryAt("/keeper", 2);
            tellAll(simulation, keeper, 4);

            assertThat(handled).containsExactly(0);
            assertThat(simulation.deadLetters()).extracting(DeadLetter::message).containsExactlyInAnyOrder(2, 3);
            assertThat(simulation.faults().happened(Fault.OUT_OF_MEMORY)).isOne();
        }
    }

    @Test
    void aFailureThatDoesNotComeAboutFailsTheTest() {
        Simulation simulation = simulation(1);
        ActorRef<Integer> keeper = keeper(simulation, ActorOptions.defaults(), new ArrayList<>());
        simulation.faults().failAt("/keeper", 3);
        tellAll(simulation, keeper, 2);

        assertThatThrownBy(simulation::close)
                .isInstanceOf(AssertionError.class)
                .hasMessage("the simulation has not ended cleanly: seed=1\n"
                        + "a fault has not come about: FAILURE of /keeper at message 3");
    }

    @Test
    void failuresThatAreAskedForTogetherCountTheSameMessages() {
        try (Simulation simulation = simulation(1)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> keeper = keeper(simulation, RESTARTING, handled);
            simulation.faults().failAt("/keeper", 1);
            simulation.faults().failAt("/keeper", 3);
            simulation.faults().failAt("/keeper", 3);
            tellAll(simulation, keeper, 5);

            assertThat(handled).containsExactly(1, 3, 4);
            assertThat(simulation.faults().happened(Fault.FAILURE)).isEqualTo(2);
        }
    }

    @Test
    void whateverElseDoesNotComeAboutFailsTheTestToo() {
        Simulation simulation = simulation(1);
        simulation.faults().loseReplies("/echo", 2);
        simulation.faults().fill("/keeper", 1);
        simulation.faults().refuseChildren(3);

        assertThatThrownBy(simulation::close).isInstanceOf(AssertionError.class).hasMessage("""
            the simulation has not ended cleanly: seed=1
            a fault has not come about: LOST_REPLY of /echo, left=2
            a fault has not come about: FULL_MAILBOX of /keeper, left=1
            a fault has not come about: REFUSED_CHILD, left=3\
            """);
    }

    // Replies and mailboxes.

    @Test
    void aReplyThatGetsLostTimesItsAskOutAndTheNextOneComes() {
        try (Simulation simulation = simulation(1)) {
            ActorRef<ReplyTo<Integer>> echo =
                    simulation.system().spawnActor("echo", () -> (replyTo, _) -> replyTo.reply(1));
            simulation.faults().loseReplies("/echo", 1);
            simulation.run(() -> {
                assertThatThrownBy(() -> ask(echo)).isInstanceOf(AskTimeoutException.class);
                assertThat(ask(echo)).isEqualTo(1);
            });
            assertThat(simulation.elapsed()).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void aFailureThatIsRepliedGetsLostToo() {
        try (Simulation simulation = simulation(1)) {
            ActorRef<ReplyTo<Integer>> failing = simulation
                    .system()
                    .spawnActor("failing", () -> (replyTo, _) -> replyTo.fail(new IllegalStateException("planned")));
            simulation.faults().loseReplies("/failing", 1);

            assertThatThrownBy(() -> simulation.run(() -> ask(failing))).isInstanceOf(AskTimeoutException.class);
        }
    }

    /// It was given, and so the end of the actor does not fail the ask, and a second one is a mistake.
    @Test
    void aReplyThatGetsLostWasGiven() {
        try (Simulation simulation = simulation(1)) {
            simulation.logs().expect(Level.WARNING, "ROUSE-V12 a ReplyTo was used twice: target=/echo");
            ActorRef<ReplyTo<Integer>> echo = simulation.system().spawnActor("echo", () -> (replyTo, context) -> {
                replyTo.reply(1);
                replyTo.reply(2);
                context.stop();
            });
            simulation.faults().loseReplies("/echo", 1);
            Duration before = simulation.elapsed();

            assertThatThrownBy(() -> simulation.run(() -> ask(echo))).isInstanceOf(AskTimeoutException.class);
            assertThat(simulation.elapsed().minus(before)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
            assertThat(simulation.system().violations(Violation.REPLIED_TWICE)).isOne();
            assertThat(simulation.deadLetters()).isEmpty();
        }
    }

    @Test
    void aMailboxThatIsFoundFullHoldsItsSenderUpAndKeepsTheOrder() {
        try (Simulation simulation = simulation(1)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> keeper = keeper(simulation, ActorOptions.defaults(), handled);
            simulation.faults().fill("/keeper", 3);
            tellAll(simulation, keeper, 5);

            assertThat(handled).containsExactly(0, 1, 2, 3, 4);
            assertThat(simulation.faults().happened(Fault.FULL_MAILBOX)).isEqualTo(3);
        }
    }

    @Test
    void aMailboxThatIsFoundFullRefusesOrDropsAsItsActorSays() {
        try (Simulation simulation = simulation(1)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> rejecting =
                    keeper(simulation, ActorOptions.defaults().withOverflow(Overflow.REJECT), handled);
            ActorRef<Integer> dropping = simulation
                    .system()
                    .spawnActor(
                            "dropping",
                            ActorOptions.defaults().withOverflow(Overflow.DROP_NEWEST),
                            () -> (number, _) -> handled.add(number));
            simulation.faults().fill("/keeper", 2);
            simulation.faults().fill("/dropping", 1);
            simulation.run(() -> {
                assertThatThrownBy(() -> rejecting.tell(1)).isInstanceOf(MailboxFullException.class);
                assertThat(rejecting.tryTell(2)).isEqualTo(Delivery.FULL);
                dropping.tell(3);
            });
            simulation.runFor(Duration.ofSeconds(1));

            assertThat(handled).isEmpty();
            assertThat(simulation.deadLetters()).extracting(DeadLetter::message).containsExactlyInAnyOrder(1, 3);
        }
    }

    /// From its own shard and from another one; the first message finds nothing to drop.
    @Test
    void aMailboxThatIsFoundFullDropsItsOldestIfItsActorSaysSo() {
        for (int shard = 0; shard < 2; shard++) {
            try (Simulation simulation = simulation(1)) {
                List<Integer> handled = new ArrayList<>();
                ActorOptions dropping = ActorOptions.defaults().withOverflow(Overflow.DROP_OLDEST);
                CompletableFuture<Boolean> gate = new CompletableFuture<>();
                ActorRef<Integer> keeper = simulation.system().spawnActor("keeper", dropping, () -> (number, _) -> {
                    handled.add(number);
                    boolean _ = await(gate);
                });
                keeper.tell(0);
                simulation.runFor(Duration.ofMillis(1));
                for (int i = 0; i < shard; i++) {
                    simulation.run(() -> {}); // the next root is on the other shard
                }
                simulation.faults().fill("/keeper", 2);
                simulation.run(() -> {
                    keeper.tell(1);
                    keeper.tell(2);
                });
                simulation.runFor(Duration.ofMillis(1));
                gate.complete(true);
                simulation.runFor(Duration.ofSeconds(1));

                assertThat(handled).containsExactly(0, 2);
                assertThat(simulation.deadLetters())
                        .extracting(DeadLetter::message, DeadLetter::reason)
                        .containsExactly(tuple(1, DeadLetter.Reason.DROPPED_OLDEST));
            }
        }
    }

    // Whom what is drawn spares.

    @Test
    void whatIsDrawnSparesProbesAndInboxes() {
        try (Simulation simulation = simulation(1)) {
            TestProbe<Integer> probe = TestProbe.of(simulation.system(), "probe");
            TestInbox<Integer> inbox = TestInbox.of(simulation.system(), "inbox");
            for (Fault each : List.of(Fault.FAILURE, Fault.OUT_OF_MEMORY, Fault.LOST_REPLY, Fault.FULL_MAILBOX)) {
                simulation.faults().draw(each, 1);
            }
            assertThat(probe.ref().tryTell(1)).isEqualTo(Delivery.ACCEPTED);
            assertThat(inbox.ref().tryTell(2)).isEqualTo(Delivery.ACCEPTED);

            probe.expect(1);
            simulation.runFor(Duration.ofMillis(1)); // an inbox does not wait, and is on any shard
            inbox.expect(2);
            assertThat(Stream.of(Fault.values()).map(simulation.faults()::happened))
                    .containsOnly(0L);
        }
    }

    @Test
    void whatIsDrawnSparesTheExecutorOfAShard() {
        try (Simulation simulation = simulation(1)) {
            simulation.faults().draw(Fault.FAILURE, 1);
            int result = simulation.run(() -> await(
                    CompletableFuture.supplyAsync(() -> 1, Rouse.executor()).thenApply(one -> one + 1)));

            assertThat(result).isEqualTo(2);
        }
    }

    // Children.

    @Test
    void aChildThatIsTriedIsRefusedTooAndThatIsNoFailure() {
        try (Simulation simulation = simulation(1)) {
            simulation.faults().refuseChildren(1);
            int result = simulation.run(() -> {
                assertThat(Rouse.trySpawn(() -> 1)).isEmpty();
                return await(Rouse.trySpawn(() -> 2).orElseThrow());
            });
            assertThat(result).isEqualTo(2);
        }
    }

    @Test
    void aChildThatIsRefusedSaysSoToItsParentAndTheNextOneRuns() {
        try (Simulation simulation = simulation(1)) {
            int result = simulation.run(() -> {
                simulation.faults().refuseChildren(1);
                assertThatThrownBy(() -> spawn(() -> 1))
                        .isInstanceOf(LimitExceededException.class)
                        .hasMessageStartingWith("limit reached: limit=functionsPerShard");
                return await(spawn(() -> 2));
            });
            assertThat(result).isEqualTo(2);
            assertThat(simulation.system().alive()).isZero();
        }
    }

    // Shards and time.

    @Test
    void aShardThatPausesStandsStillWhileOthersGoOn() {
        try (Simulation simulation = simulation(1)) {
            List<Duration> first = new ArrayList<>();
            List<Duration> second = new ArrayList<>();
            Task<Void> one = simulation.system().spawn(() -> tick(simulation, first));
            Task<Void> other = simulation.system().spawn(() -> tick(simulation, second));
            simulation.runFor(Duration.ofMillis(2_500));
            simulation.faults().pause("simulation-shard-0", Duration.ofSeconds(4));
            one.join();
            other.join();

            List<List<Duration>> ticks = List.of(first, second);
            assertThat(ticks).anySatisfy(each -> assertThat(longestGap(each)).isGreaterThan(Duration.ofSeconds(4)));
            assertThat(ticks).anySatisfy(each -> assertThat(longestGap(each)).isLessThan(Duration.ofMillis(1_100)));
        }
    }

    private static void tick(Simulation simulation, List<Duration> at) {
        for (int i = 0; i < 10; i++) {
            sleepFor(Duration.ofSeconds(1));
            at.add(simulation.elapsed());
        }
    }

    private static Duration longestGap(List<Duration> times) {
        return IntStream.range(1, times.size())
                .mapToObj(i -> times.get(i).minus(times.get(i - 1)))
                .max(Duration::compareTo)
                .orElseThrow();
    }

    @Test
    void whatIsHandedToAShardThatPausesComesInItsOrderAfterwards() {
        try (Simulation simulation = simulation(1)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> keeper = keeper(simulation, ActorOptions.defaults(), handled);
            simulation.runFor(Duration.ofMillis(1));
            simulation.faults().pause("simulation-shard-0", Duration.ofSeconds(1));
            for (int i = 0; i < 20; i++) {
                keeper.tell(i);
            }
            assertThat(handled).isEmpty();
            simulation.runFor(Duration.ofSeconds(2));

            assertThat(handled).isEqualTo(IntStream.range(0, 20).boxed().toList());
        }
    }

    @Test
    void aClockThatJumpsMakesTimersLateAndKeepsTheOrderOfTheirMessages() {
        for (long seed = 0; seed < 20; seed++) {
            try (Simulation simulation = simulation(seed)) {
                List<Integer> received = new ArrayList<>();
                simulation.system().spawnActor("actor", () -> new Actor<Integer>() {
                    @Override
                    public void onStart(ActorContext<Integer> context) {
                        for (int seconds = 5; seconds > 0; seconds--) {
                            context.timers().once(Duration.ofSeconds(seconds), seconds);
                        }
                    }

                    @Override
                    public void receive(Integer seconds, ActorContext<Integer> context) {
                        received.add(seconds);
                    }
                });
                simulation.run(() -> {
                    sleepFor(Duration.ofMillis(1));
                    simulation.faults().jump(Duration.ofHours(1));
                    sleepFor(Duration.ofMillis(100));
                });
                assertThat(received).as("seed=%d", seed).containsExactly(1, 2, 3, 4, 5);
                assertThat(simulation.elapsed())
                        .isBetween(Duration.ofHours(1), Duration.ofHours(1).plusSeconds(1));
            }
        }
    }

    // By seed.

    /// Everything goes wrong now and then, and still each message of a sender is handled in its order or has failed
    /// its actor, and each ask ends.
    @Seeds(100)
    void whateverGoesWrongNothingIsLostSilently(Simulation simulation) {
        allowing(simulation);
        for (Fault each : Fault.values()) {
            simulation.faults().draw(each, each == Fault.JUMP || each == Fault.PAUSE ? 0.001 : 0.05);
        }
        int messages = 10;
        List<Integer> handled = new ArrayList<>();
        ActorRef<Integer> keeper = keeper(simulation, RESTARTING, handled);
        ActorRef<ReplyTo<Integer>> echo =
                simulation.system().spawnActor("echo", RESTARTING, () -> (replyTo, _) -> replyTo.reply(1));
        int[] ended = new int[1];
        Task<Void> sender = simulation.system().spawn(() -> {
            for (int i = 0; i < messages; i++) {
                keeper.tell(i);
            }
        });
        Task<Void> asker = simulation.system().spawn(() -> {
            for (int i = 0; i < messages; i++) {
                Throwable failure = catchThrowable(() -> ask(echo));
                if (failure != null) {
                    assertThat(failure).isInstanceOfAny(AskTimeoutException.class, ActorStoppedException.class);
                }
                ended[0]++;
            }
        });
        sender.join();
        asker.join();
        simulation.runFor(Duration.ofMinutes(10));

        assertThat(ended[0]).isEqualTo(messages);
        assertThat(handled).isSorted().doesNotHaveDuplicates();
        List<Object> dead = simulation.deadLetters().stream()
                .filter(each -> each.target().equals(keeper.path())) // and not late replies of the other
                .map(DeadLetter::message)
                .toList();
        List<Object> found = new ArrayList<>(handled);
        found.addAll(dead);
        assertThat(found).doesNotHaveDuplicates();
        long failed = simulation.faults().happened(Fault.FAILURE)
                + simulation.faults().happened(Fault.OUT_OF_MEMORY);
        assertThat(messages - found.size()).isBetween(0, (int) failed);
    }

    @Test
    void theSameSeedHasTheSameFaults() {
        for (long seed = 0; seed < 10; seed++) {
            assertThat(run(Choices.ofSeed(seed))).isEqualTo(run(Choices.ofSeed(seed)));
        }
    }

    @Test
    void aRunIsRepeatedWithItsFaultsByItsChoices() {
        Choices drawn = Choices.ofSeed(3);
        List<Object> first = run(drawn);

        assertThat(run(Choices.as(drawn.made()))).isEqualTo(first);
    }

    @Test
    void aRunOfThePlainestChoicesHasNoFaults() {
        assertThat(run(Choices.as(new int[0]))).startsWith(0L);
    }

    private static List<Object> run(Choices choices) {
        Simulation simulation = allowing(new Simulation(0, choices, system -> system.engine(ENGINE)));
        List<Integer> handled = new ArrayList<>();
        try (simulation) {
            for (Fault each : Fault.values()) {
                simulation.faults().draw(each, 0.2);
            }
            ActorRef<Integer> keeper = keeper(simulation, RESTARTING, handled);
            tellAll(simulation, keeper, 10);
        }
        long happened = 0;
        for (Fault each : Fault.values()) {
            happened += simulation.faults().happened(each);
        }
        return List.of(happened, handled, simulation.fingerprint(), simulation.elapsed());
    }

    @Test
    void aRateOfOneIsAlwaysAndOfNoughtNever() {
        try (Simulation simulation = simulation(1)) {
            List<Integer> handled = new ArrayList<>();
            ActorRef<Integer> keeper = keeper(simulation, RESTARTING, handled);
            simulation.faults().draw(Fault.FAILURE, 1);
            tellAll(simulation, keeper, 3);
            simulation.faults().draw(Fault.FAILURE, 0);
            tellAll(simulation, keeper, 3);

            assertThat(handled).containsExactly(0, 1, 2);
            assertThat(simulation.faults().happened(Fault.FAILURE)).isEqualTo(3);
        }
    }

    // What is refused.

    @Test
    void whatIsNoFaultIsRefusedInWords() {
        try (Simulation simulation = simulation(1)) {
            Faults faults = simulation.faults();
            assertThatThrownBy(() -> faults.draw(Fault.PAUSE, 1.01))
                    .hasMessage("a rate is out of range: fault=PAUSE, rate=1.01, least=0, most=1");
            assertThatThrownBy(() -> faults.draw(Fault.PAUSE, -0.01)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> faults.draw(Fault.PAUSE, Double.NaN)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> faults.failAt("/a", 0)).hasMessage("a fault needs a positive number: nth=0");
            assertThatThrownBy(() -> faults.loseReplies("/a", 0))
                    .hasMessage("a fault needs a positive number: number=0");
            assertThatThrownBy(() -> faults.fill("/a", -1)).hasMessage("a fault needs a positive number: number=-1");
            assertThatThrownBy(() -> faults.refuseChildren(0)).hasMessage("a fault needs a positive number: number=0");
            assertThatThrownBy(() -> faults.jump(Duration.ZERO)).hasMessage("a fault needs a positive time: time=PT0S");
            assertThatThrownBy(() -> faults.pause("elsewhere", Duration.ofSeconds(1)))
                    .hasMessage("there is no such shard: name=elsewhere,"
                            + " shards=[simulation-shard-0, simulation-shard-1]");
        }
    }

    @Test
    void aThreadFromOutsideAsksForNoFaults() throws InterruptedException {
        try (Simulation simulation = simulation(1)) {
            List<Throwable> refused = new ArrayList<>();
            Thread other = Thread.ofPlatform()
                    .start(() ->
                            refused.add(catchThrowable(() -> simulation.faults().jump(Duration.ofSeconds(1)))));
            other.join();

            assertThat(refused.getFirst())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith(
                            "faults are for the thread that has made a simulation and for its functions: thread=");
        }
    }
}
