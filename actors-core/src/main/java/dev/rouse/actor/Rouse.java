package dev.rouse.actor;

import dev.rouse.dispatch.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The verbs of functions and actors, to be imported statically.
///
/// All of them are for the inside of a function or actor and throw [OutsideFunctionException] elsewhere. Those that
/// wait suspend the function: its shard goes on with others. They throw [CancelledException] when the function is
/// cancelled, and [DeadlineExceededException] when a deadline around them has passed.
///
/// **Cancellation**, by [Task#cancel], by [ActorRef#stop], or since a function above was cancelled or has failed:
/// - It is thrown at the suspension point that the function is in, or at the next one, once. A result that is there by
///   then wins. A JDK call that the function is blocked in is interrupted (with the carrier engine; with the portable
///   one such a call holds its shard); an `InterruptedException` or `ClosedByInterruptException` that then leaves the
///   function is its cancellation. Code that does not wait is not disturbed, and if it returns a value, that is its
///   end.
/// - It reaches all functions below at once. Actors below are stopped when the function that has started them ends.
/// - Cleanup (`finally`, try-with-resources, `catch`) may await, sleep, use sockets and start functions of its own, for
///   [Limits#cancelGrace] from then on. When that is over, each suspension point throws [CancelledException], and what
///   the cleanup has started is cancelled. The cleanup of what the cleanup has started has no more time than that.
/// - A function that swallows the exception and goes on is therefore cut at the end of the grace.
///
/// **The stack** of a function that waits is set aside. Near its end there may be no room for that: then the verb may
/// throw a `StackOverflowError`, as any call there may, and the shard goes on. A function that is spawned has a stack
/// of its own.
///
/// **A thread-local** lasts as long as the turn, through its waits: a whole function, but one turn of messages of an
/// actor. With the JVM flag that the carrier engine needs it is taken away then; without it one that is not removed is
/// seen by another function later. Use a `ScopedValue`, and the fields of an actor.
///
/// **A virtual thread** that a function starts (`Thread.startVirtualThread`, an executor of virtual threads) is no
/// function, and the verbs refuse to work in it. With the carrier engine it runs on the shard of that function, between
/// turns, and never goes on once that has ended: nobody waits for it, its `finally` blocks do not run, and the
/// [CloseReport] does not know it. Start a function in its place, or start the thread outside.
public final class Rouse {
    private Rouse() {}

    // Starting.

    /// Starts a child function on the same shard. It begins to run when the caller suspends or ends, and the caller
    /// ends only after it.
    ///
    /// While the shard has as many functions and actors as [Limits#functionsPerShard] allows, the caller is
    /// suspended; those who wait for room get it in the order in which they came.
    ///
    /// @throws LimitExceededException if there would never be room, since all the functions there wait for some, or
    ///     for the end of one that does
    /// @throws CancelledException if the caller is cancelled while it waits; nothing is started then
    /// @throws DeadlineExceededException if a deadline around the caller passes while it waits; likewise
    public static <T> Task<T> spawn(Callable<T> body) {
        Objects.requireNonNull(body, "body");
        Cell parent = Cell.current("spawn");
        FunctionCell child = new FunctionCell(parent.local, body);
        parent.start(child);
        return task(child);
    }

    /// As [#spawn(Callable)], for a function without a result.
    public static Task<Void> spawn(Action body) {
        return spawn(callable(body));
    }

    /// As [#spawn(Callable)], but never waits: empty, and nothing is started, when there is no room at once.
    public static <T> Optional<Task<T>> trySpawn(Callable<T> body) {
        Objects.requireNonNull(body, "body");
        Cell parent = Cell.current("trySpawn");
        Optional<Task<T>> started = startIfRoom(parent, body);
        if (started.isEmpty()) {
            parent.local.refused("functionsPerShard", parent.local.limits.functionsPerShard(), parent);
        }
        return started;
    }

    /// As [#trySpawn(Callable)], where it is no refusal that there is no room.
    static <T> Optional<Task<T>> startIfRoom(Cell parent, Callable<T> body) {
        FunctionCell child = new FunctionCell(parent.local, body);
        return parent.tryStart(child) ? Optional.of(task(child)) : Optional.empty();
    }

    /// As [#trySpawn(Callable)], for a function without a result.
    public static Optional<Task<Void>> trySpawn(Action body) {
        return trySpawn(callable(body));
    }

    /// Starts a child actor on the same shard. It is stopped when the caller ends. Waits as [#spawn(Callable)] does
    /// while there is no room.
    public static <M> ActorRef<M> spawnActor(String name, Supplier<? extends Actor<M>> behavior) {
        return spawnActor(name, ActorOptions.defaults(), behavior);
    }

    public static <M> ActorRef<M> spawnActor(String name, ActorOptions options, Supplier<? extends Actor<M>> behavior) {
        Cell parent = Cell.current("spawnActor");
        return startActor(parent, options, messageCell(parent.local, parent, name, options, behavior));
    }

    /// Starts a direct-style child actor on the same shard. It is stopped when the caller ends. Waits as
    /// [#spawn(Callable)] does while there is no room.
    public static <M> ActorRef<M> spawnActor(String name, DirectActor<M> body) {
        return spawnActor(name, ActorOptions.defaults(), body);
    }

    public static <M> ActorRef<M> spawnActor(String name, ActorOptions options, DirectActor<M> body) {
        Cell parent = Cell.current("spawnActor");
        return startActor(parent, options, directCell(parent.local, parent, name, options, body));
    }

    private static <M> ActorRef<M> startActor(Cell parent, ActorOptions options, ActorCell<M> child) {
        parent.start(child);
        if (parent.local.witness != null) {
            Sightings.spawned(child, options);
        }
        return child;
    }

    // Waiting.

    /// Waits for a task and returns its value, or throws its failure: an unchecked exception or error as it is,
    /// with the place of this call added as a suppressed exception; a checked one inside a [TaskFailedException].
    public static <T> T await(Task<T> task) {
        Outcome<T> outcome = (Outcome<T>) task;
        Cell cell = Cell.current("await");
        cell.await(outcome);
        return outcome.get(cell);
    }

    /// As [#await(Task)], for a stage that completes on any thread.
    ///
    /// A stage offers no way to take back what waits for it: each await that is given up, by a cancellation or a
    /// deadline, leaves some 100 bytes with the stage until that completes; nothing of the function stays.
    @SuppressWarnings({"NullAway", "AssignmentToParameter"}) // nothing reads it again
    public static <T extends @Nullable Object> T await(CompletionStage<T> stage) {
        Objects.requireNonNull(stage, "stage");
        Cell cell = Cell.current("await");
        Suspension<T> suspension = Suspension.begin(cell, "completion stage", wakenBy(stage));
        stage = null; // the stack is not to hold it during the wait: see Suspension
        return suspension.await(cell);
    }

    private static <T extends @Nullable Object> Consumer<Waker<T>> wakenBy(CompletionStage<T> stage) {
        return waker -> stage.whenComplete((value, failure) -> {
            if (failure == null) {
                waker.wake(value);
            } else {
                waker.fail(unwrapped(failure));
            }
        });
    }

    /// Suspends the function until something outside wakes it: for event sources that offer a callback, such as a
    /// driver of a database or a device.
    ///
    /// ```java
    /// Row row = suspend(waker -> driver.query(sql, waker::wake, waker::fail));
    /// ```
    ///
    /// `register` is called at once, in the function, and is to hand the waker to the source; it may also use it
    /// there and then. When it throws, so does this call. When the function is cancelled or a deadline around it
    /// passes, this call throws, and the waker is refused from then on: tell the source in a `catch` that nobody
    /// waits any more, if it is to know. A waker that nobody holds any more is reported
    /// ([Violation#WAKER_DROPPED]). For a source on the same shard that fires again and again, see [Signal].
    ///
    /// @return what the waker was given; its failure is thrown as [#await(Task)] does
    @SuppressWarnings({"NullAway", "AssignmentToParameter"}) // nothing reads it again
    public static <T extends @Nullable Object> T suspend(Consumer<? super Waker<T>> register) {
        Objects.requireNonNull(register, "register");
        Cell cell = Cell.current("suspend");
        Suspension<T> suspension = Suspension.begin(cell, "waker", register);
        register = null; // the stack is not to hold it during the wait: see Suspension
        return suspension.await(cell);
    }

    /// The shard of the calling function as an executor, for use by any thread and for as long as the system lives:
    /// callbacks of other libraries run there, for example `future.thenApplyAsync(mapping, executor)`, one at a
    /// time with all else on the shard.
    ///
    /// Each command is a function: it may await, and a failure is reported. It is a child of the actor `/executor`,
    /// not of the caller. Commands begin in the order in which they were accepted. As many as [Limits#spawnQueue]
    /// may wait for that; when there are more, or the system is closed, `execute` throws
    /// `RejectedExecutionException` at once. It never waits. What waits when the system is closed becomes a dead
    /// letter.
    ///
    /// @throws LimitExceededException at the first call on a shard, if that has as many functions and actors as
    ///     [Limits#functionsPerShard] allows
    /// @throws SystemClosedException if the system is closed
    public static Executor executor() {
        return Cell.current("executor").local.executor();
    }

    /// Waits for all tasks and returns their values in the same order. The collection is read once, at the call; it
    /// may be empty, and hold a task twice or one that has ended. The cost of each task that ends does not depend
    /// on how many are awaited.
    ///
    /// When one fails, the others are cancelled. When they have ended, its failure is thrown, with the failures of
    /// the others, up to 16, as suppressed exceptions. A task that was cancelled has failed, with a
    /// [CancelledException].
    ///
    /// If the caller is cancelled or its deadline passes while it waits for those that it has cancelled, the
    /// failure is thrown without waiting for them any longer.
    ///
    /// @throws LimitExceededException if there are more tasks than [Limits#fanOut]; none is cancelled then
    public static <T> List<T> awaitAll(Collection<? extends Task<? extends T>> tasks) {
        Cell cell = Cell.current("awaitAll");
        Outcome<?>[] outcomes = outcomes(cell, tasks);
        AwaitAll all = AwaitAll.success(cell, outcomes);
        try {
            Outcome<?> failed = all.await();
            if (failed != null) {
                endOthers(cell, failed, outcomes);
                failed.get(cell);
            }
        } catch (Throwable e) {
            all.leave();
            throw e;
        }
        List<T> values = new ArrayList<>(outcomes.length);
        for (Outcome<?> outcome : outcomes) {
            @SuppressWarnings("unchecked") // the collection says so
            T value = (T) outcome.get(cell);
            values.add(value);
        }
        return values;
    }

    private static void endOthers(Cell cell, Outcome<?> failed, Outcome<?>[] outcomes) {
        cancelAll(outcomes);
        AwaitAll others = AwaitAll.end(cell, outcomes);
        try {
            awaitAsLongAsAllowed(others);
            FurtherFailures further = new FurtherFailures(Objects.requireNonNull(failed.failure()));
            for (Outcome<?> outcome : outcomes) {
                further.add(outcome);
            }
            further.close();
        } finally {
            others.leave();
        }
    }

    private static void awaitAsLongAsAllowed(AwaitAll others) {
        try {
            others.await();
        } catch (CancelledException | DeadlineExceededException | ViolationException _) {
            // What has not ended by now reports its failure itself.
        }
    }

    /// Waits until all tasks have ended, in whatever way, and returns how, in the same order. Cancels none, also if
    /// the caller is cancelled.
    ///
    /// @throws LimitExceededException if there are more tasks than [Limits#fanOut]
    public static <T> List<Settled<T>> awaitAllSettled(Collection<? extends Task<? extends T>> tasks) {
        Cell cell = Cell.current("awaitAllSettled");
        Outcome<?>[] outcomes = outcomes(cell, tasks);
        AwaitAll all = AwaitAll.end(cell, outcomes);
        try {
            all.await();
        } catch (Throwable e) {
            all.leave();
            throw e;
        }
        List<Settled<T>> settled = new ArrayList<>(outcomes.length);
        for (Outcome<?> outcome : outcomes) {
            @SuppressWarnings("unchecked") // the collection says so
            Settled<T> each = (Settled<T>) outcome.settled(cell);
            settled.add(each);
        }
        return settled;
    }

    /// Applies the function to each item, in child functions of which at most `atOnce` run at a time, and returns
    /// the results in the order of the items. The items are read once, at the call. The first failure cancels the
    /// rest and is thrown as [#awaitAll(Collection)] does.
    ///
    /// Waits as [#spawn(Callable)] does until there is room for one child; where there is room for some only, fewer
    /// run at a time.
    ///
    /// @throws IllegalArgumentException if `atOnce` is below 1
    /// @throws LimitExceededException if more than [Limits#fanOut] are to run at a time
    public static <I, R> List<R> awaitAll(Collection<I> items, int atOnce, ItemFunction<I, R> function) {
        if (atOnce < 1) {
            throw new IllegalArgumentException("atOnce is out of range: value=" + atOnce + ", least=1");
        }
        Objects.requireNonNull(function, "function");
        Cell cell = Cell.current("awaitAll");
        List<I> input = new ArrayList<>(items);
        @Nullable Object[] output = new @Nullable Object[input.size()];
        int[] next = {0}; // shared by children on one shard
        Action worker = () -> {
            while (next[0] < output.length) {
                int mine = next[0]++;
                try {
                    output[mine] = function.apply(input.get(mine));
                } catch (Throwable e) {
                    next[0] = output.length; // workers that never suspend see no cancellation
                    throw e;
                }
            }
        };
        int wanted = Math.min(atOnce, input.size());
        requireFanOut(cell, wanted);
        List<Task<Void>> workers = new ArrayList<>();
        try {
            Optional<Task<Void>> started = wanted == 0 ? Optional.empty() : Optional.of(spawn(worker));
            while (started.isPresent()) {
                workers.add(started.get());
                started = workers.size() < wanted ? startIfRoom(cell, callable(worker)) : Optional.empty();
            }
            awaitAll(workers);
        } catch (RuntimeException | Error e) {
            next[0] = output.length;
            workers.forEach(Task::cancel);
            throw e;
        }
        @SuppressWarnings("unchecked") // each was returned by the function
        List<R> results = (List<R>) Arrays.asList(output);
        return results;
    }

    /// Waits for the first task that ends, cancels the others, and returns its value or throws its failure at once;
    /// of those that have ended already, the first in the order of the collection. If one of the others fails for
    /// another reason than its cancellation, that is reported as a failure that nobody awaits.
    ///
    /// @throws IllegalArgumentException if there is no task
    /// @throws LimitExceededException if there are more tasks than [Limits#fanOut]; none is cancelled then
    public static <T> T awaitAny(Collection<? extends Task<? extends T>> tasks) {
        Cell cell = Cell.current("awaitAny");
        Outcome<?>[] outcomes = outcomes(cell, tasks);
        if (outcomes.length == 0) {
            throw new IllegalArgumentException("awaitAny needs at least one task; it would wait forever");
        }
        Outcome<?> first = new AwaitAny(cell, outcomes.clone()).await();
        cancelAll(outcomes);
        @SuppressWarnings("unchecked") // the collection says so
        T value = (T) first.get(cell);
        return value;
    }

    /// Starts a child function that emits many values to the caller, through a buffer of at most `capacity` of
    /// them: see [Sequence]. It begins to run when the caller suspends. Waits as [#spawn(Callable)] does while
    /// there is no room on the shard.
    ///
    /// @throws IllegalArgumentException if the capacity is below 1 or above [Limits#MAX_MAILBOX]
    /// @throws LimitExceededException if there would never be room
    public static <T> Sequence<T> sequence(int capacity, Sequence.Producer<T> producer) {
        return Sequence.start(capacity, producer);
    }

    /// Suspends the function for at least so long; up to some 2 ms more.
    public static void sleepFor(Duration duration) {
        Cell cell = Cell.current("sleepFor");
        cell.throwIfInterrupted();
        Sleep sleep = new Sleep(cell);
        cell.local.schedule(sleep, Durations.toNanos(duration), cell);
        while (!sleep.isOver) {
            if (cell.isInterrupted()) {
                cell.local.shard.cancel(sleep);
                cell.throwIfInterrupted();
            }
            cell.suspend(sleep);
        }
    }

    /// Runs the body as a part of the calling function, with a deadline for every wait within: sleeps, asks, I/O
    /// and the await of whatever the body has started. When the deadline passes, the wait that the body is in, or
    /// the next one, throws; a JDK call that it is blocked in is interrupted, and if the body lets the exception of
    /// that out, it is the cause of the one that is thrown; child functions that the body has started are cancelled
    /// at once, child actors when the body has left. What is there by then wins, and so does a body that returns a
    /// value.
    ///
    /// Deadlines nest: whichever passes first counts, and an outer one ends the inner bodies too. An ask has its
    /// own besides: the wait for its reply ends with whichever passes first, and the ask itself with its own.
    ///
    /// The exception is thrown once. After that the cleanup of the body (`finally`, try-with-resources, `catch`)
    /// may wait itself, for [Limits#cancelGrace]; then each of its waits throws. When the body has left, the caller
    /// may wait as ever.
    ///
    /// @throws DeadlineExceededException if the deadline passes first
    public static <T> T withTimeout(Duration timeout, Callable<T> body) {
        Cell cell = Cell.current("withTimeout");
        Timeout entered = Timeout.enter(cell, timeout);
        boolean ended = false;
        try {
            T value = body.call();
            ended = true;
            return value;
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            RouseException behind = entered.interruptionBehind(e);
            throw behind == null ? new TaskFailedException(cell.path(), e) : behind;
        } finally {
            entered.leave();
            if (!ended) {
                entered.cancelChildren();
            }
        }
    }

    private static final class Sleep extends Timer {
        private final Cell cell;
        private boolean isOver;

        Sleep(Cell cell) {
            this.cell = cell;
        }

        @Override
        protected void onExpiry() {
            isOver = true;
            cell.wake();
        }

        @Override
        public String toString() {
            return "sleep of " + cell.path();
        }
    }

    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    private static Outcome<?>[] outcomes(Cell cell, Collection<? extends Task<?>> tasks) {
        Outcome<?>[] outcomes = tasks.toArray(new Outcome<?>[0]);
        for (Outcome<?> outcome : outcomes) {
            cell.requireOther(Objects.requireNonNull(outcome, "task"));
        }
        requireFanOut(cell, outcomes.length);
        return outcomes;
    }

    private static void requireFanOut(Cell cell, int wanted) {
        int limit = cell.local.limits.fanOut();
        if (wanted > limit) {
            cell.local.refused("fanOut", limit, cell);
            throw new LimitExceededException(
                    "fanOut", limit, cell.path(), "wanted=" + wanted + ", raise Limits.fanOut or await in parts");
        }
    }

    private static void cancelAll(Outcome<?>[] outcomes) {
        for (Outcome<?> outcome : outcomes) {
            outcome.cancel();
        }
    }

    // Shared with ActorSystem.

    @SuppressWarnings("unchecked") // the cell was made from a Callable<T>
    static <T> Task<T> task(FunctionCell cell) {
        return (Task<T>) (Task<?>) cell;
    }

    static Callable<Void> callable(Action body) {
        return new ActionBody(Objects.requireNonNull(body, "body"));
    }

    /// A body without a result; [Names] looks inside.
    record ActionBody(Action action) implements Callable<Void> {
        @Override
        @SuppressWarnings("NullAway") // a Task<Void> ends with null
        public Void call() throws Exception {
            action.run();
            return null;
        }
    }

    static <M> MessageCell<M> messageCell(
            LocalSystem local, Cell parent, String name, ActorOptions options, Supplier<? extends Actor<M>> behavior) {
        Objects.requireNonNull(behavior, "behavior");
        Supplier<? extends Actor<M>> standIn = Sightings.standIn(parent, name, options);
        return new MessageCell<>(
                local, parent, Names.requireElement(name), options, standIn == null ? behavior : standIn);
    }

    static <M> ActorCell<M> directCell(
            LocalSystem local, Cell parent, String name, ActorOptions options, DirectActor<M> body) {
        Objects.requireNonNull(body, "body");
        if (options.supervision().mayResume()) {
            throw new IllegalArgumentException("a direct-style actor cannot be resumed: actor=" + name
                    + "; its state is the stack that the failure has unwound, choose RESTART or STOP");
        }
        Supplier<? extends Actor<M>> standIn = Sightings.standIn(parent, name, options);
        return standIn == null
                ? new DirectCell<>(local, parent, Names.requireElement(name), options, body)
                : new MessageCell<>(local, parent, Names.requireElement(name), options, standIn);
    }
}
