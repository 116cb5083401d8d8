package dev.rouse.actor;

import dev.rouse.dispatch.ModelShard;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/// Root functions on their way to their shard, under Lincheck's model checker: threads that spawn into a queue of one,
/// against the shard that takes them and, at any moment, closes.
///
/// The whole way is the real one: mailbox, inbox lane, senders that wait for room, slots, the end of the system's root,
/// the end of the shard. Not covered: a function that suspends, and a spawner that is itself a function.
@DisabledIfSystemProperty(named = "rouse.test.engine", matches = "portable", disabledReason = "the same in both")
class SpawnQueueModelTest {
    private static final int INVOCATIONS = Integer.getInteger("rouse.model.invocations", 200);

    private static ActorSystem system;

    @BeforeAll
    static void openSystem() {
        system = ActorSystem.builder()
                .name("model")
                .shards(1)
                .limits(Limits.defaults().withSpawnQueue(1))
                .build();
    }

    @AfterAll
    static void closeSystem() {
        system.close();
    }

    private static final class Root {
        final AtomicInteger runs = new AtomicInteger();
        final FunctionCell cell;

        Root(LocalSystem local) {
            cell = new FunctionCell(local, runs::incrementAndGet);
        }

        void requireRunOrRefused() {
            Object outcome = cell.outcome();
            int ran = runs.get();
            require(outcome != null);
            require(outcome instanceof Failure ? ran == 0 : ran == 1);
        }
    }

    @Test
    void whatIsSpawnedRunsOnceHoweverItMeetsAFullQueueAndAnIdleShard() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            ModelShard model = new ModelShard();
            LocalSystem local = new LocalSystem(system, model.shard);
            Root[] roots = {new Root(local), new Root(local), new Root(local)};
            Thread carrier = model.carry(() -> {
                model.shard.ready(local.guardian);
                model.pass();
                while (!roots[0].cell.isDone() || !roots[1].cell.isDone() || !roots[2].cell.isDone()) {
                    model.idle();
                    model.pass();
                }
            });
            Thread other = start(() -> {
                ActorSystem.startRoot(local, roots[0].cell);
                ActorSystem.startRoot(local, roots[1].cell);
            });
            ActorSystem.startRoot(local, roots[2].cell);
            join(other);
            join(carrier);
            for (Root root : roots) {
                require(root.runs.get() == 1);
            }
        });
    }

    @Test
    void whatIsSpawnedIsRunOrRefusedButNeverBothOrNeitherWhenTheShardCloses() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            ModelShard model = new ModelShard();
            LocalSystem local = new LocalSystem(system, model.shard);
            Root[] roots = {new Root(local), new Root(local), new Root(local)};
            Thread carrier = model.carry(() -> {
                model.shard.ready(local.guardian);
                model.pass();
                local.guardian.cancelLocally();
                model.pass();
                model.terminate();
            });
            Thread other = start(() -> {
                ActorSystem.startRoot(local, roots[0].cell);
                ActorSystem.startRoot(local, roots[1].cell);
            });
            ActorSystem.startRoot(local, roots[2].cell);
            join(other);
            join(carrier);
            for (Root root : roots) {
                root.requireRunOrRefused();
            }
        });
    }

    /// Not by AssertJ, which would be searched for interleavings too.
    private static void require(boolean condition) {
        if (!condition) {
            throw new AssertionError("broken in this interleaving");
        }
    }

    private static Thread start(Runnable body) {
        Thread thread = new Thread(body);
        thread.start();
        return thread;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
