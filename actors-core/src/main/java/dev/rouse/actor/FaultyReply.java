package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;
import java.util.Objects;

/// Where the answer to an ask goes unless its [FaultSource] has it lost.
final class FaultyReply<R> implements ReplyTo<R> {
    private final ReplyHandle<R> handle;
    private final FaultSource faults;
    private final ActorRef<?> target;

    FaultyReply(ReplyHandle<R> handle, FaultSource faults, ActorRef<?> target) {
        this.handle = handle;
        this.faults = faults;
        this.target = target;
    }

    @Override
    public void reply(R value) {
        if (!faults.losesReply(target)) {
            handle.reply(value);
        }
    }

    @Override
    public void fail(Throwable cause) {
        Objects.requireNonNull(cause, "cause");
        if (!faults.losesReply(target)) {
            handle.fail(cause);
        }
    }
}
