package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DirectActorTest extends SystemTest {
    private final List<Object> seen = new CopyOnWriteArrayList<>();

    @Test
    void aDirectActorReceivesInOrderAndEndsWithItsBody() {
        ActorRef<String> actor = system.spawnActor("direct", (Inbox<String> inbox) -> {
            seen.add(inbox.receive());
            seen.add(inbox.receive());
        });
        actor.tell("a");
        actor.tell("b");
        actor.terminated().join();
        assertThat(seen).containsExactly("a", "b");
    }

    @Test
    void stopEndsAReceive() {
        ActorRef<String> actor = system.spawnActor("direct", (Inbox<String> inbox) -> {
            try {
                seen.add(inbox.receive());
                seen.add(inbox.receive());
            } catch (CancelledException e) {
                seen.add("stopped");
                throw e;
            }
        });
        actor.tell("a");
        system.spawn(() -> {}).join();
        actor.stop();
        actor.terminated().join();
        assertThat(seen).containsExactly("a", "stopped");
    }

    @Test
    void aDirectActorThatIsStoppedBeforeItStartsNeverRuns() {
        system.spawn(() -> {
                    ActorRef<String> actor =
                            Rouse.spawnActor("direct", (Inbox<String> inbox) -> seen.add(inbox.receive()));
                    actor.stop();
                    await(actor.terminated());
                })
                .join();
        assertThat(seen).isEmpty();
    }

    @Test
    void tryReceiveNeverWaits() {
        ActorRef<String> actor = system.spawnActor("direct", (Inbox<String> inbox) -> {
            seen.add("" + inbox.tryReceive());
            seen.add(inbox.receive());
            seen.add("" + inbox.tryReceive());
        });
        system.spawn(() -> actor.tell("a")).join();
        actor.terminated().join();
        assertThat(seen).containsExactly("null", "a", "null");
    }

    @Test
    void aTimedReceiveReturnsNullWhenNothingComes() {
        ActorRef<String> actor = system.spawnActor("direct", (Inbox<String> inbox) -> {
            seen.add("" + inbox.receive(Duration.ofMillis(1)));
            seen.add("" + inbox.receive(Duration.ZERO));
        });
        actor.terminated().join();
        assertThat(seen).containsExactly("null", "null");
    }

    @Test
    void aTimedReceiveThatGetsAMessageLeavesNoTimerBehind() {
        ActorSystem oneTimer = open(limits -> limits.withTimersPerShard(1));
        ActorRef<Integer> actor = oneTimer.spawnActor("direct", (Inbox<Integer> inbox) -> {
            for (int i = 0; i < 5; i++) {
                seen.add(inbox.receive(Duration.ofHours(1)));
            }
        });
        for (int i = 0; i < 5; i++) {
            actor.tell(i);
            oneTimer.spawn(() -> {}).join();
        }
        actor.terminated().join();
        assertThat(seen).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void aDeadlineEndsAReceive() {
        ActorRef<String> actor = system.spawnActor("direct", (Inbox<String> inbox) -> {
            try {
                withTimeout(Duration.ofMillis(1), inbox::receive);
            } catch (DeadlineExceededException _) {
                seen.add("deadline");
            }
        });
        actor.terminated().join();
        assertThat(seen).containsExactly("deadline");
    }

    @Test
    void aMessageDoesNotEndAnotherWait() {
        Gate gate = new Gate();
        CountDownLatch waiting = new CountDownLatch(1);
        ActorRef<String> actor = system.spawnActor("direct", (Inbox<String> inbox) -> {
            spawn(waiting::countDown);
            gate.await();
            seen.add("gate");
            seen.add(inbox.receive());
        });
        FunctionTest.join(waiting);
        actor.tell("a");
        system.spawn(() -> {}).join();
        assertThat(seen).isEmpty();
        gate.open();
        actor.terminated().join();
        assertThat(seen).containsExactly("gate", "a");
    }

    @Test
    void aBusyDirectActorGivesWayToOthers() {
        ActorSystem small = open(limits -> limits.withTurnMessages(2));
        small.spawn(() -> {
                    ActorRef<Integer> actor = Rouse.spawnActor("direct", (Inbox<Integer> inbox) -> {
                        for (int i = 0; i < 10; i++) {
                            seen.add(inbox.receive());
                        }
                    });
                    for (int i = 0; i < 10; i++) {
                        actor.tell(i);
                    }
                    spawn(() -> seen.add("other"));
                    await(actor.terminated());
                })
                .join();
        assertThat(seen.indexOf("other")).isLessThan(5);
    }

    @Test
    void anInboxRefusesOthers() {
        AtomicReference<Inbox<String>> leaked = new AtomicReference<>();
        CountDownLatch ready = new CountDownLatch(1);
        system.spawnActor("direct", (Inbox<String> inbox) -> {
            leaked.set(inbox);
            ready.countDown();
            inbox.receive();
        });
        FunctionTest.join(ready);
        String message = "ROUSE-V06 an inbox was used by another: actor=/direct; send its owner a message instead";
        assertThatThrownBy(() -> leaked.get().receive())
                .isInstanceOf(ViolationException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> system.spawn(() -> leaked.get().tryReceive()).join())
                .hasMessage(message);
    }
}
