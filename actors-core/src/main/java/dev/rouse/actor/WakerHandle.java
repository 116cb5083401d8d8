package dev.rouse.actor;

import java.lang.ref.Reference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a suspension hands out to be woken by. The suspension must not hold it for long: see [DroppedWaker].
final class WakerHandle<T extends @Nullable Object> implements Waker<T> {
    private final Suspension<T> suspension;

    WakerHandle(Suspension<T> suspension) {
        this.suspension = suspension;
    }

    @Override
    public boolean wake(T value) {
        return answer(value);
    }

    @Override
    public boolean fail(Throwable failure) {
        return answer(new Failure(Objects.requireNonNull(failure, "failure")));
    }

    private boolean answer(@Nullable Object result) {
        try {
            return suspension.answer(result);
        } finally {
            // Not before the answer is there: the garbage collector's word would come in front of it.
            Reference.reachabilityFence(this);
        }
    }
}
