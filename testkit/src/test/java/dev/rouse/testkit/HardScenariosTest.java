package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAllSettled;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadLetter;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.MailboxFullException;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Settled;
import dev.rouse.actor.Supervision;
import dev.rouse.actor.Task;
import dev.rouse.actor.ViolationException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/// The races that a runtime of this kind is judged by, each under many schedules.
class HardScenariosTest {
    private static final ActorOptions ONE = ActorOptions.defaults().withMailbox(1);

    /// Has whoever handles it send as many of one less to the other.
    private record Bounce(int times) {}

    /// Two actors with mailboxes of 1, on shards of their own, flood each other. Each message is either handled or
    /// comes back in a refusal that names the cycle.
    @Seeds(200)
    void fullMailboxesBothWaysEndInProgressOrARefusal(Simulation simulation) {
        List<ActorRef<Bounce>> pair = new ArrayList<>();
        int[] sent = new int[1];
        int[] handled = new int[1];
        int[] refused = new int[1];
        for (int i = 0; i < 2; i++) {
            int other = 1 - i;
            pair.add(simulation.system().spawnActor("a" + i, ONE, () -> (message, _) -> {
                handled[0]++;
                for (int n = 0; n < message.times(); n++) {
                    try {
                        sent[0]++;
                        pair.get(other).tell(new Bounce(message.times() - 1));
                    } catch (MailboxFullException e) {
                        refused[0]++;
                        assertThat(e.getCause()).hasMessageContaining("ROUSE-V03");
                        assertThat(e.undelivered()).isEqualTo(new Bounce(message.times() - 1));
                    }
                }
            }));
        }
        for (ActorRef<Bounce> each : pair) {
            sent[0]++;
            each.tell(new Bounce(4));
        }
        simulation.runFor(Duration.ofMinutes(1));

        assertThat(handled[0] + refused[0]).isEqualTo(sent[0]);
        assertThat(simulation.deadLetters()).isEmpty();
    }

    /// A task that ends while another function cancels it has one outcome, which everybody sees.
    @Seeds(200)
    void aCancelThatMeetsACompletionLeavesOneOutcome(Simulation simulation) {
        CompletableFuture<Task<Integer>> started = new CompletableFuture<>();
        ActorSystem system = simulation.system();
        Task<Integer> owner = system.spawn(() -> {
            Task<Integer> child = spawn(() -> {
                steps(4);
                return 1;
            });
            started.complete(child);
            return outcome(child);
        });
        Task<Void> killer = system.spawn(() -> {
            Task<Integer> victim = await(started);
            steps(2);
            victim.cancel();
        });
        Task<Integer> onlooker = system.spawn(() -> outcome(await(started)));
        killer.join();

        int result = owner.join();
        assertThat(onlooker.join()).isEqualTo(result);
        assertThat(outcomeOfJoin(started.join())).isEqualTo(result);
        sees(result, Set.of(0, 1));
    }

    /// Gives up its turn so many times.
    private static void steps(int number) {
        for (int i = 0; i < number; i++) {
            await(spawn(() -> {}));
        }
    }

    private final Set<Object> seen = new HashSet<>();
    private Set<?> possible = Set.of();

    /// What this run has come to, of what can be; over all seeds each is to occur.
    private void sees(Object outcome, Set<?> outcomes) {
        possible = outcomes;
        seen.add(outcome);
    }

    @AfterEach
    void eachOutcomeHasOccurred() {
        if (System.getProperty("rouse.seed") == null) {
            assertThat(seen).isEqualTo(possible);
        }
    }

    /// What the task has returned; 0 if it was cancelled.
    private static int outcome(Task<Integer> task) {
        try {
            return await(task);
        } catch (CancelledException _) {
            return 0;
        }
    }

    private static int outcomeOfJoin(Task<Integer> task) {
        try {
            return task.join();
        } catch (CancelledException _) {
            return 0;
        }
    }

    /// A reply that comes about when the time of its ask is over is the value of the ask or a dead letter, and
    /// never both or neither.
    @Seeds(200)
    void aReplyThatMeetsATimeoutIsSeenOnceOrIsADeadLetter(Simulation simulation) {
        Duration timeout = Duration.ofMillis(20);
        ActorRef<ReplyTo<Integer>> slow = simulation.system().spawnActor("slow", () -> (replyTo, _) -> {
            sleepFor(timeout);
            replyTo.reply(1);
        });
        boolean answered = simulation.run(() -> {
            try {
                return await(slow.<Integer>ask(timeout, replyTo -> replyTo)) == 1;
            } catch (AskTimeoutException _) {
                return false;
            }
        });
        simulation.runFor(Duration.ofSeconds(1));

        assertThat(simulation.deadLetters())
                .extracting(DeadLetter::reason)
                .isEqualTo(answered ? List.of() : List.of(DeadLetter.Reason.LATE_REPLY));
        sees(answered, Set.of(true, false));
    }

    /// A value that comes from another shard when the deadline for it is over: it is returned, or the deadline is
    /// reported, and the waiting function goes on once.
    @Seeds(200)
    void aValueThatMeetsADeadlineIsReturnedOrTheDeadlineReported(Simulation simulation) {
        Duration deadline = Duration.ofMillis(5);
        CompletableFuture<Integer> value = new CompletableFuture<>();
        int[] wentOn = new int[1];
        Task<Void> _ = simulation.system().spawn(() -> {
            sleepFor(deadline);
            value.complete(1);
        });
        boolean inTime = simulation.run(() -> {
            try {
                return withTimeout(deadline, () -> await(value)) == 1;
            } catch (DeadlineExceededException _) {
                return false;
            } finally {
                wentOn[0]++;
            }
        });
        simulation.runFor(Duration.ofSeconds(1));

        assertThat(wentOn[0]).isEqualTo(1);
        sees(inTime, Set.of(true, false));
    }

    /// A send that waits for room in a mailbox of another shard, and is cancelled when that comes: the message is
    /// handled, or its sender learns that it is not.
    @Seeds(200)
    void aSendThatIsCancelledWhenThereIsRoomIsHandledOrGivenBack(Simulation simulation) {
        ActorSystem system = simulation.system();
        List<Integer> told = new ArrayList<>();
        List<Integer> handled = new ArrayList<>();
        ActorRef<Integer> target = system.spawnActor("target", ONE, () -> (number, _) -> {
            handled.add(number);
            steps(2);
        });
        Task<Void> sender = system.spawn(() -> {
            for (int number = 0; ; number++) {
                target.tell(number);
                told.add(number);
            }
        });
        Task<Void> killer = system.spawn(() -> {
            steps(5);
            sender.cancel();
        });
        killer.join();
        assertThatThrownBy(sender::join).isInstanceOf(CancelledException.class);
        simulation.runFor(Duration.ofSeconds(1));

        assertThat(handled).isEqualTo(told);
    }

    private record Item(int number, @Nullable ReplyTo<Integer> replyTo) {}

    /// Each message that was sent before a system is closed under load is handled or a dead letter, and not both;
    /// each ask ends.
    @Seeds(200)
    void aCloseUnderLoadLosesNothingSilently(Simulation simulation) {
        simulation.logs().allow(Level.WARNING, "a function failed and nobody awaited it");
        ActorSystem system = simulation.system();
        List<Integer> handled = new ArrayList<>();
        List<Integer> sent = new ArrayList<>();
        int[] open = new int[1];
        int[] numbers = new int[1];
        ActorRef<Item> sink = system.spawnActor("sink", ActorOptions.defaults().withMailbox(3), () -> (item, _) -> {
            handled.add(item.number());
            steps(1);
            ReplyTo<Integer> replyTo = item.replyTo();
            if (replyTo != null) {
                replyTo.reply(1);
            }
        });
        for (int i = 0; i < 4; i++) {
            Task<Void> _ = system.spawn(() -> {
                while (true) {
                    int told = numbers[0]++;
                    sink.tell(new Item(told, null));
                    sent.add(told);
                    int asked = numbers[0]++;
                    open[0]++;
                    try {
                        Task<Integer> ask = sink.ask(replyTo -> new Item(asked, replyTo));
                        sent.add(asked);
                        await(ask);
                    } finally {
                        open[0]--;
                    }
                }
            });
        }
        simulation.runFor(Duration.ofNanos(50_000));
        simulation.close();

        List<Integer> dead = simulation.deadLetters().stream()
                .map(DeadLetter::message)
                .filter(Item.class::isInstance)
                .map(message -> ((Item) message).number())
                .toList();
        assertThat(open[0]).isZero();
        assertThat(sent).isNotEmpty();
        List<Integer> found = new ArrayList<>(handled);
        found.addAll(dead);
        assertThat(found).doesNotHaveDuplicates().containsAll(sent);
    }

    private record Work(boolean fails, ReplyTo<Integer> replyTo) {}

    /// The ask whose message makes its actor fail is told so; those before and behind it are answered, by the same
    /// reference.
    @Seeds(200)
    void aRestartDuringAnAskFailsThatAskOnly(Simulation simulation) {
        simulation.logs().expect(Level.WARNING, "an actor failed and is restarted: actor=/worker");
        ActorOptions restarting =
                ActorOptions.defaults().withSupervision(Supervision.restart().atMost(10, Duration.ofMinutes(1)));
        ActorRef<Work> worker = simulation.system().spawnActor("worker", restarting, () -> (work, _) -> {
            sleepFor(Duration.ofNanos(1_500));
            if (work.fails()) {
                throw new IllegalStateException("planned");
            }
            work.replyTo().reply(1);
        });
        List<Boolean> outcomes = simulation.run(() -> {
            List<Task<Integer>> asks = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                boolean fails = i % 2 == 1;
                asks.add(worker.ask(replyTo -> new Work(fails, replyTo)));
            }
            return awaitAllSettled(asks).stream()
                    .map(each -> each instanceof Settled.Succeeded<Integer>)
                    .toList();
        });
        assertThat(outcomes).containsExactly(true, false, true, false, true);
    }

    /// Three functions on shards of their own, each of which awaits the next: exactly one is refused, and so the
    /// others end.
    @Seeds(value = 200, shards = 3)
    void aCycleOfAwaitsAcrossShardsIsRefusedOnce(Simulation simulation) {
        int size = 3;
        List<CompletableFuture<Task<Boolean>>> tasks = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            tasks.add(new CompletableFuture<>());
        }
        int[] refused = new int[1];
        for (int i = 0; i < size; i++) {
            int next = (i + 1) % size;
            tasks.get(i).complete(simulation.system().spawn(() -> {
                try {
                    return await(await(tasks.get(next)));
                } catch (ViolationException e) {
                    assertThat(e).hasMessageContaining("ROUSE-V03");
                    refused[0]++;
                    return true;
                }
            }));
        }
        for (CompletableFuture<Task<Boolean>> each : tasks) {
            assertThat(each.join().join()).isTrue();
        }
        assertThat(refused[0]).isEqualTo(1);
    }

    /// Two senders on shards of their own, a mailbox that is mostly full: each sender's messages come in its order.
    @Seeds(200)
    void theMessagesOfASenderComeInOrder(Simulation simulation) {
        int senders = 2;
        int messages = 8;
        List<List<Integer>> received = List.of(new ArrayList<>(), new ArrayList<>());
        ActorOptions two = ActorOptions.defaults().withMailbox(2);
        ActorRef<int[]> target = simulation
                .system()
                .spawnActor(
                        "target",
                        two,
                        () -> (message, _) -> received.get(message[0]).add(message[1]));
        List<Task<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < senders; i++) {
            int sender = i;
            tasks.add(simulation.system().spawn(() -> {
                for (int n = 0; n < messages; n++) {
                    target.tell(new int[] {sender, n});
                }
            }));
        }
        tasks.forEach(Task::join);
        simulation.runFor(Duration.ofSeconds(1));

        List<Integer> inOrder = IntStream.range(0, messages).boxed().toList();
        assertThat(received).containsExactly(inOrder, inOrder);
    }
}
