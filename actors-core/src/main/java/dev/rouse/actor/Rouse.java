package dev.rouse.actor;

import dev.rouse.dispatch.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The verbs of functions and actors, to be imported statically.
///
/// All of them are for the inside of a function or actor and throw [OutsideFunctionException] elsewhere. Those that
/// wait suspend the function: its shard goes on with others. They throw [CancelledException] when the function is
/// cancelled, and [DeadlineExceededException] when a deadline around them has passed.
public final class Rouse {
    private Rouse() {}

    // Starting.

    /// Starts a child function on the same shard. It begins to run when the caller suspends or ends, and the caller
    /// ends only after it.
    ///
    /// @throws LimitExceededException if the shard has as many functions and actors as [Limits#functionsPerShard]
    ///     allows
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

    /// Starts a child actor on the same shard. It is stopped when the caller ends.
    ///
    /// @throws LimitExceededException if the shard has as many functions and actors as [Limits#functionsPerShard]
    ///     allows
    public static <M> ActorRef<M> spawnActor(String name, Supplier<? extends Actor<M>> behavior) {
        return spawnActor(name, ActorOptions.defaults(), behavior);
    }

    public static <M> ActorRef<M> spawnActor(String name, ActorOptions options, Supplier<? extends Actor<M>> behavior) {
        Cell parent = Cell.current("spawnActor");
        ActorCell<M> child = messageCell(parent.local, parent, name, options, behavior);
        parent.start(child);
        return child;
    }

    /// Starts a direct-style child actor on the same shard. It is stopped when the caller ends.
    public static <M> ActorRef<M> spawnActor(String name, DirectActor<M> body) {
        return spawnActor(name, ActorOptions.defaults(), body);
    }

    public static <M> ActorRef<M> spawnActor(String name, ActorOptions options, DirectActor<M> body) {
        Cell parent = Cell.current("spawnActor");
        ActorCell<M> child = directCell(parent.local, parent, name, options, body);
        parent.start(child);
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
    public static <T extends @Nullable Object> T await(CompletionStage<T> stage) {
        Cell cell = Cell.current("await");
        StagePromise<T> promise = new StagePromise<>(cell.local);
        stage.whenComplete(promise::arrive);
        cell.await(promise);
        return promise.get(cell);
    }

    /// Waits for all tasks and returns their values in the same order. When one fails, the others are cancelled and
    /// its failure is thrown at once. The cost of each task that ends does not depend on how many are awaited.
    public static <T> List<T> awaitAll(Collection<? extends Task<? extends T>> tasks) {
        Cell cell = Cell.current("awaitAll");
        Outcome<?>[] outcomes = outcomes(cell, tasks);
        Outcome<?> failed = new AwaitAll(cell, outcomes.clone()).await();
        if (failed != null) {
            cancelAll(outcomes);
            failed.get(cell);
        }
        List<T> values = new ArrayList<>(outcomes.length);
        for (Outcome<?> outcome : outcomes) {
            @SuppressWarnings("unchecked") // the collection says so
            T value = (T) outcome.get(cell);
            values.add(value);
        }
        return values;
    }

    /// Applies the function to each item, in child functions of which at most `atOnce` run at a time, and returns
    /// the results in the order of the items. The first failure cancels the rest and is thrown.
    ///
    /// @throws IllegalArgumentException if `atOnce` is below 1
    public static <I, R> List<R> awaitAll(Collection<I> items, int atOnce, ItemFunction<I, R> function) {
        if (atOnce < 1) {
            throw new IllegalArgumentException("atOnce is out of range: value=" + atOnce + ", least=1");
        }
        Objects.requireNonNull(function, "function");
        List<I> input = new ArrayList<>(items);
        @Nullable Object[] output = new @Nullable Object[input.size()];
        int[] next = {0}; // shared by children on one shard
        List<Task<Void>> workers = new ArrayList<>();
        try {
            for (int i = 0; i < Math.min(atOnce, input.size()); i++) {
                workers.add(spawn(() -> {
                    while (next[0] < output.length) {
                        int mine = next[0]++;
                        try {
                            output[mine] = function.apply(input.get(mine));
                        } catch (Throwable e) {
                            next[0] = output.length; // workers that never suspend see no cancellation
                            throw e;
                        }
                    }
                }));
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

    /// Waits for the first task that ends, cancels the others, and returns its value or throws its failure.
    ///
    /// @throws IllegalArgumentException if there is no task
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

    /// Runs the body as a part of the calling function, with a deadline for every wait within. When the deadline
    /// passes, the wait that the body is in, or the next one, throws; child functions that the body has started are
    /// cancelled. A body that returns a value wins over the deadline.
    ///
    /// @throws DeadlineExceededException if the deadline passes first
    public static <T> T withTimeout(Duration timeout, Callable<T> body) {
        Cell cell = Cell.current("withTimeout");
        Deadline deadline = new Deadline(cell, timeout);
        cell.local.schedule(deadline, Durations.toNanos(timeout), cell);
        cell.deadline = deadline;
        boolean ended = false;
        try {
            T value = body.call();
            ended = true;
            return value;
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new TaskFailedException(cell.path(), e);
        } finally {
            cell.deadline = deadline.outer;
            cell.local.shard.cancel(deadline);
            if (!ended) {
                cell.cancelChildren(deadline);
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
    }

    /// Stands on a shard for a stage that completes elsewhere.
    private static final class StagePromise<T> extends Promise<T> {
        StagePromise(LocalSystem local) {
            super(local);
        }

        /// Any thread.
        void arrive(@Nullable T value, @Nullable Throwable failure) {
            Object result = failure == null ? value : new Failure(unwrapped(failure));
            if (local.shard.isCurrent()) {
                complete(result);
            } else {
                local.shard.submit(new OwnerCommand() {
                    @Override
                    protected void execute() {
                        complete(result);
                    }
                });
            }
        }

        private static Throwable unwrapped(Throwable failure) {
            Throwable cause = failure.getCause();
            return failure instanceof CompletionException && cause != null ? cause : failure;
        }
    }

    private static Outcome<?>[] outcomes(Cell cell, Collection<? extends Task<?>> tasks) {
        Outcome<?>[] outcomes = tasks.toArray(new Outcome<?>[0]);
        for (Outcome<?> outcome : outcomes) {
            cell.requireOther(Objects.requireNonNull(outcome, "task"));
        }
        return outcomes;
    }

    private static void cancelAll(Outcome<?>[] outcomes) {
        for (Outcome<?> outcome : outcomes) {
            outcome.observed();
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
        return new MessageCell<>(local, parent, Names.requireElement(name), options, behavior);
    }

    static <M> DirectCell<M> directCell(
            LocalSystem local, Cell parent, String name, ActorOptions options, DirectActor<M> body) {
        Objects.requireNonNull(body, "body");
        if (options.supervision().mayResume()) {
            throw new IllegalArgumentException("a direct-style actor cannot be resumed: actor=" + name
                    + "; its state is the stack that the failure has unwound, choose RESTART or STOP");
        }
        return new DirectCell<>(local, parent, Names.requireElement(name), options, body);
    }
}
