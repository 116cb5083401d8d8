package dev.rouse.testkit.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorStoppedException;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadLetter;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Delivery;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.MailboxFullException;
import dev.rouse.actor.Overflow;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Supervision;
import dev.rouse.actor.Task;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.groups.Tuple;

/// What a full mailbox means to senders, on its shard and on others, and what becomes of messages that reach nobody.
/// The actor under test works on "hold" until its gate opens.
class MailboxScenariosTest {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofHours(1);

    private record Question(String name, ReplyTo<String> replyTo) {}

    /// An actor that holds, and what it has handled besides.
    private static final class Scene {
        final Simulation simulation;
        final List<String> seen = new ArrayList<>();
        final ActorRef<Object> actor;
        private final CompletableFuture<Boolean> gate = new CompletableFuture<>();

        Scene(Simulation simulation, ActorOptions options) {
            this.simulation = simulation;
            this.actor = simulation.system().spawnActor("actor", options, () -> (message, _) -> {
                if (message.equals("hold")) {
                    boolean _ = await(gate);
                } else {
                    seen.add(message instanceof Question question ? question.name() : message.toString());
                }
            });
            actor.tell("hold");
            simulation.runFor(Duration.ofMillis(1));
        }

        static Scene withRoomFor(int messages, Simulation simulation) {
            return new Scene(simulation, ActorOptions.defaults().withMailbox(messages));
        }

        static Scene withOverflow(Overflow overflow, Simulation simulation) {
            return new Scene(simulation, ActorOptions.defaults().withMailbox(3).withOverflow(overflow));
        }

        void fill(int messages) {
            simulation.run(() -> tellAll(actor, messages));
        }

        Task<String> ask(Duration timeout, String name) {
            return actor.ask(timeout, replyTo -> new Question(name, replyTo));
        }

        void expectSeen(String... messages) {
            boolean _ = gate.complete(true);
            simulation.runFor(SOON);
            assertThat(seen).containsExactly(messages);
        }

        void expectLetters(DeadLetter.Reason reason, Object... messages) {
            assertThat(simulation.deadLetters())
                    .extracting(DeadLetter::message, DeadLetter::reason)
                    .containsExactly(Stream.of(messages)
                            .map(message -> tuple(message, reason))
                            .toArray(Tuple[]::new));
        }
    }

    private static void tellAll(ActorRef<Object> actor, int messages) {
        IntStream.range(0, messages).forEach(i -> actor.tell("m" + i));
    }

    // Senders wait.

    @Seeds(20)
    void aMailboxTakesItsCapacityAndNotOneMore(Simulation simulation) {
        Scene scene = Scene.withRoomFor(3, simulation);
        List<Delivery> deliveries = simulation.run(() -> IntStream.range(0, 4)
                .mapToObj(i -> scene.actor.tryTell("m" + i))
                .toList());
        assertThat(deliveries).containsExactly(Delivery.ACCEPTED, Delivery.ACCEPTED, Delivery.ACCEPTED, Delivery.FULL);
        assertThat(scene.actor.tryTell("from outside")).isEqualTo(Delivery.FULL);
        scene.expectSeen("m0", "m1", "m2");
    }

    @Seeds(20)
    void aFullMailboxSuspendsTheFunctionThatSendsAndOthersGoOn(Simulation simulation) {
        Scene scene = Scene.withRoomFor(1, simulation);
        Task<Void> sender = simulation.system().spawn(() -> tellAll(scene.actor, 10));
        simulation.runFor(SOON);
        assertThat(sender.isDone()).isFalse();
        scene.expectSeen("m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9");
        assertThat(sender.isDone()).isTrue();
    }

    @Seeds(20)
    void sendersThatWaitGoBeforeThoseThatComeLater(Simulation simulation) {
        Scene scene = Scene.withRoomFor(4, simulation);
        Task<Void> early = simulation.system().spawn(() -> tellAll(scene.actor, 6));
        simulation.runFor(SOON);
        Task<Void> late = simulation.system().spawn(() -> scene.actor.tell("late"));
        simulation.runFor(SOON);
        scene.expectSeen("m0", "m1", "m2", "m3", "m4", "late", "m5");
        assertThat(early.isDone() && late.isDone()).isTrue();
    }

    /// Three of four places are taken, but those who wait are let in only when half of them are free.
    @Seeds(20)
    void nobodyOvertakesAWaitingSenderWhileThereIsRoomAgain(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> actor = simulation
                .system()
                .spawnActor("actor", ActorOptions.defaults().withMailbox(4), () -> (message, _) -> {
                    seen.add(message);
                    if (message.equals("hold") || message.equals("m0")) {
                        sleepFor(SOON);
                    }
                });
        actor.tell("hold");
        simulation.runFor(Duration.ofMillis(1));
        IntStream.range(0, 4).forEach(i -> actor.tell("m" + i));
        Task<Void> waiting = simulation.system().spawn(() -> actor.tell("waited"));
        simulation.runFor(SOON.multipliedBy(3).dividedBy(2));
        assertThat(seen).containsExactly("hold", "m0");
        assertThat(actor.tryTell("late")).isEqualTo(Delivery.FULL);
        for (int shard = 0; shard < 2; shard++) {
            Delivery late = simulation.run(() -> actor.tryTell("late"));
            assertThat(late).isEqualTo(Delivery.FULL);
        }
        Void _ = waiting.join();
        simulation.runFor(SOON);
        assertThat(seen).containsExactly("hold", "m0", "m1", "m2", "m3", "waited");
    }

    @Seeds(20)
    void aCancelledSenderWithdrawsItsMessage(Simulation simulation) {
        Scene scene = Scene.withRoomFor(1, simulation);
        scene.fill(1);
        Task<Void> sender = simulation.system().spawn(() -> scene.actor.tell("withdrawn"));
        simulation.runFor(SOON);
        sender.cancel();
        assertThatThrownBy(sender::join).isInstanceOf(CancelledException.class);
        assertThat(scene.actor.tryTell("full still")).isEqualTo(Delivery.FULL);
        scene.expectSeen("m0");
        scene.actor.tell("m1");
        scene.expectSeen("m0", "m1");
        assertThat(simulation.deadLetters()).isEmpty();
    }

    @Seeds(20)
    void aDeadlineEndsATellToAFullMailbox(Simulation simulation) {
        Scene scene = Scene.withRoomFor(1, simulation);
        scene.fill(1);
        assertThatThrownBy(() -> simulation.run(() -> withTimeout(SOON, () -> {
                    scene.actor.tell("late");
                    return 1;
                })))
                .isInstanceOf(DeadlineExceededException.class);
        scene.expectSeen("m0");
    }

    @Seeds(20)
    void aFullActorCanBeStoppedAndItsWaitingSendersGoOn(Simulation simulation) {
        Scene scene = Scene.withRoomFor(1, simulation);
        scene.fill(1);
        List<Task<Void>> senders = new ArrayList<>();
        for (int i = 1; i < 4; i++) {
            String message = "m" + i;
            senders.add(simulation.system().spawn(() -> scene.actor.tell(message)));
        }
        simulation.runFor(SOON);
        scene.actor.stop();
        Void _ = scene.actor.terminated().join();
        senders.forEach(Task::join);
        assertThat(scene.seen).isEmpty();
        assertThat(simulation.deadLetters())
                .extracting(DeadLetter::message)
                .containsExactlyInAnyOrder("m0", "m1", "m2", "m3");
    }

    @Seeds(20)
    void anActorThatTellsItselfWithAFullMailboxIsRefusedAndGetsItsMessageBack(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> actor = simulation
                .system()
                .spawnActor("self", ActorOptions.defaults().withMailbox(2), () -> (message, context) -> {
                    if (message.equals("start")) {
                        context.self().tell("1");
                        context.self().tell("2");
                        assertThatThrownBy(() -> context.self().tell("3"))
                                .isInstanceOfSatisfying(
                                        MailboxFullException.class,
                                        e -> assertThat(e.undelivered()).isEqualTo("3"))
                                .hasMessage("mailbox is full: target=/self, message=String, limit=2;"
                                        + " the actor cannot wait for itself to make room");
                    }
                    seen.add(message);
                });
        actor.tell("start");
        simulation.runFor(SOON);
        assertThat(seen).containsExactly("start", "1", "2");
    }

    @Seeds(3)
    void aMailboxGrowsToItsCapacityInOrder(Simulation simulation) {
        Scene scene = Scene.withRoomFor(1_000, simulation);
        scene.fill(1_000);
        assertThat(scene.actor.tryTell("one more")).isEqualTo(Delivery.FULL);
        scene.expectSeen(IntStream.range(0, 1_000).mapToObj(i -> "m" + i).toArray(String[]::new));
        assertThat(scene.actor.tryTell("room again")).isEqualTo(Delivery.ACCEPTED);
    }

    @Seeds(3)
    void manyWaitingSendersAreLetInOnce(Simulation simulation) {
        Scene scene = Scene.withRoomFor(2, simulation);
        int senders = 100;
        for (int i = 0; i < senders; i++) {
            String message = "m" + i;
            Task<Void> _ = simulation.system().spawn(() -> scene.actor.tell(message));
        }
        boolean _ = scene.gate.complete(true);
        simulation.runFor(SOON);
        assertThat(scene.seen).doesNotHaveDuplicates().hasSize(senders);
    }

    // Senders do not wait.

    @Seeds(20)
    void aMailboxThatRejectsHandsTheMessageBack(Simulation simulation) {
        Scene scene = Scene.withOverflow(Overflow.REJECT, simulation);
        simulation.run(() -> {
            tellAll(scene.actor, 3);
            assertThatThrownBy(() -> scene.actor.tell("one more"))
                    .isInstanceOfSatisfying(
                            MailboxFullException.class,
                            e -> assertThat(e.undelivered()).isEqualTo("one more"))
                    .hasMessage("mailbox is full: target=/actor, message=String, limit=3;"
                            + " the actor rejects what it has no room for; send again later, or less");
        });
        scene.expectLetters(DeadLetter.Reason.REJECTED, "one more");
        scene.expectSeen("m0", "m1", "m2");
    }

    @Seeds(20)
    void aMailboxThatDropsTheNewestKeepsWhatCameFirst(Simulation simulation) {
        Scene scene = Scene.withOverflow(Overflow.DROP_NEWEST, simulation);
        scene.fill(5);
        scene.expectLetters(DeadLetter.Reason.DROPPED_NEWEST, "m3", "m4");
        scene.expectSeen("m0", "m1", "m2");
    }

    @Seeds(20)
    void aMailboxThatDropsTheOldestKeepsWhatWasSentLast(Simulation simulation) {
        Scene scene = Scene.withOverflow(Overflow.DROP_OLDEST, simulation);
        scene.fill(5);
        simulation.runFor(SOON);
        scene.expectLetters(DeadLetter.Reason.DROPPED_OLDEST, "m0", "m1");
        scene.expectSeen("m2", "m3", "m4");
    }

    @Seeds(20)
    void anAskThatIsRejectedThrowsAtTheAsker(Simulation simulation) {
        Scene scene = Scene.withOverflow(Overflow.REJECT, simulation);
        scene.fill(3);
        assertThatThrownBy(() -> simulation.run(() -> await(scene.ask(LONG, "rejected"))))
                .isInstanceOfSatisfying(
                        MailboxFullException.class,
                        e -> assertThat(((Question) e.undelivered()).name()).isEqualTo("rejected"));
        scene.expectSeen("m0", "m1", "m2");
    }

    @Seeds(20)
    void anAskWhoseMessageIsDroppedFailsAtOnce(Simulation simulation) {
        for (Overflow overflow : List.of(Overflow.DROP_NEWEST, Overflow.DROP_OLDEST)) {
            Scene scene = Scene.withOverflow(overflow, simulation);
            boolean dropsNewest = overflow == Overflow.DROP_NEWEST;
            Duration before = simulation.elapsed();
            assertThatThrownBy(() -> simulation.run(() -> {
                        if (dropsNewest) {
                            tellAll(scene.actor, 3);
                        }
                        Task<String> dropped = scene.ask(LONG, "dropped");
                        if (!dropsNewest) {
                            tellAll(scene.actor, 3);
                        }
                        return await(dropped);
                    }))
                    .isInstanceOf(MailboxFullException.class)
                    .hasMessage("mailbox is full: target=/actor, message=Question, limit=3; the actor "
                            + (dropsNewest
                                    ? "drops what it has no room for; ask again later, or less"
                                    : "has dropped it for a newer one; ask again later, or less"));
            assertThat(simulation.elapsed().minus(before)).isLessThan(SOON);
            scene.expectSeen("m0", "m1", "m2");
        }
    }

    @Seeds(20)
    void theAskOfAMessageWhoseHandlingFailsIsFailedAlsoIfOthersWereDroppedMeanwhile(Simulation simulation) {
        simulation.logs().expect(Level.WARNING, "an actor failed and goes on: actor=/failing");
        List<Object> seen = new ArrayList<>();
        ActorOptions options = ActorOptions.defaults()
                .withMailbox(3)
                .withOverflow(Overflow.DROP_OLDEST)
                .withSupervision(Supervision.resume());
        ActorRef<Object> actor = simulation.system().spawnActor("failing", options, () -> (message, _) -> {
            if (message instanceof Question) {
                sleepFor(SOON);
                throw new IllegalStateException("planned");
            }
            seen.add(message);
        });
        simulation.run(() -> {
            Task<String> ask = actor.ask(LONG, replyTo -> new Question("asked", replyTo));
            sleepFor(SOON.dividedBy(2));
            tellAll(actor, 4);
            assertThatThrownBy(() -> await(ask)).isInstanceOf(ActorStoppedException.class);
        });
        simulation.runFor(SOON);
        assertThat(seen).containsExactly("m1", "m2", "m3");
        assertThat(simulation.deadLetters()).extracting(DeadLetter::message).containsExactly("m0");
    }

    // What reaches nobody.

    @Seeds(20)
    void theMessageOfAnAskThatHasTimedOutIsNotDelivered(Simulation simulation) {
        Scene scene = Scene.withRoomFor(10, simulation);
        simulation.run(() -> {
            Task<String> _ = scene.ask(LONG, "first");
            Task<String> expired = scene.ask(SOON, "expired");
            Task<String> last = scene.ask(LONG, "last");
            assertThatThrownBy(() -> await(expired)).isInstanceOf(AskTimeoutException.class);
            last.cancel();
        });
        scene.actor.tell("message");
        scene.expectSeen("first", "message");
        assertThat(simulation.deadLetters())
                .extracting(letter -> ((Question) letter.message()).name(), DeadLetter::reason)
                .containsExactly(tuple("expired", DeadLetter.Reason.EXPIRED), tuple("last", DeadLetter.Reason.EXPIRED));
    }

    @Seeds(20)
    void theMessageOfAnAskThatWasCancelledIsNotDeliveredToADirectActorEither(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<Question> direct = simulation.system().spawnActor("direct", (Inbox<Question> inbox) -> {
            sleepFor(SOON);
            seen.add(inbox.receive().name());
        });
        simulation.run(() -> {
            Task<String> cancelled = direct.ask(LONG, replyTo -> new Question("cancelled", replyTo));
            Task<String> wanted = direct.ask(LONG, replyTo -> new Question("wanted", replyTo));
            cancelled.cancel();
            assertThatThrownBy(() -> await(wanted)).isInstanceOf(ActorStoppedException.class);
        });
        assertThat(seen).containsExactly("wanted");
        assertThat(simulation.deadLetters()).extracting(DeadLetter::reason).containsExactly(DeadLetter.Reason.EXPIRED);
    }

    @Seeds(20)
    void aReplyAfterTheAskerHasGivenUpIsALateReply(Simulation simulation) {
        List<ReplyTo<String>> kept = new ArrayList<>();
        ActorRef<Question> keeper =
                simulation.system().spawnActor("keeper", () -> (question, _) -> kept.add(question.replyTo()));
        simulation.run(() -> {
            Task<String> asked = keeper.ask(LONG, replyTo -> new Question("q", replyTo));
            sleepFor(SOON);
            asked.cancel();
            assertThatThrownBy(() -> await(asked))
                    .isInstanceOf(CancelledException.class)
                    .hasMessage("cancelled: task=ask of /keeper");
            kept.getFirst().reply("too late");
        });
        simulation.runFor(SOON);
        assertThat(simulation.deadLetters())
                .extracting(DeadLetter::message, DeadLetter::target, DeadLetter::reason)
                .containsExactly(tuple("too late", "ask of /keeper", DeadLetter.Reason.LATE_REPLY));
    }

    /// It has forgotten the ask, and has nothing to fail.
    @Seeds(20)
    void theEndOfAnActorDoesNotFailAnAskThatIsOver(Simulation simulation) {
        ActorRef<Question> silent = simulation.system().spawnActor("silent", () -> (_, _) -> {});
        simulation.run(() -> {
            Task<String> late = silent.ask(SOON, replyTo -> new Question("late", replyTo));
            Task<String> cancelled = silent.ask(LONG, replyTo -> new Question("cancelled", replyTo));
            assertThatThrownBy(() -> await(late)).isInstanceOf(AskTimeoutException.class);
            cancelled.cancel();
        });
        simulation.runFor(SOON);
        silent.stop();
        Void _ = silent.terminated().join();
        simulation.runFor(SOON);
        assertThat(simulation.deadLetters()).isEmpty();
    }

    @Seeds(20)
    void whatWaitsWhenTheSystemClosesIsALetterOfTheClose(Simulation simulation) {
        Scene scene = Scene.withRoomFor(10, simulation);
        scene.actor.tell("waits");
        simulation.system().close();
        scene.actor.tell("after the end");
        scene.expectLetters(DeadLetter.Reason.SYSTEM_CLOSED, "waits", "after the end");
    }

    @Seeds(20)
    void theDeadlineOfAnAskRunsWhileItsMessageWaitsForRoom(Simulation simulation) {
        Scene scene = Scene.withRoomFor(1, simulation);
        scene.fill(1);
        Duration before = simulation.elapsed();
        for (int shard = 0; shard < 2; shard++) {
            assertThatThrownBy(() -> simulation.run(() -> await(scene.ask(SOON, "never"))))
                    .isInstanceOf(AskTimeoutException.class);
        }
        assertThat(simulation.elapsed().minus(before)).isBetween(SOON.multipliedBy(2), SOON.multipliedBy(3));
        scene.expectSeen("m0");
        assertThat(simulation.deadLetters()).isEmpty();
    }
}
