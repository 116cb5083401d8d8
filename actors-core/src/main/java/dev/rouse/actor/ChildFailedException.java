package dev.rouse.actor;

import java.util.Objects;

/// A child actor has failed and escalated: its parent, an actor, fails with this where it takes its next message. The
/// cause is the child's failure, and what the parent's [Supervision] judges.
public final class ChildFailedException extends RouseException {
    private static final long serialVersionUID = 1L;

    ChildFailedException(String child, Throwable cause) {
        super("a child actor failed and escalated: child=" + child, cause);
    }

    /// What the actor that failed first has thrown.
    Throwable failure() {
        Throwable failure = Objects.requireNonNull(getCause());
        return failure instanceof ChildFailedException child ? child.failure() : failure;
    }
}
