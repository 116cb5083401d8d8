package dev.rouse.actor;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Settings of one actor, which whoever starts it chooses.
///
/// @param mailbox messages that may wait; 0 for the system's default, [Limits#mailbox]
/// @param overflow what becomes of messages that find the mailbox full
/// @param stash messages that may be [stashed][ActorContext#stash]; 0 for the system's default, [Limits#mailbox]
/// @param supervision what becomes of the actor when it fails
/// @param stopTimeout how long its end may hold up that of the actors started before it; null for the system's default,
///     [Limits#stopTimeout]
public record ActorOptions(
        int mailbox,
        Overflow overflow,
        int stash,
        Supervision supervision,
        @Nullable Duration stopTimeout) {
    private static final ActorOptions DEFAULTS = new ActorOptions(0, Overflow.SUSPEND, 0, Supervision.stop(), null);

    /// @throws IllegalArgumentException if the mailbox or the stash is below 0 or above [Limits#MAX_MAILBOX], or
    ///     the stop timeout is not above zero
    public ActorOptions {
        Objects.requireNonNull(overflow, "overflow");
        Objects.requireNonNull(supervision, "supervision");
        requireRange("mailbox", mailbox);
        requireRange("stash", stash);
        if (stopTimeout != null) {
            long _ = Durations.requirePositive("stopTimeout", stopTimeout);
        }
    }

    public static ActorOptions defaults() {
        return DEFAULTS;
    }

    /// @param messages 1 to [Limits#MAX_MAILBOX]
    public ActorOptions withMailbox(int messages) {
        return new ActorOptions(requirePositive("mailbox", messages), overflow, stash, supervision, stopTimeout);
    }

    /// @param value [Overflow#SUSPEND] if not set
    public ActorOptions withOverflow(Overflow value) {
        return new ActorOptions(mailbox, value, stash, supervision, stopTimeout);
    }

    /// @param messages 1 to [Limits#MAX_MAILBOX]
    public ActorOptions withStash(int messages) {
        return new ActorOptions(mailbox, overflow, requirePositive("stash", messages), supervision, stopTimeout);
    }

    /// What becomes of the actor when it fails; it stops if not set.
    public ActorOptions withSupervision(Supervision value) {
        return new ActorOptions(mailbox, overflow, stash, value, stopTimeout);
    }

    /// When its parent ends, child actors stop one after the other: so long the next one waits for this one.
    public ActorOptions withStopTimeout(Duration value) {
        return new ActorOptions(mailbox, overflow, stash, supervision, Objects.requireNonNull(value, "stopTimeout"));
    }

    private static int requirePositive(String what, int messages) {
        if (messages == 0) {
            throw outOfRange(what, messages);
        }
        return messages;
    }

    private static void requireRange(String what, int messages) {
        if (messages < 0 || messages > Limits.MAX_MAILBOX) {
            throw outOfRange(what, messages);
        }
    }

    private static IllegalArgumentException outOfRange(String what, int value) {
        return new IllegalArgumentException(
                what + " is out of range: value=" + value + ", least=1, most=" + Limits.MAX_MAILBOX);
    }
}
