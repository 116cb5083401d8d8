package dev.rouse.testkit.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.suspend;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadLetter;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Signal;
import dev.rouse.actor.Task;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/// Every kind of wait beside every other, with cancellations and deadlines in between: each wait ends with what belongs
/// to it, and a function goes on once for it. That nothing wakes one a second time is looked after by the runtime's own
/// assertions; what that would break is looked at here.
class WaitScenariosTest {
    private record Question(int number, ReplyTo<Integer> replyTo) {}

    /// Functions that wait for one thing after the other.
    private static final class Storm {
        private static final int WAITS = 8;

        /// A few ticks of the timers, so that many things fall together.
        private static final int MOST_NANOS = 3_000_000;

        private final Simulation simulation;
        private final ActorSystem system;
        private final SplittableRandom random;
        private final ActorRef<Question> echo;
        private final ActorRef<Integer> narrow;
        private final List<Integer> told = new ArrayList<>();
        private final List<Integer> heard = new ArrayList<>();
        private int numbers;

        Storm(Simulation simulation) {
            this.simulation = simulation;
            this.system = simulation.system();
            this.random = new SplittableRandom(simulation.seed());
            this.echo = system.spawnActor("echo", () -> (question, _) -> {
                sleepFor(time());
                question.replyTo().reply(question.number());
            });
            this.narrow = system.spawnActor("narrow", ActorOptions.defaults().withMailbox(1), () -> (number, _) -> {
                heard.add(number);
                sleepFor(time());
            });
        }

        private Duration time() {
            return Duration.ofNanos(random.nextInt(MOST_NANOS));
        }

        /// A root, mostly on another shard.
        private Task<Integer> later(int number) {
            return system.spawn(() -> {
                sleepFor(time());
                return number;
            });
        }

        void run() {
            try {
                for (int i = 0; i < WAITS; i++) {
                    waitForSomething(numbers++);
                }
            } catch (CancelledException _) {
                sleep(); // cleanup waits as ever
                awaitAnswer(numbers++);
            }
        }

        private void waitForSomething(int number) {
            switch (random.nextInt(8)) {
                case 0 -> sleep();
                case 1 -> assertThat(await(later(number))).isEqualTo(number);
                case 2 -> awaitSeveral(number);
                case 3 -> ask(number);
                case 4 -> awaitAnswer(number);
                case 5 -> awaitInTime(number);
                case 6 -> {
                    narrow.tell(number);
                    told.add(number);
                }
                default -> awaitSignal();
            }
        }

        private void sleep() {
            Duration before = simulation.elapsed();
            Duration time = time();
            sleepFor(time);
            assertThat(simulation.elapsed().minus(before)).isGreaterThanOrEqualTo(time);
        }

        private void awaitSeveral(int number) {
            List<Task<Integer>> tasks = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int each = number + i;
                tasks.add(random.nextBoolean() ? later(each) : spawn(() -> await(later(each))));
            }
            assertThat(awaitAll(tasks)).containsExactly(number, number + 1, number + 2);
        }

        private void ask(int number) {
            try {
                int reply = await(echo.<Integer>ask(time(), replyTo -> new Question(number, replyTo)));
                assertThat(reply).isEqualTo(number);
            } catch (AskTimeoutException _) {
                // in time or not at all
            }
        }

        /// By a waker that is used twice.
        private void awaitAnswer(int number) {
            List<Boolean> taken = new ArrayList<>();
            Task<Void>[] waking = newTasks();
            int answer = suspend(waker -> waking[0] = system.spawn(() -> {
                sleepFor(time());
                taken.add(waker.wake(number));
                taken.add(waker.wake(-1));
            }));
            assertThat(answer).isEqualTo(number);
            Void _ = await(waking[0]);
            assertThat(taken).containsExactly(true, false);
        }

        @SuppressWarnings({"unchecked", "rawtypes"})
        private static Task<Void>[] newTasks() {
            return new Task[1];
        }

        private void awaitInTime(int number) {
            try {
                int value = withTimeout(time(), () -> {
                    CompletableFuture<Integer> promise = new CompletableFuture<>();
                    Task<Void> _ = system.spawn(() -> {
                        sleepFor(time());
                        boolean _ = promise.complete(number);
                    });
                    return await(promise);
                });
                assertThat(value).isEqualTo(number);
            } catch (DeadlineExceededException _) {
                // in time or not at all
            }
        }

        /// Fired before it is awaited, or while it is.
        private void awaitSignal() {
            Signal signal = new Signal();
            boolean[] fired = new boolean[1];
            Task<Void> firing = spawn(() -> {
                if (random.nextBoolean()) {
                    sleepFor(time());
                }
                fired[0] = true;
                signal.fire();
            });
            if (random.nextBoolean()) {
                sleepFor(time());
            }
            signal.await();
            assertThat(fired[0]).isTrue();
            Void _ = await(firing);
        }
    }

    @Seeds(200)
    void eachWaitEndsOnceWithWhatBelongsToIt(Simulation simulation) {
        Storm storm = new Storm(simulation);
        List<Task<Void>> functions = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            functions.add(simulation.system().spawn(storm::run));
        }
        Task<Void> killer = simulation.system().spawn(() -> {
            for (int i = 0; i < 3; i++) {
                sleepFor(storm.time());
                functions.get(i).cancel();
            }
        });
        Void _ = killer.join();
        for (Task<Void> each : functions) {
            Void _ = each.join();
        }
        simulation.runFor(Duration.ofSeconds(1));

        assertThat(storm.heard).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(storm.told);
        assertThat(simulation.deadLetters())
                .extracting(DeadLetter::reason)
                .isSubsetOf(DeadLetter.Reason.LATE_REPLY, DeadLetter.Reason.EXPIRED);
    }

    /// A direct-style actor lets others run after so many messages, and one of them stops it: it goes on once, to
    /// its cleanup, whose waits last.
    @Seeds(200)
    void anActorThatIsStoppedWhileItGivesWayGoesOnOnce(Simulation simulation) {
        int messages = 200;
        int[] received = new int[1];
        Duration[] cleanup = new Duration[1];
        ActorRef<Integer> actor = simulation.system().spawnActor("actor", (Inbox<Integer> inbox) -> {
            Task<Void> _ = simulation.system().spawn(() -> inbox.self().stop());
            try {
                while (true) {
                    assertThat(inbox.receive()).isEqualTo(received[0]++);
                }
            } finally {
                Duration before = simulation.elapsed();
                sleepFor(Duration.ofMillis(1));
                cleanup[0] = simulation.elapsed().minus(before);
            }
        });
        IntStream.range(0, messages).forEach(actor::tell);
        Void _ = actor.terminated().join();

        assertThat(cleanup[0]).isGreaterThanOrEqualTo(Duration.ofMillis(1));
        assertThat(received[0] + simulation.deadLetters().size()).isEqualTo(messages);
    }
}
