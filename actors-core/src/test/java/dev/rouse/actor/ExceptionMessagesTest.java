package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The texts that no other test states.
class ExceptionMessagesTest extends SystemTest {

    @Test
    void outsideAFunction() {
        assertThatThrownBy(() -> spawn(() -> 1))
                .isInstanceOf(OutsideFunctionException.class)
                .hasMessage("ROUSE-V01 spawn was called outside a function: thread="
                        + Thread.currentThread().getName()
                        + "; call it inside system.spawn(() -> ...), or use task.join() where a plain thread"
                        + " must wait");
        assertThatThrownBy(() -> sleepFor(Duration.ZERO))
                .hasMessageStartingWith("ROUSE-V01 sleepFor was called outside");
        assertThatThrownBy(() -> withTimeout(Duration.ZERO, () -> 1))
                .hasMessageStartingWith("ROUSE-V01 withTimeout was called outside");
        Task<Integer> task = system.spawn(() -> 1);
        assertThatThrownBy(() -> await(task)).hasMessageStartingWith("ROUSE-V01 await was called outside");
    }

    @Test
    void limitExceeded() {
        ActorSystem small = open(limits -> limits.withTimersPerShard(1));
        assertThatThrownBy(() -> small.spawn(() -> withTimeout(Duration.ofHours(1), () -> {
                            sleepFor(Duration.ofHours(1));
                            return 1;
                        }))
                        .join())
                .hasMessage("limit reached: limit=timersPerShard, value=1, owner=/ExceptionMessagesTest-function;"
                        + " raise Limits.timersPerShard or offer less work");
    }

    @Test
    void noRoomWillEverCome() {
        ActorSystem small = open(limits -> limits.withFunctionsPerShard(1));
        assertThatThrownBy(() -> small.spawn(() -> spawn(() -> 1)).join())
                .hasMessage("limit reached: limit=functionsPerShard, value=1, owner=/ExceptionMessagesTest-function;"
                        + " every function of the shard waits for room or for one that does, so there would never be"
                        + " any: raise Limits.functionsPerShard, or let children end before more are spawned");
    }

    @Test
    void fanOutExceeded() {
        ActorSystem small = open(limits -> limits.withFanOut(1));
        assertThatThrownBy(() -> small.spawn(() -> awaitAll(List.of(spawn(() -> 1), spawn(() -> 2))))
                        .join())
                .hasMessage("limit reached: limit=fanOut, value=1, owner=/ExceptionMessagesTest-function; wanted=2,"
                        + " raise Limits.fanOut or await in parts");
    }

    /// An anonymous class has no simple name, and its function was once missing in the path.
    @Test
    void aFunctionThatIsAnAnonymousClassHasAName() {
        ActorSystem small = open(limits -> limits.withFunctionsPerShard(1));
        Callable<Integer> anonymous = new Callable<>() {
            @Override
            public Integer call() {
                return await(spawn(() -> 1));
            }
        };
        assertThatThrownBy(small.spawn(anonymous)::join).hasMessageContaining("owner=/function;");
    }

    @Test
    void askTimedOut() {
        ActorRef<Object> room =
                system.spawnActor("room-7", ActorOptions.defaults().withMailbox(9), () -> (_, _) -> {});
        record Join(ReplyTo<Integer> replyTo) {}
        assertThatThrownBy(room.<Integer>ask(Duration.ofMillis(2), Join::new)::join)
                .hasMessage("ask timed out: target=/room-7, message=Join, after=2ms; the actor did not reply or its"
                        + " mailbox is backed up (depth=0, limit=9)");
    }

    @Test
    void deadlineExceeded() {
        assertThatThrownBy(() -> system.spawn(() -> withTimeout(Duration.ofMillis(3), () -> {
                            sleepFor(Duration.ofHours(1));
                            return 1;
                        }))
                        .join())
                .message()
                .matches("deadline exceeded: function=/ExceptionMessagesTest-function, timeout=3ms, waited for=a timer;"
                        + " running=\\d+ms, waiting=\\d+ms, queued=\\d+ms");
    }

    @Test
    void functionFailed() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            throw new IOException("no disk");
                        })
                        .join())
                .hasMessage("function failed: function=/ExceptionMessagesTest-function, cause=java.io.IOException: no"
                        + " disk");
    }

    @Test
    void cancelled() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            Task<Integer> child = spawn(() -> 1);
                            child.cancel();
                            await(child);
                        })
                        .join())
                .hasMessage(
                        "cancelled before it ran: path=/ExceptionMessagesTest-function/ExceptionMessagesTest-function");
    }

    @Test
    void awaitedItself() {
        assertThatThrownBy(() -> system.spawn(() -> await(Cell.current("test"))).join())
                .hasMessage(
                        "ROUSE-V02 a function awaited itself: path=/ExceptionMessagesTest-function; await the task of"
                                + " another function, and do not hand a function its own");
    }

    @Test
    void joinGaveUp() {
        Gate gate = new Gate();
        Task<Void> task = system.spawn(gate::await);
        assertThatThrownBy(() -> task.join(Duration.ofMillis(1)))
                .isInstanceOf(TimeoutException.class)
                .hasMessage("task has not ended in time: task=/ExceptionMessagesTest-function, after=1ms; it goes on,"
                        + " cancel() ends it");
        gate.open();
    }

    @Test
    void aDeepPathShowsItsLastElements() {
        assertThatThrownBy(() -> system.spawn(() -> nested(20)).join())
                .hasMessage("cancelled before it ran: path=/..."
                        + IntStream.range(0, 16)
                                .mapToObj(_ -> "/ExceptionMessagesTest-function")
                                .reduce("", String::concat));
    }

    private static int nested(int levels) {
        Task<Integer> child = spawn(() -> nested(levels - 1));
        if (levels == 0) {
            child.cancel();
        }
        return await(child);
    }
}
