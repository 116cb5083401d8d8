package dev.rouse.actor;

import dev.rouse.dispatch.Driver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A node of the tree of functions and actors on one shard. Owning shard only, except for what [Outcome] allows.
///
/// **Structure.** A cell ends after its children. When its own work is done it is *ending*: it takes no more children,
/// and the last child to end completes it. The children are a doubly linked list through the cells themselves, newest
/// first.
///
/// **Waiting.** Everything that suspends goes through [#suspend] and [#wake]. The one who suspends looks at its
/// condition again when it returns: a wake-up may come from the awaited thing, from a cancellation or from a deadline.
abstract sealed class Cell extends Outcome<Object> implements Waiter permits FunctionCell, ActorCell {
    @Nullable
    Cell parent;

    private @Nullable Cell firstChild;
    private @Nullable Cell nextSibling;
    private @Nullable Cell previousSibling;

    /// The driver that waits for [#wake]; null while the cell runs, is blocked by a JDK call or has no turn.
    private @Nullable Driver waiting;

    /// What the cell is suspended for, for who wants to know whom it waits for; see [#awaited].
    private @Nullable Object awaited;

    /// The innermost [Rouse#withTimeout] that the cell is in.
    @Nullable
    Deadline deadline;

    /// The innermost [Rouse#withTimeout] of the parent in which this cell was started.
    private @Nullable Deadline scope;

    private boolean cancelled;

    /// Interrupted like a cancelled cell, but to go on afterwards; see [GroupRestart].
    private boolean halted;

    private boolean ending;

    Cell(LocalSystem local) {
        super(local);
    }

    /// The function or actor whose turn runs on the calling thread.
    ///
    /// @throws OutsideFunctionException if there is none
    static Cell current(String verb) {
        Cell cell = currentOrNull();
        if (cell == null) {
            throw new OutsideFunctionException(verb);
        }
        return cell;
    }

    static @Nullable Cell currentOrNull() {
        Driver driver = Driver.current();
        return driver != null && driver.turn() instanceof Cell cell ? cell : null;
    }

    // Waiting.

    /// Suspends the turn that runs, which must be this cell's, until [#wake].
    ///
    /// @param what what it waits for: see [#awaited]
    final void suspend(Object what) {
        Driver driver = Driver.current();
        if (driver == null || driver.turn() != this) {
            throw new IllegalStateException("only the turn that runs can suspend: path=" + path());
        }
        waiting = driver;
        awaited = what;
        try {
            driver.suspend();
        } finally {
            waiting = null; // not by wake() if the stack was too full to suspend
            awaited = null;
        }
    }

    /// What the cell is suspended for, null while it is not: the [Outcome] (of another shard: a [RemoteAwait]), the
    /// [AwaitAll] or [AwaitAny], the [PendingSend], the [Signal], the timer that ends a sleep, or the cell itself
    /// while a direct-style actor waits for its inbox. What it waits for may have come, and its wake-up be in the
    /// run queue.
    final @Nullable Object awaited() {
        return awaited;
    }

    /// The driver that holds the stack of the suspended turn; null while it is not suspended, or has been woken.
    final @Nullable Driver suspendedDriver() {
        return waiting;
    }

    @Override
    protected final void onPinned() {
        StackTraceElement[] stack = Thread.currentThread().getStackTrace();
        String place = Where.of(stack);
        local.system
                .rules()
                .report(
                        Violation.PINNED,
                        place,
                        "a turn has waited while it was pinned to its carrier: path=" + path() + ", at=" + place,
                        null);
    }

    /// Resumes the suspended turn; does nothing when it is not suspended.
    final void wake() {
        Driver driver = waiting;
        if (driver != null) {
            waiting = null;
            driver.resume();
        }
    }

    /// Lets others run and then goes on: puts the turn at the end of the run queue.
    final void yieldTurn() {
        Driver driver = Driver.current();
        if (driver != null) {
            driver.resume();
            driver.suspend();
        }
    }

    /// Called at suspension points, before and after waiting.
    ///
    /// @throws CancelledException if the cell was cancelled
    /// @throws DeadlineExceededException if a deadline around this point has passed
    final void throwIfInterrupted() {
        if (cancelled || halted) {
            throw new CancelledException("cancelled: path=" + path());
        }
        if (deadline != null) {
            deadline.throwIfExpired();
        }
    }

    final boolean isInterrupted() {
        return cancelled || halted || (deadline != null && deadline.isExpired());
    }

    final boolean isCancelled() {
        return cancelled;
    }

    final boolean isHalted() {
        return halted;
    }

    /// Has its turn end as if it were cancelled.
    void halt() {
        halted = true;
        wake();
    }

    void endHalt() {
        halted = false;
    }

    /// Waits until the condition holds, whatever else happens to this cell; who makes it hold has to [#wake] it.
    /// Returns false when the time is over first; `Long.MAX_VALUE` is for ever.
    ///
    /// @throws LimitExceededException if the shard has no timer left
    final boolean awaitRegardless(BooleanSupplier condition, long atMostNanos) {
        return awaitRegardless(null, condition, atMostNanos);
    }

    /// As [#awaitRegardless], for the end of another cell on this shard.
    final boolean awaitEnd(Cell other, long atMostNanos) {
        other.addWaiter(this);
        try {
            return awaitRegardless(other, other::isDone, atMostNanos);
        } finally {
            other.removeWaiter(this);
        }
    }

    private boolean awaitRegardless(@Nullable Cell other, BooleanSupplier condition, long atMostNanos) {
        if (condition.getAsBoolean()) {
            return true;
        }
        Patience patience = new Patience(this);
        if (atMostNanos != Long.MAX_VALUE) {
            local.schedule(patience, atMostNanos, this);
        }
        try {
            while (!condition.getAsBoolean() && !patience.isOver()) {
                suspend(other == null ? patience : other);
            }
        } finally {
            local.shard.cancel(patience);
        }
        return condition.getAsBoolean();
    }

    /// Waits until the outcome is there.
    final void await(Outcome<?> awaited) {
        if (awaited.isDone()) {
            return;
        }
        requireOther(awaited);
        throwIfInterrupted();
        Outcome<?> here = local.here(awaited);
        WaitGraph.beforeAwait(this, here);
        here.addWaiter(this);
        // Interruption is looked at before each wait: a cancellation may have come while here() blocked.
        while (!here.isDone()) {
            if (isInterrupted()) {
                here.removeWaiter(this);
                throwIfInterrupted();
            }
            suspend(here);
        }
    }

    @SuppressWarnings("ReferenceEquality") // an outcome is itself only
    final void requireOther(Outcome<?> awaited) {
        if (awaited == this) {
            throw local.system.rules().refused(Violation.AWAIT_OF_ITSELF, "a function awaited itself: path=" + path());
        }
    }

    /// What the cell awaits is there.
    @Override
    public final void onDone(Outcome<?> outcome) {
        wake();
    }

    // Structure.

    final @Nullable Cell firstChild() {
        return firstChild;
    }

    final @Nullable Cell nextSibling() {
        return nextSibling;
    }

    /// Whether its own work is done.
    final boolean isEnding() {
        return ending;
    }

    @SuppressWarnings("ReferenceEquality") // there is one for each shard
    final boolean isOnShardOf(Cell other) {
        return local == other.local;
    }

    /// Whether it has nothing to do until a message comes.
    boolean isIdle() {
        return false;
    }

    /// Takes in a child and makes it ready for its first turn.
    ///
    /// @throws LimitExceededException if the shard is full
    final void start(Cell child) {
        if (ending) {
            throw new IllegalStateException("a function that is ending takes no more children: path=" + path());
        }
        local.acquireSlot(this);
        adopt(child);
        local.shard.ready(child);
        Events.spawned(child);
    }

    private void adopt(Cell child) {
        child.parent = this;
        child.scope = deadline;
        Cell first = firstChild;
        child.nextSibling = first;
        if (first != null) {
            first.previousSibling = child;
        }
        firstChild = child;
    }

    private void disown(Cell child) {
        Cell before = child.previousSibling;
        Cell after = child.nextSibling;
        if (before == null) {
            firstChild = after;
        } else {
            before.nextSibling = after;
        }
        if (after != null) {
            after.previousSibling = before;
        }
        child.previousSibling = null;
        child.nextSibling = null;
    }

    /// Cancels the children that were started within the scope; null for all.
    final void cancelChildren(@Nullable Deadline within) {
        // No cell ends within: the cancelled ones see it in turns of their own.
        for (Cell child = firstChild; child != null; child = child.nextSibling) {
            if (within == null || within.encloses(child.scope)) {
                child.cancelLocally();
            }
        }
    }

    /// Stops the child actors and what else serves this cell only; child functions go on.
    private void stopServants() {
        for (Cell child = firstChild; child != null; child = child.nextSibling) {
            if (child.endsWithParent()) {
                child.cancelLocally();
            }
        }
    }

    /// The children that are actors, newest first.
    final List<ActorCell<?>> childActors() {
        List<ActorCell<?>> actors = new ArrayList<>();
        for (Cell child = firstChild; child != null; child = child.nextSibling) {
            if (child instanceof ActorCell<?> actor) {
                actors.add(actor);
            }
        }
        return actors;
    }

    /// Cancels the children that are functions, and returns them.
    final List<FunctionCell> cancelChildFunctions() {
        List<FunctionCell> functions = new ArrayList<>();
        for (Cell child = firstChild; child != null; child = child.nextSibling) {
            if (child instanceof FunctionCell function) {
                functions.add(function);
                function.cancelLocally();
            }
        }
        return functions;
    }

    final boolean hasChildren() {
        return firstChild != null;
    }

    /// A child actor has failed, and has left to its parent what is to become of that.
    abstract void onEscalation(ActorCell<?> child, Throwable failure);

    @Override
    final void cancelLocally() {
        // Through the cells that are ending, down to those that still run. A loop, since a chain of cells that
        // wait for their children can be longer than a stack.
        Cell cell = this;
        while (cell != null) {
            boolean descends = cell.cancelSelf() && cell.firstChild != null;
            cell = descends ? cell.firstChild : cell.followingWithin(this);
        }
    }

    /// Returns whether the children are to be cancelled too.
    private boolean cancelSelf() {
        if (isDone() || cancelled) {
            return false;
        }
        cancelled = true;
        if (!ending) {
            onCancel();
            wake();
        }
        return ending;
    }

    /// The cell after this one and its descendants, in the order of a walk through the tree below `root`; null at
    /// its end.
    private @Nullable Cell followingWithin(Cell root) {
        Cell cell = this;
        while (cell != null && cell != root) {
            if (cell.nextSibling != null) {
                return cell.nextSibling;
            }
            cell = cell.parent;
        }
        return null;
    }

    /// Whether it is stopped when the work of its parent is done, instead of keeping that from ending.
    abstract boolean endsWithParent();

    /// Called when the cell is cancelled before its work is done.
    abstract void onCancel();

    /// The end of the cell's own work. It completes when the last child has ended.
    final void end(boolean failed) {
        ending = true;
        if (failed || cancelled) {
            cancelChildren(null);
        } else {
            stopServants();
        }
        completeUpwards();
    }

    /// Completes this cell if its children have ended, and then its parents as far as this was what they were
    /// waiting for. A loop, since a chain of parents can be longer than a stack.
    private void completeUpwards() {
        Cell cell = this;
        while (cell != null && cell.ending && cell.firstChild == null && !cell.isDone()) {
            Cell above = cell.parent;
            boolean awaited = cell.hasWaiters();
            if (above != null) {
                above.disown(cell);
                cell.local.releaseSlot();
            }
            Object result = cell.result();
            Events.stopped(cell, result); // first, so that it is there for who waits for the end
            cell.complete(result);
            if (above != null) {
                above.onChildEnded(cell, awaited);
            }
            cell.onEnded(); // may log, and so block: the tree must be whole by now
            cell = above;
        }
    }

    /// Called when a child has ended and is no longer in the list; `awaited` says whether anybody was waiting for
    /// it.
    void onChildEnded(Cell child, boolean awaited) {}

    /// Called when the cell has ended and is no longer in the tree.
    void onEnded() {}

    /// Ends all that has not ended in the tree from here. By one thread, after the end of the shard.
    final void cutOffTree(RouseException why) {
        for (Cell cell = this;
                cell != null;
                cell = cell.firstChild != null ? cell.firstChild : cell.followingWithin(this)) {
            cell.completeRefused(new Failure(why));
            cell.refuse(why);
        }
    }

    /// Ends a root that was never started, or a cell that was cut off. Owning shard, or any thread once that has
    /// terminated.
    abstract void refuse(RouseException why);

    /// The element of the [path][#path] that stands for this cell. Any thread.
    abstract String name();

    @Override
    public final String path() {
        return Names.path(this);
    }

    /// The outcome, asked for once the work is done and the children have ended: null, a value or a [Failure].
    abstract @Nullable Object result();
}
