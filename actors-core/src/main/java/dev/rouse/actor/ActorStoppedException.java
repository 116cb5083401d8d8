package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// A reply can no longer come, since the actor that was asked has stopped; its failure, if it had one, is the cause.
public final class ActorStoppedException extends RouseException {
    private static final long serialVersionUID = 1L;

    ActorStoppedException(String target, @Nullable Throwable cause) {
        super(
                "no reply can come: target=" + target + ", the actor " + (cause == null ? "has stopped" : "has failed"),
                cause);
    }
}
