package dev.rouse.actor;

/// A message was not stashed, since the stash of the actor was full. It is handed back.
public final class StashFullException extends RouseException {
    private static final long serialVersionUID = 1L;

    private final transient Object unstashed;

    StashFullException(String actor, Object message, int limit) {
        super(
                "stash is full: actor=" + actor + ", message="
                        + message.getClass().getSimpleName() + ", limit=" + limit
                        + "; unstash sooner, refuse the message, or raise ActorOptions.stash",
                null);
        this.unstashed = message;
    }

    /// The message that was not stashed.
    public Object unstashed() {
        return unstashed;
    }
}
