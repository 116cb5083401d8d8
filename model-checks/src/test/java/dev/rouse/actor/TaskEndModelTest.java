package dev.rouse.actor;

import static dev.rouse.actor.Model.join;
import static dev.rouse.actor.Model.require;
import static dev.rouse.actor.Model.start;

import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.ModelShard;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The end of a task, or of a suspension, against those who cancel it, wait for it, or end it otherwise, under
/// Lincheck's model checker: one outcome, and each who waits is told of it once.
///
/// Shard, lane and tasks are the real ones. Not covered: a turn that is suspended when it is cancelled, which takes a
/// driver, and what the common pool does with the future of a task.
@SuppressWarnings("ReferenceEquality") // an outcome is itself only
class TaskEndModelTest {
    private static ActorSystem system;

    @BeforeAll
    static void openSystem() {
        system = ActorSystem.builder().name("model").shards(1).build();
    }

    @AfterAll
    static void closeSystem() {
        system.close();
    }

    /// Counts how often it is told, and of what.
    private static final class Told implements Waiter {
        private final AtomicInteger times = new AtomicInteger();
        private volatile @Nullable Object outcome;

        @Override
        public void onDone(Outcome<?> ended) {
            outcome = ended.outcome();
            times.incrementAndGet();
        }

        void requireOnce(Outcome<?> of) {
            require(times.get() == 1 && outcome != null && outcome == of.outcome());
        }
    }

    /// On a shard that ends after it.
    private static Thread run(ModelShard model, FunctionCell task) {
        return model.carry(() -> {
            model.shard.ready(task);
            model.pass();
            model.pass(); // what comes after its end, and before that of the shard
            model.terminate();
        });
    }

    @Test
    void aTaskThatEndsWhileOthersCancelAndJoinItHasOneOutcome() {
        Model.check(() -> {
            ModelShard model = new ModelShard();
            FunctionCell task = new FunctionCell(new LocalSystem(system, model.shard), () -> 1);
            Told told = new Told();
            Thread carrier = run(model, task);
            Thread canceller = start(() -> {
                task.cancel();
                task.whenDone(told);
            });
            Object joined = joined(task);
            join(canceller);
            join(carrier);
            told.requireOnce(task);
            require(joined.equals(1) == (task.failure() == null));
            require(joined.equals(1) || joined instanceof CancelledException);
        });
    }

    @Test
    void aTaskThatItsShardNeverRunsFailsOnceForAllWhoWait() {
        Model.check(() -> {
            ModelShard model = new ModelShard();
            FunctionCell task = new FunctionCell(new LocalSystem(system, model.shard), () -> 1);
            Told first = new Told();
            Told second = new Told();
            Thread carrier = model.carry(() -> {
                model.pass();
                model.terminate();
                task.cutOffTree(new SystemClosedException("model"));
            });
            Thread waiter = start(() -> task.whenDone(first));
            task.whenDone(second);
            join(waiter);
            join(carrier);
            first.requireOnce(task);
            second.requireOnce(task);
            require(task.failure() instanceof SystemClosedException);
        });
    }

    /// After the end of the shard more than one thread may come to the list of those who wait.
    @Test
    void whoWaitsIsToldOfACutOffAlsoWhileAnotherLeaves() {
        Model.check(() -> {
            ModelShard model = new ModelShard();
            FunctionCell task = new FunctionCell(new LocalSystem(system, model.shard), () -> 1);
            Told leaves = new Told();
            Told waits = new Told();
            join(model.carry(() -> {
                task.addWaiter(leaves);
                task.addWaiter(waits);
                model.terminate();
            }));
            Thread leaving = start(() -> task.isLeftBy(leaves));
            task.cutOffTree(new SystemClosedException("model"));
            join(leaving);
            waits.requireOnce(task);
        });
    }

    @Test
    void aTaskOfAnotherShardEndsTheSameThere() {
        Model.check(() -> {
            ModelShard model = new ModelShard();
            ModelShard awaiting = new ModelShard();
            FunctionCell task = new FunctionCell(new LocalSystem(system, model.shard), () -> 1);
            LocalSystem there = new LocalSystem(system, awaiting.shard);
            Thread carrier = model.carry(() -> {
                model.shard.ready(task);
                model.pass();
                model.terminate();
            });
            @Nullable Object[] seen = new @Nullable Object[1];
            Thread awaiter = awaiting.carry(() -> {
                RemoteAwait await = RemoteAwait.of(task, there);
                while (!await.isDone()) {
                    awaiting.idle();
                    awaiting.pass();
                }
                seen[0] = await.outcome();
            });
            task.cancel();
            join(carrier);
            join(awaiter);
            require(seen[0] != null && seen[0] == task.outcome());
        });
    }

    @Test
    void aWakerIsTakenExactlyIfItSaysSoHoweverItMeetsAnotherAndTheEndOfTheWait() {
        Model.check(() -> {
            ModelShard model = new ModelShard();
            LocalSystem local = new LocalSystem(system, model.shard);
            IllegalArgumentException wrong = new IllegalArgumentException("wrong");
            boolean[] taken = new boolean[2];
            Thread[] wakers = new Thread[2];
            Object[] got = new Object[1];
            Thread carrier = model.carry(() -> {
                FunctionCell function = new FunctionCell(local, () -> 1);
                try {
                    Suspension<Integer> suspension = Suspension.begin(function, "model", waker -> {
                        wakers[0] = start(() -> taken[0] = waker.wake(1));
                        wakers[1] = start(() -> taken[1] = waker.fail(wrong));
                        model.pass();
                    });
                    got[0] = suspension.await(function);
                } catch (IllegalArgumentException | IllegalStateException e) {
                    got[0] = e; // it cannot suspend here, and so gives up
                }
            });
            join(carrier);
            join(wakers[0]);
            join(wakers[1]);
            require(taken[0] == Integer.valueOf(1).equals(got[0]));
            require(taken[1] == (got[0] == wrong));
            require(taken[0] || taken[1] || got[0] instanceof IllegalStateException);
        });
    }

    @Test
    void theModelCheckerSeesAWaiterThatIsForgotten() {
        // One that looks, and registers without another look on the shard: proof that the tests above can fail.
        Model.findsTheDefectIn(() -> {
            ModelShard model = new ModelShard();
            FunctionCell task = new FunctionCell(new LocalSystem(system, model.shard), () -> 1);
            Told told = new Told();
            Thread carrier = run(model, task);
            if (task.isDone()) {
                told.onDone(task);
            } else {
                model.shard.submit(new Hasty(task, told));
            }
            join(carrier);
            told.requireOnce(task);
        });
    }

    /// Registers a waiter for what may have ended by now.
    private static final class Hasty extends Command {
        private final Outcome<?> outcome;
        private final Waiter waiter;

        Hasty(Outcome<?> outcome, Waiter waiter) {
            this.outcome = outcome;
            this.waiter = waiter;
        }

        @Override
        protected void execute() {
            outcome.addWaiter(waiter);
        }

        @Override
        protected void refused() {
            waiter.onDone(outcome);
        }
    }

    private static Object joined(Task<?> task) {
        try {
            return task.join();
        } catch (RouseException e) {
            return e;
        }
    }
}
