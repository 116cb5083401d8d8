package dev.rouse.actor;

import dev.rouse.dispatch.Driver;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A function or an actor: its life, its waits and its interruption. Owning shard only, except for what [Outcome]
/// allows.
///
/// **Structure.** A cell ends after its children. When its own work is done it is *ending*: it takes no more children,
/// and the last child to end completes it.
///
/// **Interruption** is a cancellation, a [halt][#halt] or a deadline that has passed. A suspension point throws it
/// once. From then on the cell is in a [Grace], in which its cleanup may wait again; when that is over, each suspension
/// point throws. A cancellation reaches the functions below at once. Actors below are stopped when their parent ends,
/// so that its cleanup can use them. A turn that a JDK call has parked is interrupted, in the sense of
/// [Thread#interrupt].
///
/// **Waiting.** Everything that suspends goes through [#suspend] and [#wake]. The one who suspends looks at its
/// condition again when it returns: a wake-up may come from the awaited thing, from a cancellation or from a deadline.
abstract sealed class Cell extends Node implements Waiter permits FunctionCell, Recipient {
    /// The driver that waits for [#wake]; null while the cell runs, is blocked by a JDK call or has no turn.
    private @Nullable Driver waiting;

    /// The innermost [Rouse#withTimeout] or grace that the cell is in. Its own turn alone changes it: it stays the
    /// same while that is suspended.
    @Nullable
    Deadline deadline;

    /// The innermost deadline in which this cell was started: that of its parent or, without one, of a cell above.
    private @Nullable Deadline scope;

    private boolean cancelled;

    /// Interrupted like a cancelled cell, but to go on afterwards; see [GroupRestart].
    private boolean halted;

    /// Whether the cancellation or the halt was thrown: the outermost deadline is then the grace for it.
    private boolean toldToEnd;

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
    /// @return the cycle that the wait is a part of, when that was found out; else null. Only waits that a
    ///     [CycleCheck] may choose need to look
    final @Nullable CycleFound suspend(Object what) {
        Driver driver = Driver.current();
        if (driver == null || driver.turn() != this) {
            throw new IllegalStateException("only the turn that runs can suspend: path=" + path());
        }
        if (local.faults != null) {
            local.faults.onSuspend(Waits.describe(this, what));
        }
        waiting = driver;
        driver.attach(what);
        try {
            if (local.slots.areAwaited() && local.slots.refuseIfNobodyCanGoOn(this)) {
                waiting = null;
            } else {
                if (deadline != null) {
                    deadline.suspends();
                }
                driver.suspend();
                assert waiting == null : "a turn goes on that nobody has woken, or a second time: path=" + path();
                if (deadline != null) {
                    deadline.goesOn();
                }
            }
        } catch (Throwable e) {
            waiting = null; // not by wake(): the stack was too full to suspend, or the shard has ended
            driver.detach();
            throw e;
        }
        return driver.detach() instanceof CycleFound found ? found : null; // put there by tell()
    }

    /// What the cell is suspended for, null while it is not or has been woken: the [Outcome] (of another shard: a
    /// [RemoteAwait]), the [AwaitAll] or [AwaitAny], the [PendingSend], the [Signal], the timer that ends a sleep,
    /// or the cell itself while a direct-style actor waits for its inbox.
    final @Nullable Object awaited() {
        Driver driver = waiting;
        return driver == null ? null : driver.attachment();
    }

    /// Tells the suspended turn that its wait is a part of a cycle; it leaves the wait or goes on with it.
    final void tell(CycleFound found) {
        if (waiting != null) {
            waiting.attach(found);
            wake();
        }
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
            if (deadline != null) {
                deadline.isWoken();
            }
        }
    }

    /// Ends the wait that the cell is in, if it is in one: it then looks whether it was interrupted. A JDK call in
    /// a cleanup that goes on is left alone.
    final void interrupt() {
        if (waiting != null) {
            wake();
        } else if (isInterrupted()) {
            local.shard.interruptIfBlocked(this);
        }
    }

    /// A cell that was woken by what it has waited for may have been interrupted before it went on.
    @Override
    protected final void onBlocked() {
        if (isInterrupted()) {
            local.shard.interruptIfBlocked(this);
        }
    }

    /// Whether it may go on without the end of another cell of this shard: see [Slots].
    final boolean canGoOn() {
        if (ending) {
            return false;
        }
        if (waiting == null || deadline != null) {
            return true;
        }
        return switch (awaited()) {
            case SlotWait _ -> false;
            case AwaitAll all -> !all.awaitsCellsOnly();
            case AwaitAny any -> !any.awaitsCellsOnly();
            case Cell cell -> cell == this; // a direct-style actor waits for its inbox
            case null, default -> true;
        };
    }

    /// Lets others run and then goes on: puts the turn at the end of the run queue.
    final void yieldTurn() {
        Driver driver = Driver.current();
        if (driver != null) {
            driver.resume();
            driver.suspend();
        }
    }

    /// Called at suspension points, before and after waiting, by the turn that runs. It may let others run before
    /// it throws.
    ///
    /// @throws CancelledException if the cell was cancelled
    /// @throws DeadlineExceededException if a deadline around this point has passed
    final void throwIfInterrupted() {
        if (isInterrupted()) {
            throw interruption();
        }
    }

    final boolean isInterrupted() {
        return ((cancelled || halted) && !toldToEnd) || (deadline != null && deadline.isAnyExpired());
    }

    /// The outermost interruption comes first, and ends the inner ones too.
    private RouseException interruption() {
        Thread.interrupted(); // the exception takes its place, and the cleanup is not to be disturbed
        if ((cancelled || halted) && !toldToEnd) {
            toldToEnd = true;
            beginGrace(null);
            return new CancelledException("cancelled: path=" + path());
        }
        return Objects.requireNonNull(deadline).outermostInterruption();
    }

    /// Whether a JDK call says by it that it was interrupted.
    static boolean isInterrupt(Throwable thrown) {
        return thrown instanceof InterruptedException || thrown instanceof ClosedByInterruptException;
    }

    /// The interruption that stands behind the interrupt of a JDK call, which is its cause; null if there is none.
    /// As [#throwIfInterrupted], this may let others run.
    final @Nullable RouseException interruptionBehind(Throwable thrown) {
        if (!isInterrupt(thrown)) {
            return null;
        }
        RouseException behind;
        if (isInterrupted()) {
            behind = interruption();
        } else if (cancelled || halted) {
            behind = new CancelledException("cancelled: path=" + path());
        } else {
            return null;
        }
        behind.initCause(thrown);
        return behind;
    }

    /// Begins the grace for what a cancelled or halted cell does last, also when what it did before has used up
    /// one. Outside of every [Timeout].
    final void beginLastCleanup() {
        if (cancelled || halted) {
            endGrace();
            toldToEnd = true;
            beginGrace(null);
        }
    }

    private void endGrace() {
        if (deadline != null) {
            local.shard.cancel(deadline);
            deadline = null;
        }
    }

    /// Puts a grace in the place of the deadline and of all that lies within; null for all that there are.
    @SuppressWarnings("ReferenceEquality") // a deadline is itself only
    final Grace beginGrace(@Nullable Timeout interrupted) {
        for (Deadline each = deadline; each != null && each != interrupted; each = each.outer) {
            each.replace();
        }
        Grace grace = Grace.begin(this, interrupted);
        deadline = grace;
        return grace;
    }

    final @Nullable Deadline scope() {
        return scope;
    }

    /// The time that an ask of this cell has: its own or, if that is less, what the deadlines around leave of it.
    final Duration withinDeadlines(Duration timeout) {
        Deadline innermost = deadline != null ? deadline : scope;
        return innermost == null ? timeout : innermost.bound(timeout);
    }

    final boolean isCancelled() {
        return cancelled;
    }

    final boolean isHalted() {
        return halted;
    }

    /// Has its turn end as if it were cancelled, with a grace for its cleanup.
    void halt() {
        halted = true;
        interrupt();
    }

    /// What comes now is in no grace; a cancellation that came meanwhile counts. Outside of every [Timeout].
    void endHalt() {
        if (halted) {
            halted = false;
            toldToEnd = false;
            endGrace();
        }
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
        if (isInterrupted()) {
            if (!awaited.giveUp()) {
                return;
            }
            throwIfInterrupted();
        }
        Outcome<?> here = local.here(awaited);
        WaitGraph.beforeAwait(this, here);
        here.addWaiter(this);
        try {
            // Interruption is looked at before each wait: a cancellation may have come while here()
            // blocked.
            while (!here.isDone()) {
                if (isInterrupted()) {
                    if (!here.giveUp()) {
                        return;
                    }
                    here.removeWaiter(this); // now: what follows may let others run
                    throwIfInterrupted();
                }
                CycleFound found = suspend(here);
                if (!here.isDone()) {
                    waitAgain(here, found);
                }
            }
        } catch (Throwable e) {
            here.removeWaiter(this); // refused, or no stack to suspend on
            throw e;
        }
    }

    /// Called after a wake-up that has not come from what it waits for, and before it waits on: while it was awake,
    /// others may have begun to wait for it, and have not seen it wait.
    ///
    /// @throws ViolationException if the wait is a part of a cycle, and the policy is to fail
    final void waitAgain(Outcome<?> here, @Nullable CycleFound found) {
        if (isInterrupted()) {
            return; // which the caller sees
        }
        if (found == null) {
            WaitGraph.beforeAwait(this, here);
        } else {
            found.report(this);
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

    /// Whether its own work is done.
    final boolean isEnding() {
        return ending;
    }

    @SuppressWarnings("ReferenceEquality") // there is one for each shard
    final boolean isOnShardOf(Cell other) {
        return local == other.local;
    }

    @SuppressWarnings("ReferenceEquality") // a system is itself only
    final boolean isInSystemOf(Cell other) {
        return local.system == other.local.system;
    }

    /// Whether it has nothing to do until a message comes.
    boolean isIdle() {
        return false;
    }

    /// Takes in a child and makes it ready for its first turn; suspends this cell, whose turn must be the one that
    /// runs, until there is room on the shard.
    ///
    /// @throws LimitExceededException if there will never be room
    final void start(Cell child) {
        requireNotEnding();
        local.slots.take(this);
        startInSlot(child);
    }

    /// As [#start]; false, and nothing has happened, if there is no room at once.
    final boolean tryStart(Cell child) {
        requireNotEnding();
        if (!local.slots.tryTake(this)) {
            return false;
        }
        startInSlot(child);
        return true;
    }

    private void requireNotEnding() {
        if (ending) {
            throw new IllegalStateException("a function that is ending takes no more children: path=" + path());
        }
    }

    private void startInSlot(Cell child) {
        boolean ready = false;
        try {
            local.shard.ready(child);
            ready = true;
        } finally {
            if (!ready) {
                local.slots.giveBack(); // no memory for the run queue
            }
        }
        adopt(child);
        child.scope = deadline != null ? deadline : scope;
        Events.spawned(child);
    }

    // No cell ends within what follows: the cancelled ones see it in turns of their own.

    /// Cancels the children that were started within the scope; null for all.
    final void cancelChildren(@Nullable Deadline within) {
        for (Cell child = firstChild(); child != null; child = child.nextSibling()) {
            if (within == null || within.encloses(child.scope)) {
                child.cancelLocally();
            }
        }
    }

    /// Cancels those of the children that were started within the scope and are functions.
    final void cancelFunctions(Deadline within) {
        for (Cell child = firstChild(); child != null; child = child.nextSibling()) {
            if (child instanceof FunctionCell && within.encloses(child.scope)) {
                child.cancelLocally();
            }
        }
    }

    /// Stops the child actors and what else serves this cell only; child functions go on.
    private void stopServants() {
        for (Cell child = firstChild(); child != null; child = child.nextSibling()) {
            if (child.endsWithParent()) {
                child.cancelLocally();
            }
        }
    }

    /// Cancels the children that are functions, and returns them.
    final List<FunctionCell> cancelChildFunctions() {
        List<FunctionCell> functions = new ArrayList<>();
        for (Cell child = firstChild(); child != null; child = child.nextSibling()) {
            if (child instanceof FunctionCell function) {
                functions.add(function);
                function.cancelLocally();
            }
        }
        return functions;
    }

    /// A child actor has failed, and has left to its parent what is to become of that.
    abstract void onEscalation(ActorCell<?> child, Throwable failure);

    @Override
    final void cancelLocally() {
        // A loop, since a chain of cells can be longer than a stack.
        Cell cell = this;
        while (cell != null) {
            boolean descends = cell.isReachedFrom(this) && cell.cancelSelf() && cell.hasChildren();
            cell = descends ? cell.firstChild() : cell.followingWithin(this);
        }
    }

    /// An actor is stopped when its parent ends, not when that is cancelled.
    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private boolean isReachedFrom(Cell root) {
        return this == root || this instanceof FunctionCell || (parent != null && parent.ending);
    }

    /// Returns whether the children are to be cancelled too. Those of an actor are when it ends.
    private boolean cancelSelf() {
        if (isDone() || cancelled) {
            return false;
        }
        cancelled = true;
        if (!ending) {
            onCancel();
            interrupt();
        }
        return ending || this instanceof FunctionCell;
    }

    /// Whether it is stopped when the work of its parent is done, instead of keeping that from ending.
    abstract boolean endsWithParent();

    /// Called when the cell is cancelled before its work is done.
    abstract void onCancel();

    /// The end of the cell's own work. It completes when the last child has ended.
    final void end() {
        ending = true;
        endGrace();
        if (hasChildren()) {
            if (cancelled || hasFailed()) {
                cancelChildren(null);
            } else {
                stopServants();
            }
        }
        completeUpwards();
        if (local.slots.areAwaited()) {
            local.slots.refuseIfNobodyCanGoOn(this);
        }
    }

    /// Whether its own work has failed; asked once that is done.
    abstract boolean hasFailed();

    /// Completes this cell if its children have ended, and then its parents as far as this was what they were
    /// waiting for. A loop, since a chain of parents can be longer than a stack.
    private void completeUpwards() {
        Cell cell = this;
        while (cell != null && cell.ending && !cell.hasChildren() && !cell.isDone()) {
            Cell above = cell.parent;
            if (above != null) {
                above.disown(cell);
                cell.local.slots.giveBack();
            }
            Object result = cell.result();
            Events.stopped(cell, result); // first, so that it is there for who waits for the end
            if (result instanceof Failure failure && above != null && cell instanceof FunctionCell function) {
                function.completeFailed(failure);
                above.onChildFailed(function);
            } else {
                cell.complete(result);
            }
            cell.onEnded(); // may log, and so block: the tree must be whole by now
            cell = above;
        }
    }

    /// Called when a child function has ended with a failure and is no longer in the list. It is
    /// [told][FunctionCell#leaveToWaiters] if this cell does not look after it.
    abstract void onChildFailed(FunctionCell child);

    /// Has this cell, which has begun to consume it, report the failure of a producer that it has not seen by its
    /// end or, an actor, by the end of its turn. Returns false if it does not.
    abstract boolean keeps(FunctionCell producer);

    /// Called when the cell has ended and is no longer in the tree.
    void onEnded() {}

    /// Ends all that has not ended in the tree from here. By one thread, after the end of the shard.
    final void cutOffTree(RouseException why) {
        for (Cell cell = this; cell != null; cell = cell.nextWithin(this)) {
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
