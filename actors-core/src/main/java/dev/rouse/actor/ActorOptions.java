package dev.rouse.actor;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Settings of one actor, which whoever starts it chooses.
///
/// @param mailbox messages that may wait; 0 for the system's default, [Limits#mailbox]
/// @param supervision what becomes of the actor when it fails
/// @param stopTimeout how long its end may hold up that of the actors started before it; null for the system's default,
///     [Limits#stopTimeout]
public record ActorOptions(
        int mailbox, Supervision supervision, @Nullable Duration stopTimeout) {
    private static final ActorOptions DEFAULTS = new ActorOptions(0, Supervision.stop(), null);

    /// @throws IllegalArgumentException if the mailbox is below 0 or above [Limits#MAX_MAILBOX], or the stop
    ///     timeout is not above zero
    public ActorOptions {
        Objects.requireNonNull(supervision, "supervision");
        if (mailbox < 0 || mailbox > Limits.MAX_MAILBOX) {
            throw new IllegalArgumentException(
                    "mailbox is out of range: value=" + mailbox + ", least=1, most=" + Limits.MAX_MAILBOX);
        }
        if (stopTimeout != null) {
            long _ = Durations.requirePositive("stopTimeout", stopTimeout);
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
        return new ActorOptions(messages, supervision, stopTimeout);
    }

    /// What becomes of the actor when it fails; it stops if not set.
    public ActorOptions withSupervision(Supervision value) {
        return new ActorOptions(mailbox, value, stopTimeout);
    }

    /// When its parent ends, child actors stop one after the other: so long the next one waits for this one.
    public ActorOptions withStopTimeout(Duration value) {
        return new ActorOptions(mailbox, supervision, Objects.requireNonNull(value, "stopTimeout"));
    }
}
