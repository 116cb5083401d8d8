package dev.rouse.dispatch;

import java.lang.System.Logger.Level;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A virtual thread that runs the turns of one shard as plain calls, and that is the stack of a turn which suspends.
///
/// A driver is in one of four states; only code on its shard changes them, so that they need no field of their own:
///
/// | state | its thread | who holds it |
/// |---|---|---|
/// | running | mounted | the shard, one at a time |
/// | suspended | yielded inside [#suspend] | the turn that waits, until [#resume] |
/// | spare | yielded between turns | the shard's stack of spare drivers |
/// | blocked | parked by a JDK call inside a turn | the JDK, until it hands the continuation back |
///
/// The driver is its thread's handler for uncaught exceptions: that is how it is found from the thread, in two loads
/// and without a thread-local map for each of a million suspended functions.
public final class Driver implements Runnable, Thread.UncaughtExceptionHandler {
    /// What the JDK names a virtual thread that was given no name: the same constant, which spares each turn a look
    /// into the string.
    private static final String NO_NAME = "";

    final Shard shard;
    private @Nullable Turn turn;
    private @Nullable Object attachment;

    /// Its own; null until it first runs.
    private @Nullable Thread thread;

    /// When it was last suspended; see [Shard#passTick].
    private int suspendedTick;

    /// Carrier engine, owning shard only: what the JDK runs to go on with this thread. Always the same object for a
    /// thread.
    @Nullable
    Runnable continuation;

    /// Carrier engine, owning shard only: set when the loop mounts this driver, cleared when it unmounts. While it
    /// is not set, whatever else runs the continuation must not make the driver go on.
    boolean granted;

    /// Handed over with the shard itself when this driver cannot yield or the engine is portable; see [Baton].
    @Nullable
    Baton baton;

    Driver(Shard shard) {
        this.shard = shard;
    }

    /// The driver that runs on the calling thread, or null when the caller is not inside a turn.
    public static @Nullable Driver current() {
        return Thread.currentThread().getUncaughtExceptionHandler() instanceof Driver driver ? driver : null;
    }

    public Shard shard() {
        return shard;
    }

    /// The turn that runs, or waits, on this driver; null between turns.
    public @Nullable Turn turn() {
        return turn;
    }

    /// Has the driver keep something for its turn, such as what that is about to wait for. Owning shard only.
    public void attach(@Nullable Object kept) {
        attachment = kept;
    }

    /// Takes back what was [attached][#attach] last. Owning shard only.
    public @Nullable Object detach() {
        Object kept = attachment;
        attachment = null;
        return kept;
    }

    /// What was [attached][#attach] last. Owning shard only.
    public @Nullable Object attachment() {
        return attachment;
    }

    /// The stack of the turn that waits on this driver, or of what it does now. Any thread; a snapshot. Costs some
    /// 10 us, and more for a deep stack.
    public StackTraceElement[] stackTrace() {
        Thread runs = thread;
        return runs == null ? new StackTraceElement[0] : runs.getStackTrace();
    }

    /// Whether its thread waits for time or for others. Any thread; a snapshot.
    boolean isWaiting() {
        Thread runs = thread;
        return runs != null
                && switch (runs.getState()) {
                    case WAITING, TIMED_WAITING, BLOCKED -> true;
                    case NEW, RUNNABLE, TERMINATED -> false;
                };
    }

    /// Interrupts the turn that a JDK call has parked on this driver. In this the JDK may block, to close a
    /// channel.
    void interrupt() {
        Thread runs = thread;
        if (runs != null) {
            runs.interrupt();
        }
    }

    /// How long ago the turn that waits on this driver was suspended, to some milliseconds. Owning shard only; of
    /// use only while it is suspended. After 208 days it begins at 0 again.
    public long suspendedNanos() {
        return Integer.toUnsignedLong(shard.passTick - suspendedTick) << Shard.PASS_TICK_SHIFT;
    }

    /// Suspends the turn that runs on this driver, which must be the calling one, until [#resume]. The shard goes
    /// on.
    ///
    /// Between looking at the state that makes it wait and this call, the caller must not block: on one shard
    /// nothing else runs in between, which is what makes a lost wake-up impossible. May return while the thread's
    /// interrupt status is set; never returns without a call of [#resume].
    ///
    /// @throws OutOfMemoryError if the JVM cannot keep the stack; the turn has not suspended then and must not be
    ///     resumed
    /// @throws StackOverflowError likewise
    public void suspend() {
        assert current() == this : "a driver is suspended by its own turn only";
        suspendedTick = shard.passTick;
        shard.loop.suspend(this);
    }

    /// Puts the suspended turn at the end of the run queue. Owning shard only; exactly once for each [#suspend],
    /// after it.
    public void resume() {
        shard.runQueue.add(this);
    }

    /// Its turn has waited, and goes on now.
    void wasPinned() {
        if (turn != null) {
            turn.onPinned();
        }
    }

    /// Runs turns for as long as its loop keeps it: those that are ready, until the budget of this pass is spent or
    /// something else than a turn comes first, and again when the loop goes on with it.
    ///
    /// This frame lies below the stack of each turn that waits, a million of them. So it is the only one of ours
    /// there, and what it needs is in fields and not in locals.
    @Override
    public void run() {
        thread = Thread.currentThread();
        try {
            for (boolean kept = shard.loop.begins(this); kept; kept = shard.loop.keeps(this)) {
                tidyThread(); // an interrupt may also have come between turns
                while (takeTurn()) {
                    try {
                        ownTurn().run();
                    } catch (Throwable e) {
                        logDefect(ownTurn(), e);
                    }
                    turn = null;
                    tidyThread();
                }
            }
        } finally {
            shard.loop.ends();
        }
    }

    /// Makes the next turn that is ready this driver's; false if there is none for it.
    private boolean takeTurn() {
        RunQueue ready = shard.runQueue;
        if (shard.turnsLeft <= 0 || !(ready.peek() instanceof Turn next)) {
            return false;
        }
        shard.turnsLeft--;
        ready.remove();
        turn = next;
        return true;
    }

    private Turn ownTurn() {
        return Objects.requireNonNull(turn);
    }

    /// Takes away what a turn has left on the thread: the next one may be another function's. An interrupt was
    /// meant for the turn that it found; without the handler the next turn would not be found.
    @SuppressWarnings({"ReferenceEquality", "StringEquality"}) // what equals is set again, which does no harm
    private void tidyThread() {
        Thread.interrupted();
        Thread thread = Thread.currentThread();
        if (thread.getUncaughtExceptionHandler() != this) {
            thread.setUncaughtExceptionHandler(this);
        }
        if (thread.getContextClassLoader() != shard.loop.contextClassLoader) {
            thread.setContextClassLoader(shard.loop.contextClassLoader);
        }
        if (thread.getName() != NO_NAME) {
            thread.setName(NO_NAME);
        }
        ThreadLocals.forget(thread);
    }

    /// Here, in a driver, a log handler may block. What it throws must not end the driver.
    private void logDefect(Turn turn, Throwable failure) {
        try {
            shard.log().log(
                    Level.ERROR,
                    "a turn threw out of its actor: turn=" + turn.getClass().getName() + "; this is a defect of Rouse",
                    failure);
        } catch (Throwable _) {
            // There is no second place to report to.
        }
    }

    /// As its turn.
    @Override
    public String toString() {
        return String.valueOf(turn);
    }

    @Override
    public void uncaughtException(Thread thread, Throwable failure) {
        shard.log().log(Level.ERROR, "a driver ended by an exception; this is a defect of Rouse", failure);
    }
}
