package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;
import java.util.Objects;

/// Where the answer to an ask goes unless its [FaultSource] has it lost. One that is lost was given all the same: a
/// second one breaks the rules, and the end of the actor does not fail the ask, which waits for its deadline.
final class FaultyReply<R> implements ReplyTo<R> {
    private final ReplyHandle<R> handle;
    private final FaultSource faults;
    private final Recipient<?> target;

    FaultyReply(ReplyHandle<R> handle, FaultSource faults, Recipient<?> target) {
        this.handle = handle;
        this.faults = faults;
        this.target = target;
    }

    @Override
    public void reply(R value) {
        if (isLost()) {
            handle.lose(value);
        } else {
            handle.reply(value);
        }
    }

    @Override
    public void fail(Throwable cause) {
        Objects.requireNonNull(cause, "cause");
        if (isLost()) {
            handle.lose(new Failure(cause));
        } else {
            handle.fail(cause);
        }
    }

    /// It may be answered by others than the actor, and whose answer comes first decides whose is lost.
    private boolean isLost() {
        target.local.shard.lookedAt();
        return faults.losesReply(target);
    }
}
