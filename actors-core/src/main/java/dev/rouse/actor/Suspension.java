package dev.rouse.actor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One wait for something that comes from any thread: the rendezvous behind [Rouse#suspend] and the await of a stage.
///
/// The event source may hold it for as long as it likes, long after the wait: hence what it refers to is let go at the
/// end of the wait, whichever way that ends.
///
/// | from | to | when |
/// |---|---|---|
/// | [Expected] | [Answer] | the first [#wake] or [#fail]; the answer then travels to the shard |
/// | [Expected] | GIVEN_UP | the function was cancelled, its deadline passed, or registering failed |
/// | [Answer] | TAKEN | the function has it |
///
/// The first two are decided by compare-and-set, so that a waker that was told `true` is not refused after all: a
/// function that gives up too late returns the answer instead.
final class Suspension<T extends @Nullable Object> implements Waker<T> {
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

    Suspension(LocalSystem local, String what) {
        this.state = new Expected(local, what);
    }

    // Any thread.

    @Override
    public boolean wake(T value) {
        return answer(new Answer(value));
    }

    @Override
    public boolean fail(Throwable failure) {
        return answer(new Answer(new Failure(Objects.requireNonNull(failure, "failure"))));
    }

    private boolean answer(Answer answer) {
        Object seen = state;
        if (!(seen instanceof Expected expected) || !STATE.compareAndSet(this, seen, answer)) {
            return false;
        }
        if (expected.local.shard.isCurrent()) {
            expected.complete(answer.result());
        } else {
            expected.local.shard.submit(new Arrival(expected, answer));
        }
        return true;
    }

    // The function's shard.

    /// Waits for the answer, and returns it or throws its failure.
    T await(Cell cell, Consumer<? super Waker<T>> register) {
        cell.throwIfInterrupted();
        @SuppressWarnings("unchecked") // only an answer of this waker's type completes it
        Promise<T> expected = (Promise<T>) state;
        boolean registered = false;
        try {
            register.accept(this);
            registered = true;
            cell.await(expected);
        } catch (Throwable e) {
            if (giveUp() || !registered) {
                throw e;
            }
            expected.complete(((Answer) state).result());
        }
        state = TAKEN;
        return expected.get(cell);
    }

    /// Returns false when an answer has come first.
    private boolean giveUp() {
        Object seen = state;
        return seen instanceof Expected && STATE.compareAndSet(this, seen, GIVEN_UP);
    }

    /// What the function awaits.
    private static final class Expected extends Promise<Object> {
        private final String what;

        Expected(LocalSystem local, String what) {
            super(local);
            this.what = what;
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
