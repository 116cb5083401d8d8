package dev.rouse.actor;

/// Settings of one actor.
///
/// @param mailbox messages that may wait; 0 for the system's default, [Limits#mailbox]
public record ActorOptions(int mailbox) {
    private static final ActorOptions DEFAULTS = new ActorOptions(0);

    /// @throws IllegalArgumentException if the mailbox is below 0 or above [Limits#MAX_MAILBOX]
    public ActorOptions {
        if (mailbox < 0 || mailbox > Limits.MAX_MAILBOX) {
            throw new IllegalArgumentException(
                    "mailbox is out of range: value=" + mailbox + ", least=1, most=" + Limits.MAX_MAILBOX);
        }
    }

    public static ActorOptions defaults() {
        return DEFAULTS;
    }

    /// @param messages 1 to [Limits#MAX_MAILBOX]
    public ActorOptions withMailbox(int messages) {
        if (messages == 0) {
            throw new IllegalArgumentException("mailbox is out of range: value=0, least=1, most=" + Limits.MAX_MAILBOX);
        }
        return new ActorOptions(messages);
    }
}
