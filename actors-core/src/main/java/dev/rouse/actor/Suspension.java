package dev.rouse.actor;

import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.Turn;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One wait for something that comes from any thread: the rendezvous behind [Rouse#suspend] and the await of a stage.
///
/// The event source holds a [WakerHandle], and may do so for as long as it likes, long after the wait: hence what this
/// refers to is let go at the end of the wait, whichever way that ends. And it may let the handle go unused. The
/// function's stack holds this object, which holds the handle only until the wait is a long one (see [LongWaits]);
/// nearly all have ended by then, and nothing was spent on the garbage collector. Then a [DroppedWaker] takes its
/// place.
///
/// | from | to | when |
/// |---|---|---|
/// | [Expected] | [Answer] | the first [#answer]; that then travels to the shard |
/// | [Expected] | GIVEN_UP | the function was cancelled, its deadline passed, or registering failed |
/// | [Answer] | TAKEN | the function has it |
///
/// The first two are decided by compare-and-set, so that a waker that was told `true` is not refused after all: a
/// function that gives up too late returns the answer instead, and sees its interruption at its next wait.
final class Suspension<T extends @Nullable Object> {
    private static final Object GIVEN_UP = new Object();
    private static final Object TAKEN = new Object();
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Suspension.class, "state", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile Object state;

    // Owning shard only; let go at the end of the wait.

    private @Nullable Expected expected;

    /// The handle, then what watches it.
    private @Nullable Object watched;

    private Suspension(LocalSystem local, String what) {
        Expected expecting = new Expected(this, local, what);
        this.expected = expecting;
        this.state = expecting;
    }

    // Any thread.

    /// Returns whether the function takes it.
    boolean answer(@Nullable Object result) {
        Object seen = state;
        Answer answer = new Answer(result);
        if (!(seen instanceof Expected waits) || !STATE.compareAndSet(this, seen, answer)) {
            return false;
        }
        if (waits.local.shard.isCurrent()) {
            waits.complete(result);
        } else {
            waits.local.shard.submit(new Arrival(waits, answer));
        }
        return true;
    }

    // The function's shard.

    /// Hands out the waker.
    static <T extends @Nullable Object> Suspension<T> begin(
            Cell cell, String what, Consumer<? super Waker<T>> register) {
        cell.throwIfInterrupted();
        Suspension<T> suspension = new Suspension<>(cell.local, what);
        WakerHandle<T> handle = new WakerHandle<>(suspension);
        suspension.watched = handle;
        try {
            register.accept(handle);
        } catch (Throwable e) {
            suspension.giveUp();
            suspension.end();
            throw e;
        }
        return suspension;
    }

    /// Waits for the answer, and returns it or throws its failure. Once. What is on the caller's stack must not
    /// hold the waker, or nobody would be told that it was dropped.
    @SuppressWarnings("unchecked") // only an answer of this waker's type completes it
    T await(Cell cell) {
        Expected waits = Objects.requireNonNull(expected);
        LongWaits.Entry entry = waits.isDone() ? null : cell.local.longWaits.add(this);
        try {
            cell.await(waits);
        } catch (Throwable e) {
            if (giveUp()) {
                throw e;
            }
            completeEarly(waits);
        } finally {
            if (entry != null) {
                cell.local.longWaits.remove(entry);
            }
            end();
        }
        state = TAKEN;
        return (T) waits.get(cell);
    }

    private void end() {
        expected = null;
        watched = null;
    }

    /// From here on the garbage collector says whether anybody can use the waker.
    void becomesLong() {
        if (watched instanceof WakerHandle<?> handle && state instanceof Expected waits) {
            watched = waits.local.system.isConducted() ? null : new DroppedWaker(handle, this);
        }
    }

    // A waker that nobody can use.

    /// Any thread.
    void onWakerDropped() {
        if (state instanceof Expected waits) {
            LocalSystem local = waits.local;
            local.shard.submit(new Outcome.OwnerCommand() {
                @Override
                protected void execute() {
                    local.shard.ready(new Turn() {
                        @Override
                        protected void run() {
                            waits.forEachWaiter(waiter -> neverWoken((Cell) waiter));
                        }
                    });
                }
            });
        }
    }

    /// In a turn of its own, since a stack takes some 10 us.
    private void neverWoken(Cell cell) {
        Driver driver = cell.suspendedDriver();
        if (driver == null || !(state instanceof Expected waits)) {
            return;
        }
        StackTraceElement[] stack = driver.stackTrace();
        String place = Where.of(stack);
        ViolationException violation = new ViolationException(
                Violation.WAKER_DROPPED,
                "a function waits for what nobody holds any more: path=" + cell.path() + ", waits for=" + waits.what
                        + ", for=" + TimeUnit.NANOSECONDS.toMillis(driver.suspendedNanos()) + "ms, at=" + place);
        violation.setStackTrace(stack);
        try {
            cell.local.system.rules().broken(cell.path() + place, violation);
        } catch (ViolationException refused) {
            answer(new Failure(refused));
        }
    }

    /// Returns false when an answer has come first.
    @SuppressWarnings("ReferenceEquality") // there is one
    private boolean giveUp() {
        Object seen = state;
        return seen == GIVEN_UP || (seen instanceof Expected && STATE.compareAndSet(this, seen, GIVEN_UP));
    }

    /// Takes the answer, which is there, before it arrives.
    private void completeEarly(Expected waits) {
        waits.complete(((Answer) state).result());
    }

    /// What the function awaits.
    private static final class Expected extends Promise<Object> {
        private final Suspension<?> suspension;
        private final String what;

        Expected(Suspension<?> suspension, LocalSystem local, String what) {
            super(local);
            this.suspension = suspension;
            this.what = what;
        }

        /// Decided before the function is told, or one that takes the answer would believe it had been told.
        @Override
        boolean giveUp() {
            boolean givenUp = suspension.giveUp();
            if (!givenUp) {
                suspension.completeEarly(this);
            }
            return givenUp;
        }

        @Override
        public String path() {
            return what;
        }
    }

    /// @param result null, a value or a [Failure]
    private record Answer(@Nullable Object result) {}

    private static final class Arrival extends Outcome.OwnerCommand {
        private final Expected expected;
        private final Answer answer;

        Arrival(Expected expected, Answer answer) {
            this.expected = expected;
            this.answer = answer;
        }

        @Override
        protected void execute() {
            expected.complete(answer.result());
        }
    }
}
