package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAllSettled;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/// The races that a runtime of this kind is judged by, each under many schedules.
class HardScenariosTest {
    private static final ActorOptions ONE = ActorOptions.defaults().withMailbox(1);

    /// Has whoever handles it send as many of one less to the other.
    private record Bounce(int times) {}

    /// Two actors with mailboxes of 1, on shards of their own, flood each other. Each message is either handled or
    /// comes back in a refusal that names the cycle.
    @Seeds(300)
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
    @Seeds(300)
    void aCancelThatMeetsACompletionLeavesOneOutcome(Simulation simulation) {
        CompletableFuture<Task<Integer>> started = new CompletableFuture<>();
        ActorSystem system = simulation.system();
        Task<Integer> owner = system.spawn(() -> {
            Task<Integer> child = spawn(() -> {
                for (int i = 0; i < 3; i++) {
                    sleepFor(Duration.ofNanos(500));
                }
                return 1;
            });
            started.complete(child);
            return outcome(child);
        });
        Task<Void> killer = system.spawn(() -> await(started).cancel());
        Task<Integer> onlooker = system.spawn(() -> outcome(await(started)));
        killer.join();

        int seen = owner.join();
        assertThat(seen).isIn(0, 1);
        assertThat(onlooker.join()).isEqualTo(seen);
        assertThat(outcomeOfJoin(started.join())).isEqualTo(seen);
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
    @Seeds(300)
    void aReplyThatMeetsATimeoutIsSeenOnceOrIsADeadLetter(Simulation simulation) {
        Duration timeout = Duration.ofMillis(20);
        ActorRef<ReplyTo<Integer>> slow = simulation.system().spawnActor("slow", () -> (replyTo, _) -> {
            sleepFor(timeout.minusNanos(2_000));
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
    }

    /// A deadline that ends at about the same time as what it is for: a value that was ready wins.
    @Seeds(300)
    void aValueThatMeetsADeadlineIsReturnedOrItsFunctionCancelled(Simulation simulation) {
        boolean[] returned = new boolean[1];
        boolean[] cancelled = new boolean[1];
        boolean inTime = simulation.run(() -> {
            try {
                return withTimeout(Duration.ofMillis(1), () -> {
                    Task<Boolean> work = spawn(() -> {
                        try {
                            sleepFor(Duration.ofMillis(1).minusNanos(2_000));
                            sleepFor(Duration.ofNanos(500));
                        } catch (CancelledException e) {
                            cancelled[0] = true;
                            throw e;
                        }
                        returned[0] = true;
                        return true;
                    });
                    return await(work);
                });
            } catch (DeadlineExceededException _) {
                return false;
            }
        });
        assertThat(returned[0]).isNotEqualTo(cancelled[0]);
        assertThat(inTime).isEqualTo(returned[0]);
    }

    /// Each message that was sent before a system is closed under load is handled or a dead letter; each ask,
    /// answered or failed.
    @Seeds(300)
    void aCloseUnderLoadLosesNothingSilently(Simulation simulation) {
        ActorSystem system = simulation.system();
        int[] handled = new int[1];
        int[] sent = new int[1];
        int[] ended = new int[1];
        int[] asked = new int[1];
        ActorRef<Object> sink = system.spawnActor("sink", () -> (message, _) -> {
            handled[0]++;
            if (message instanceof ReplyTo<?> replyTo) {
                sleepFor(Duration.ofNanos(700));
                reply(replyTo);
            }
        });
        for (int i = 0; i < 4; i++) {
            Task<Void> _ = system.spawn(() -> {
                while (true) {
                    sink.tell("tell");
                    sent[0]++;
                    asked[0]++;
                    try {
                        Task<Object> ask = sink.ask(replyTo -> replyTo);
                        sent[0]++;
                        await(ask);
                    } finally {
                        ended[0]++;
                    }
                }
            });
        }
        simulation.runFor(Duration.ofNanos(20_000));
        simulation.close();

        assertThat(ended[0]).isEqualTo(asked[0]);
        assertThat(sent[0]).isPositive();
        assertThat(handled[0] + simulation.deadLetters().size()).isGreaterThanOrEqualTo(sent[0]);
    }

    @SuppressWarnings("unchecked")
    private static void reply(ReplyTo<?> replyTo) {
        ((ReplyTo<Object>) replyTo).reply("reply");
    }

    private record Work(boolean fails, ReplyTo<Integer> replyTo) {}

    /// The ask whose message makes its actor fail is told so; those before and behind it are answered, by the same
    /// reference.
    @Seeds(300)
    void aRestartDuringAnAskFailsThatAskOnly(Simulation simulation) {
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
    @Seeds(value = 300, shards = 3)
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
    @Seeds(300)
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
