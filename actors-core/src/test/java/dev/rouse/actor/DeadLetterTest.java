package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What a dead letter says, and how its listener and the log hear of it, on threads of their own; which messages become
/// one is in `MailboxScenariosTest` of the test kit.
class DeadLetterTest extends SystemTest {
    private final List<DeadLetter> letters = new CopyOnWriteArrayList<>();

    private ActorSystem listening() {
        return opened(ActorSystem.builder().shards(1).deadLetterListener(letters::add));
    }

    private DeadLetter letter() {
        Awaitility.await().until(() -> !letters.isEmpty());
        assertThat(letters).hasSize(1);
        return letters.getFirst();
    }

    private static ActorRef<Object> stopped(ActorSystem in) {
        ActorRef<Object> actor = in.spawnActor("gone", () -> (_, _) -> {});
        actor.stop();
        actor.terminated().join();
        return actor;
    }

    @Test
    void aLetterOfAFunctionNamesItsPathAndPlaceInTheCode() {
        ActorSystem in = listening();
        ActorRef<Object> gone = stopped(in);
        in.spawn(() -> gone.tell("in vain")).join();
        DeadLetter letter = letter();
        assertThat(letter.message()).isEqualTo("in vain");
        assertThat(letter.target()).isEqualTo("/gone");
        assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.STOPPED);
        assertThat(letter.sender()).isEqualTo("/DeadLetterTest-function");
        StackTraceElement site = Objects.requireNonNull(letter.site());
        assertThat(site.getFileName()).isEqualTo("DeadLetterTest.java");
        assertThat(letter)
                .hasToString("dead letter: target=/gone, message=String, reason=stopped,"
                        + " sender=/DeadLetterTest-function, sent at " + site);
    }

    @Test
    void aLetterOfAThreadNamesItAndItsPlaceInTheCode() {
        ActorSystem in = listening();
        ActorRef<Object> gone = stopped(in);
        gone.tell("in vain");
        assertThat(letter().sender())
                .isEqualTo("thread " + Thread.currentThread().getName());
        assertThat(Objects.requireNonNull(letter().site()).getMethodName())
                .isEqualTo("aLetterOfAThreadNamesItAndItsPlaceInTheCode");
    }

    @Test
    void aLetterThatWasAcceptedBeforeDoesNotKnowItsSender() {
        ActorSystem in = listening();
        ActorRef<String> actor = in.spawnActor("actor", () -> (_, context) -> context.stop());
        in.spawn(() -> {
                    actor.tell("stop");
                    actor.tell("waits");
                })
                .join();
        assertThat(letter().message()).isEqualTo("waits");
        assertThat(letter().sender()).isNull();
        assertThat(letter().site()).isNull();
        assertThat(letter()).hasToString("dead letter: target=/actor, message=String, reason=stopped");
    }

    @Test
    void aListenerThatThrowsIsToldOfTheNextOneAllTheSame() {
        AtomicInteger told = new AtomicInteger();
        try (RecordedLog log = new RecordedLog()) {
            ActorSystem in = opened(ActorSystem.builder().shards(1).deadLetterListener(_ -> {
                told.incrementAndGet();
                throw new IllegalStateException("broken");
            }));
            ActorRef<Object> gone = stopped(in);
            for (int i = 0; i < 3; i++) {
                gone.tell(i);
            }
            Awaitility.await().until(() -> told.get() == 3);
            Awaitility.await().until(() -> !log.messages().isEmpty());
            assertThat(log.messages())
                    .hasSize(1)
                    .first()
                    .asString()
                    .startsWith("the dead-letter listener failed and is told of the next letter: dead letter:"
                            + " target=/gone, message=Integer, reason=stopped");
        }
    }

    @Test
    void aListenerThatBlocksHoldsUpNobodyAndIsNotToldOfMoreThanItsQueueHolds() {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger told = new AtomicInteger();
        ActorSystem in = opened(ActorSystem.builder().shards(1).deadLetterListener(_ -> {
            told.incrementAndGet();
            FunctionTest.join(release);
        }));
        ActorRef<Object> gone = stopped(in);
        in.spawn(() -> {
                    for (int i = 0; i < 3_000; i++) {
                        gone.tell(i);
                    }
                })
                .join();
        assertThat(in.deadLetters()).isEqualTo(3_000);
        release.countDown();
        Awaitility.await().until(() -> told.get() == 1_024);
        gone.tell("again");
        Awaitility.await().until(() -> told.get() == 1_025);
    }

    @Test
    void theLogGetsOneLineASecondThatSaysHowManyWereLeftOut() {
        AtomicLong now = new AtomicLong();
        try (RecordedLog log = new RecordedLog()) {
            Logger.getLogger("dev.rouse.actor").setLevel(Level.INFO);
            DeadLetters office = new DeadLetters(now::get, System.getLogger("dev.rouse.actor"), null, Runnable::run);
            Outcome<?> target = (Outcome<?>) stopped(system);
            for (int i = 0; i < 10; i++) {
                office.add(target, "message", DeadLetter.Reason.STOPPED);
            }
            Awaitility.await().until(() -> log.messages().size() == 1);
            now.addAndGet(TimeUnit.SECONDS.toNanos(1) - 1);
            office.add(target, "message", DeadLetter.Reason.STOPPED);
            now.incrementAndGet();
            office.add(target, 7, DeadLetter.Reason.DROPPED_OLDEST);
            Awaitility.await().until(() -> log.messages().size() == 2);
            office.add(target, "message", DeadLetter.Reason.STOPPED);
            office.close();
            assertThat(log.messages())
                    .containsExactly(
                            "dead letter: target=/gone, message=String, reason=stopped",
                            "dead letter: target=/gone, message=Integer, reason=dropped oldest, left out before=10",
                            "dead letters that were not logged: count=1");
            assertThat(office.count()).isEqualTo(13);
        }
    }
}
