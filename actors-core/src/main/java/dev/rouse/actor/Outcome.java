package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Turn;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Something that ends exactly once, with a value or a failure, and those who wait for that.
///
/// Owned by one shard, which alone completes it and knows the waiters, until that shard terminates. Other threads see
/// only `outcome`: null until the end, then never changed. It is written with release and read with acquire, so that
/// who sees the end sees all that led to it.
///
/// It is a [Turn] so that a function can be its own task, without another object: see [Cell].
abstract sealed class Outcome<T> extends Turn implements Task<T> permits Node, Ask, Promise {
    private static final Object NULL = new Object();
    private static final VarHandle OUTCOME;

    static {
        try {
            OUTCOME = MethodHandles.lookup().findVarHandle(Outcome.class, "outcome", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final LocalSystem local;

    /// Null, [#NULL], a [Failure] or the value.
    private @Nullable Object outcome;

    /// Null, a [Waiter], or a list of them: nearly always there is at most one. Of what has failed, see
    /// [#completeFailed], those who were told and have neither seen the failure nor left it.
    private @Nullable Object waiters;

    Outcome(LocalSystem local) {
        this.local = local;
    }

    /// What messages call it.
    public abstract String path();

    @Override
    public String toString() {
        return path();
    }

    final @Nullable Object outcome() {
        return OUTCOME.getAcquire(this);
    }

    @Override
    public final boolean isDone() {
        if (local.faults != null) {
            local.shard.lookedAt(); // in a simulation
        }
        return outcome() != null;
    }

    final @Nullable Throwable failure() {
        return outcome() instanceof Failure failure ? failure.cause() : null;
    }

    // Owning shard only.

    /// Asserted by what only the owner may do: it is that, or is gone. Not where a function ends, since its body
    /// may have replaced the thread's handler for exceptions, by which the shard is found.
    private boolean isOwned() {
        return local.shard.isCurrent() || local.shard.isTerminated();
    }

    /// Ends it; does nothing when it has ended. Returns whether this call has ended it.
    final boolean complete(@Nullable Object result) {
        if (outcome != null) {
            return false;
        }
        OUTCOME.setRelease(this, result == null ? NULL : result);
        Object told = waiters;
        waiters = null;
        tell(told);
        return true;
    }

    /// As [#complete], for a failure that is to be reported unless somebody sees it: those who are to see it stay
    /// [waiters][#hasWaiters] until one has or each has left.
    final void completeFailed(Failure result) {
        Object told = waiters;
        if (complete(result)) {
            waiters = takersAmong(told);
        }
    }

    private @Nullable Object takersAmong(@Nullable Object told) {
        if (told instanceof WaiterList list) {
            list.removeIf(waiter -> !waiter.takes(this));
            return list.isEmpty() ? null : list;
        }
        return told instanceof Waiter waiter && waiter.takes(this) ? waiter : null;
    }

    /// As [#complete], for what ends because its shard has not taken it or has terminated. After the end of the
    /// shard several threads may come with that at once: one of them wins. It holds no monitor while it tells the
    /// waiters, since they may in turn end what belongs to other shards.
    final void completeRefused(@Nullable Object result) {
        if (OUTCOME.compareAndSet(this, null, result == null ? NULL : result)) {
            tell(takeAll());
        }
    }

    /// Against [#takeOutLast].
    private synchronized @Nullable Object takeAll() {
        Object all = waiters;
        waiters = null;
        return all;
    }

    private void tell(@Nullable Object told) {
        if (told == null) {
            return;
        }
        if (told instanceof Waiter waiter) {
            waiter.onDone(this);
        } else {
            for (Object waiter : (List<?>) told) {
                ((Waiter) waiter).onDone(this);
            }
        }
    }

    final void forEachWaiter(Consumer<Waiter> reader) {
        assert isOwned() : "waiters are looked at on the shard of what they wait for only";
        Object present = waiters;
        if (present instanceof WaiterList list) {
            list.forEach(reader);
        } else if (present != null) {
            reader.accept((Waiter) present);
        }
    }

    final boolean hasWaiters() {
        return waiters != null;
    }

    /// Asked before who awaits this is told of its interruption. Returns false, and this has ended, when the result
    /// was there first, on its way from another thread.
    boolean giveUp() {
        return true;
    }

    /// Adds one who is told at the end; one who is added after the end is not.
    final void addWaiter(Waiter waiter) {
        assert isOwned() : "a waiter is added on the shard of what it waits for only";
        Object present = waiters;
        if (present == null) {
            waiters = waiter;
        } else if (present instanceof WaiterList list) {
            list.add(waiter);
        } else {
            waiters = new WaiterList((Waiter) present, waiter);
        }
    }

    /// By one who does not wait any more or, after the end, does not see to the failure.
    void removeWaiter(Waiter waiter) {
        assert isOwned() : "a waiter is removed on the shard of what it waits for only";
        takeOut(waiter);
    }

    @SuppressWarnings("ReferenceEquality") // a waiter is itself only
    private void takeOut(Waiter waiter) {
        Object present = waiters;
        if (present == waiter) {
            waiters = null;
        } else if (present instanceof WaiterList list) {
            list.remove(waiter);
            if (list.isEmpty()) {
                waiters = null;
            }
        }
    }

    private static final class WaiterList extends ArrayList<Waiter> {
        private static final long serialVersionUID = 1L;

        WaiterList(Waiter first, Waiter second) {
            super(4);
            add(first);
            add(second);
        }
    }

    // Any thread, once it has ended.

    /// The value; throws the failure, with the place where it was awaited: by a cell or, null, a plain thread.
    @SuppressWarnings({"unchecked", "NullAway", "ReferenceEquality"
    }) // a Task<Void> ends with null, which NULL stands for
    final T get(@Nullable Cell awaiter) {
        Object ended = Objects.requireNonNull(outcome());
        if (ended instanceof Failure(Throwable cause)) {
            observed();
            if (awaiter != null && (cause instanceof CancelledException || cause instanceof AskTimeoutException)) {
                awaiter.throwIfInterrupted(); // that has ended its child or ask, too, which was the quicker
            }
            AwaitedAt.mark(
                    cause, awaiter == null ? "thread " + Thread.currentThread().getName() : awaiter.path());
            switch (cause) {
                case RuntimeException unchecked -> throw unchecked;
                case Error error -> throw error;
                default -> throw new TaskFailedException(path(), cause);
            }
        }
        return ended == NULL ? null : (T) ended;
    }

    /// How it has ended, for a cell that awaits it.
    @SuppressWarnings({"unchecked", "ReferenceEquality"})
    final Settled<T> settled(Cell awaiter) {
        Object ended = Objects.requireNonNull(outcome());
        if (ended instanceof Failure(Throwable cause)) {
            observed();
            AwaitedAt.mark(cause, awaiter.path());
            return new Settled.Failed<>(cause);
        }
        return new Settled.Succeeded<>(ended == NULL ? null : (T) ended);
    }

    /// Called when somebody has seen the failure. Any thread.
    void observed() {
        if (local.shard.isCurrent()) {
            waiters = null;
        }
    }

    @Override
    public final T join() {
        new Join(this).await();
        return get(null);
    }

    @Override
    public final T join(Duration atMost) throws TimeoutException {
        new Join(this).await(atMost);
        return get(null);
    }

    @Override
    public final void cancel() {
        if (isDone()) {
            return;
        }
        if (local.shard.isCurrent()) {
            cancelLocally();
        } else {
            local.shard.submit(new OwnerCommand() {
                @Override
                protected void execute() {
                    cancelLocally();
                }
            });
        }
    }

    /// Owning shard only.
    abstract void cancelLocally();

    @Override
    public final CompletableFuture<T> toCompletableFuture() {
        CompletableFuture<T> future = new CompletableFuture<>();
        whenDone(_ -> future.defaultExecutor().execute(() -> completeAsThis(future)));
        return future;
    }

    @SuppressWarnings("NullAway") // a Task<Void> ends with null
    private void completeAsThis(CompletableFuture<T> future) {
        switch (failure()) {
            case null -> future.complete(get(null));
            case CancelledException e -> {
                observed();
                CancellationException cancelled = new CancellationException(e.getMessage());
                cancelled.initCause(e);
                future.completeExceptionally(cancelled);
            }
            case Throwable e -> {
                observed();
                future.completeExceptionally(e);
            }
        }
    }

    /// Has the waiter told, on the owning shard or, after the end of that shard, on any thread. Any thread.
    final void whenDone(Waiter waiter) {
        if (isDone()) {
            waiter.onDone(this);
        } else if (local.shard.isCurrent()) {
            addWaiter(waiter);
        } else {
            local.shard.submit(new Registration(this, waiter));
        }
    }

    /// As [#removeWaiter], for one who was told [from elsewhere][#whenDone]. Any thread.
    final void isLeftBy(Waiter waiter) {
        if (!isDone() || failure() != null) {
            local.shard.submit(new Departure(this, waiter));
        }
    }

    /// As [#removeWaiter], after the end of the shard. Any thread, which must not be held up.
    void isLeftAfterEnd(Waiter waiter) {
        takeOutLast(waiter);
    }

    /// After the end of the shard. Returns whether it was the last waiter. Any number of threads at once, and one
    /// that [cuts off][#completeRefused], hence the monitor, which guards nothing else.
    final synchronized boolean takeOutLast(Waiter waiter) {
        boolean any = hasWaiters();
        takeOut(waiter);
        return any && !hasWaiters();
    }

    private static final class Departure extends Command {
        private final Outcome<?> outcome;
        private final Waiter waiter;

        Departure(Outcome<?> outcome, Waiter waiter) {
            this.outcome = outcome;
            this.waiter = waiter;
        }

        @Override
        protected void execute() {
            outcome.removeWaiter(waiter);
        }

        @Override
        protected void refused() {
            outcome.isLeftAfterEnd(waiter);
        }
    }

    /// A command of a thread that is not on the shard, about an outcome that is.
    abstract static class OwnerCommand extends Command {
        @Override
        protected void refused() {
            // the shard has terminated; who waits is told by the system's close
        }
    }

    private static final class Registration extends Command {
        private final Outcome<?> outcome;
        private final Waiter waiter;

        Registration(Outcome<?> outcome, Waiter waiter) {
            this.outcome = outcome;
            this.waiter = waiter;
        }

        @Override
        protected void execute() {
            if (outcome.isDone()) {
                waiter.onDone(outcome);
            } else {
                outcome.addWaiter(waiter);
            }
        }

        @Override
        protected void refused() {
            outcome.completeRefused(new Failure(new SystemClosedException(outcome.local.system.name())));
            waiter.onDone(outcome);
        }
    }
}
