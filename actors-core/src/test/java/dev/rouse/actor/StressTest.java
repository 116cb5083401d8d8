package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.awaitAny;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/// Random trees of functions that do everything at once, with an exact account at the end. `-Drouse.test.seed=N` runs
/// one seed again.
class StressTest extends SystemTest {
    private static final int FUNCTIONS = 2_000;
    private static final int TIMERS = 2_000;
    private static final int ROOTS = 40;

    private final AtomicLong told = new AtomicLong();
    private final AtomicLong handled = new AtomicLong();
    private final AtomicInteger bodies = new AtomicInteger();
    private final AtomicInteger bodiesEnded = new AtomicInteger();

    private sealed interface Note {
        record Plain() implements Note {}

        record Question(ReplyTo<Integer> replyTo) implements Note {}
    }

    @RepeatedTest(4)
    void everyTaskEndsOnceEveryMessageIsHandledOrADeadLetterAndAllSlotsAndTimersComeBack(RepetitionInfo repetition)
            throws TimeoutException {
        long seed = Long.getLong("rouse.test.seed", System.nanoTime());
        int shards = repetition.getCurrentRepetition();
        try {
            run(shards, seed);
        } catch (AssertionError | RuntimeException | TimeoutException e) {
            e.addSuppressed(new AssertionError("seed=" + seed + ", shards=" + shards));
            throw e;
        }
    }

    private void run(int shards, long seed) throws TimeoutException {
        ActorSystem stressed = open(
                shards,
                limits -> limits.withFunctionsPerShard(FUNCTIONS)
                        .withTimersPerShard(TIMERS)
                        .withMailbox(4)
                        .withSpawnQueue(8));
        List<ActorRef<Note>> actors = new ArrayList<>();
        for (int i = 0; i < 2 * shards; i++) {
            actors.add(stressed.spawnActor("actor-" + i, () -> (note, _) -> handle(note)));
        }
        Random random = new Random(seed);
        List<Task<Integer>> roots = new ArrayList<>();
        for (int i = 0; i < ROOTS; i++) {
            long rootSeed = random.nextLong();
            roots.add(stressed.spawn(() -> node(actors, new Random(rootSeed), 4)));
            if (random.nextInt(4) == 0) {
                roots.get(random.nextInt(roots.size())).cancel();
            }
            if (random.nextInt(10) == 0) {
                actors.get(random.nextInt(actors.size())).stop();
            }
        }
        for (Task<Integer> root : roots) {
            try {
                root.join(Duration.ofSeconds(50));
            } catch (RouseException | Broken _) {
                // one of the ends that a random function may come to
            }
        }
        assertThat(bodiesEnded).as("functions that began and ended").hasValue(bodies.get());
        for (ActorRef<Note> actor : actors) {
            actor.stop();
            actor.terminated().join(Duration.ofSeconds(50));
        }
        // No ask reaches its deadline, so no reply is late: every dead letter is a message.
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .untilAsserted(
                        () -> assertThat(handled.get() + stressed.deadLetters()).isEqualTo(told.get()));
        for (int shard = 0; shard < shards; shard++) {
            stressed.spawn(StressTest::useEverySlotAndTimer).join(Duration.ofSeconds(50));
        }
    }

    private void handle(Note note) {
        handled.incrementAndGet();
        switch (note) {
            case Note.Plain() -> {}
            case Note.Question(ReplyTo<Integer> replyTo) -> replyTo.reply(1);
        }
    }

    private static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private int node(List<ActorRef<Note>> actors, Random random, int depth) throws Exception {
        bodies.incrementAndGet();
        try {
            return act(actors, random, depth);
        } finally {
            bodiesEnded.incrementAndGet();
        }
    }

    private int act(List<ActorRef<Note>> actors, Random random, int depth) throws Exception {
        List<Task<Integer>> children = new ArrayList<>();
        for (int i = depth == 0 ? 0 : random.nextInt(4); i > 0; i--) {
            long childSeed = random.nextLong();
            children.add(spawn(() -> node(actors, new Random(childSeed), depth - 1)));
        }
        for (int step = random.nextInt(5); step > 0; step--) {
            switch (random.nextInt(6)) {
                case 0 -> tell(actors, random);
                case 1 -> ask(actors, random);
                case 2 -> sleepFor(Duration.ofNanos(random.nextInt(2_000_000)));
                case 3 -> sleepFor(Duration.ZERO);
                case 4 -> {
                    if (!children.isEmpty()) {
                        children.get(random.nextInt(children.size())).cancel();
                    }
                }
                default ->
                    withTimeout(Duration.ofNanos(random.nextInt(3_000_000)), () -> {
                        sleepFor(Duration.ofNanos(random.nextInt(3_000_000)));
                        return 1;
                    });
            }
        }
        if (random.nextInt(20) == 0) {
            throw new Broken();
        }
        return collect(children, random);
    }

    private static int collect(List<Task<Integer>> children, Random random) {
        if (children.isEmpty()) {
            return 1;
        }
        return switch (random.nextInt(4)) {
            case 0 -> awaitAll(children).stream().mapToInt(i -> i).sum();
            case 1 -> awaitAny(children);
            case 2 -> await(children.getFirst());
            default -> 1; // leaves them to the end
        };
    }

    private void tell(List<ActorRef<Note>> actors, Random random) {
        ActorRef<Note> actor = actors.get(random.nextInt(actors.size()));
        if (random.nextBoolean()) {
            if (actor.tryTell(new Note.Plain()) == Delivery.ACCEPTED) {
                told.incrementAndGet();
            }
            return;
        }
        told.incrementAndGet();
        try {
            actor.tell(new Note.Plain());
        } catch (CancelledException | DeadlineExceededException e) {
            told.decrementAndGet(); // it was not sent
            throw e;
        }
    }

    private void ask(List<ActorRef<Note>> actors, Random random) {
        ActorRef<Note> actor = actors.get(random.nextInt(actors.size()));
        told.incrementAndGet();
        Task<Integer> reply;
        try {
            // A deadline that is never reached: an ask that ends while it waits for room would not be sent.
            reply = actor.ask(Duration.ofMinutes(10), Note.Question::new);
        } catch (CancelledException | DeadlineExceededException e) {
            told.decrementAndGet();
            throw e;
        }
        try {
            await(reply);
        } catch (ActorStoppedException _) {
            // it was stopped first
        }
    }

    private static int useEverySlotAndTimer() {
        List<Task<Void>> sleepers = new ArrayList<>();
        for (int i = 0; i < FUNCTIONS - 1; i++) {
            sleepers.add(spawn(() -> sleepFor(Duration.ofMillis(1))));
        }
        awaitAll(sleepers);
        return sleepers.size();
    }
}
