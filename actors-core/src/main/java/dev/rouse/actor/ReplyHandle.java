package dev.rouse.actor;

import java.lang.ref.Reference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What an asker hands out to be answered. The ask must not hold it: see [DroppedReply].
final class ReplyHandle<R> implements ReplyTo<R> {
    private final Ask<R> ask;

    ReplyHandle(Ask<R> ask) {
        this.ask = ask;
    }

    @Override
    public void reply(R value) {
        answer(value);
    }

    @Override
    public void fail(Throwable cause) {
        answer(new Failure(Objects.requireNonNull(cause, "cause")));
    }

    /// Answers, and nobody hears of it.
    void lose(@Nullable Object result) {
        ask.loseAnswer(result);
    }

    private void answer(@Nullable Object result) {
        try {
            ask.answer(result);
        } finally {
            // Not before the answer has gone to the asker: the garbage collector's word would come in front
            // of it.
            Reference.reachabilityFence(this);
        }
    }
}
