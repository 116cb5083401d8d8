package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// A message was not accepted, since the mailbox was full and the sender could not wait. It is handed back. When
/// waiting would have closed a cycle, the cause is a [ViolationException] that shows it.
public final class MailboxFullException extends RouseException {
    private static final long serialVersionUID = 1L;

    private final transient Object undelivered;

    MailboxFullException(String target, Object message, int limit, String why) {
        this(target, message, limit, why, null);
    }

    /// For a sender that has to wait for what waits for it.
    MailboxFullException(String target, Object message, int limit, ViolationException cycle) {
        this(target, message, limit, String.valueOf(cycle.getMessage()), cycle);
    }

    private MailboxFullException(String target, Object message, int limit, String why, @Nullable Throwable cause) {
        super(
                "mailbox is full: target=" + target + ", message="
                        + message.getClass().getSimpleName() + ", limit=" + limit + "; " + why,
                cause);
        this.undelivered = message;
    }

    /// The message that was not delivered.
    public Object undelivered() {
        return undelivered;
    }
}
