package dev.rouse.actor;

import static dev.rouse.actor.Model.join;
import static dev.rouse.actor.Model.require;
import static dev.rouse.actor.Model.start;

import dev.rouse.dispatch.ModelShard;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Root functions on their way to their shard, under Lincheck's model checker: threads that spawn into a queue of one,
/// against the shard that takes them and, at any moment, closes.
///
/// The whole way is the real one: mailbox, inbox lane, senders that wait for room, slots, the end of the system's root,
/// the end of the shard. Not covered: a function that suspends, and a spawner that is itself a function.
class SpawnQueueModelTest {
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

        void spawn() {
            ActorSystem.startRoot(cell.local, cell);
        }

        void requireRunOrRefused() {
            Object outcome = cell.outcome();
            int ran = runs.get();
            require(outcome != null);
            require(outcome instanceof Failure ? ran == 0 : ran == 1);
        }
    }

    private static void spawnFromTwoThreads(Root... roots) {
        Thread other = start(() -> {
            roots[0].spawn();
            roots[1].spawn();
        });
        roots[2].spawn();
        join(other);
    }

    @Test
    void whatIsSpawnedRunsOnceHoweverItMeetsAFullQueueAndAnIdleShard() {
        Model.check(() -> {
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
            spawnFromTwoThreads(roots);
            join(carrier);
            for (Root root : roots) {
                require(root.runs.get() == 1);
            }
        });
    }

    @Test
    void whatIsSpawnedIsRunOrRefusedButNeverBothOrNeitherWhenTheShardCloses() {
        Model.check(() -> {
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
            spawnFromTwoThreads(roots);
            join(carrier);
            for (Root root : roots) {
                root.requireRunOrRefused();
            }
        });
    }
}
