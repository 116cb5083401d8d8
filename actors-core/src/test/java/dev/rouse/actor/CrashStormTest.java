package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.Supervision.Decision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/// Actors that crash and restart, alone and together, while functions of other shards ask them: each question gets the
/// one end that it has to, and what was not asked to crash is answered. `-Drouse.test.seed=N` runs one seed again.
class CrashStormTest extends SystemTest {
    private static final int ACTORS = 6;
    private static final int ASKERS = 12;
    private static final int QUESTIONS = 25;

    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger alive = new AtomicInteger();

    /// @param crash how to fail, null to answer
    private record Question(@Nullable Class<? extends Exception> crash, ReplyTo<Boolean> replyTo) {}

    private static final class Broken extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /// Knows how many instances of it there are.
    private final class Crashing implements Actor<Question> {
        @Override
        public void onStart(ActorContext<Question> context) {
            alive.incrementAndGet();
        }

        @Override
        public void receive(Question question, ActorContext<Question> context) throws Exception {
            if (question.crash == Broken.class) {
                throw new Broken();
            }
            if (question.crash == IllegalStateException.class) {
                throw new IllegalStateException("resumed");
            }
            question.replyTo.reply(true);
        }

        @Override
        public void onStop(ActorContext<Question> context) {
            alive.decrementAndGet();
        }
    }

    @RepeatedTest(3)
    void eachAskEndsAsItHasToHoweverOftenActorsRestart(RepetitionInfo repetition) throws TimeoutException {
        long seed = Long.getLong("rouse.test.seed", System.nanoTime());
        try (RecordedLog _ = new RecordedLog()) {
            run(repetition.getCurrentRepetition(), seed);
        } catch (AssertionError | RuntimeException e) {
            e.addSuppressed(new AssertionError("seed=" + seed));
            throw e;
        }
    }

    private void run(int shards, long seed) throws TimeoutException {
        Random random = new Random(seed);
        ActorSystem stormed = open(shards, limits -> limits.withMailbox(4).withAskTimeout(Duration.ofMinutes(10)));
        List<ActorRef<Question>> actors = new CopyOnWriteArrayList<>();
        ActorRef<String> parent = startActors(stormed, actors, random.nextLong());
        List<Task<Void>> askers = new ArrayList<>();
        for (int i = 0; i < ASKERS; i++) {
            long askerSeed = random.nextLong();
            askers.add(stormed.spawn(() -> ask(actors, new Random(askerSeed))));
        }
        for (Task<Void> asker : askers) {
            asker.join(Duration.ofSeconds(50));
        }
        assertThat(answered.get() + failed.get()).isEqualTo(ASKERS * QUESTIONS);
        assertThat(actors).noneMatch(actor -> actor.terminated().isDone());
        parent.stop();
        parent.terminated().join(Duration.ofSeconds(50));
        assertThat(alive).as("instances that were started and not stopped").hasValue(0);
        assertThat(stormed.deadLetters()).isZero();
    }

    private ActorRef<String> startActors(ActorSystem stormed, List<ActorRef<Question>> actors, long seed) {
        Random random = new Random(seed);
        CountDownLatch started = new CountDownLatch(1);
        ActorRef<String> parent = stormed.spawnActor("parent", (Inbox<String> inbox) -> {
            for (int i = 0; i < ACTORS; i++) {
                Supervision restart = Supervision.restart()
                        .atMost(1_000, Duration.ofMillis(1))
                        .backoff(Duration.ofMillis(1), Duration.ofMillis(2))
                        .on(IllegalStateException.class, Decision.RESUME);
                Supervision supervision = switch (random.nextInt(3)) {
                    case 0 -> restart;
                    case 1 -> restart.oneForAll();
                    default -> restart.restForOne();
                };
                actors.add(Rouse.spawnActor(
                        "actor" + i, ActorOptions.defaults().withSupervision(supervision), Crashing::new));
            }
            started.countDown();
            inbox.receive();
        });
        FunctionTest.join(started);
        return parent;
    }

    private void ask(List<ActorRef<Question>> actors, Random random) {
        for (int i = 0; i < QUESTIONS; i++) {
            @Nullable
            Class<? extends Exception> crash = switch (random.nextInt(6)) {
                case 0 -> Broken.class;
                case 1 -> IllegalStateException.class;
                default -> null;
            };
            try {
                boolean reply =
                        await(actors.get(random.nextInt(ACTORS)).<Boolean>ask(replyTo -> new Question(crash, replyTo)));
                assertThat(reply && crash == null).isTrue();
                answered.incrementAndGet();
            } catch (ActorStoppedException e) {
                assertThat(e.getCause()).isInstanceOf(Objects.requireNonNull(crash));
                failed.incrementAndGet();
            }
            if (random.nextInt(4) == 0) {
                sleepFor(Duration.ofNanos(random.nextInt(2_000_000)));
            }
        }
    }
}
