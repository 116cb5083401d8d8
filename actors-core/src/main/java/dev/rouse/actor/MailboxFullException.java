package dev.rouse.actor;

/// A message was not accepted, since the mailbox was full and the sender could not wait. It is handed back.
public final class MailboxFullException extends RouseException {
    private static final long serialVersionUID = 1L;

    private final transient Object undelivered;

    MailboxFullException(String target, Object message, int limit, String why) {
        super(
                "mailbox is full: target=" + target + ", message="
                        + message.getClass().getSimpleName() + ", limit=" + limit + "; " + why,
                null);
        this.undelivered = message;
    }

    /// The message that was not delivered.
    public Object undelivered() {
        return undelivered;
    }
}
