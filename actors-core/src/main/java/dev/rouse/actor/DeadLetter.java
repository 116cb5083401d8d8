package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// A message or reply that has reached nobody: see [ActorSystem.Builder#deadLetterListener].
///
/// @param message what was not delivered
/// @param target the path of the actor, or of the ask, that it was for
/// @param reason why it was not delivered
/// @param sender the path of the function or actor that has sent it, or the name of the thread; null when that was not
///     known any more, since the message had been accepted before
/// @param site where it was sent; null when the sender is
public record DeadLetter(
        Object message,
        String target,
        Reason reason,
        @Nullable String sender,
        @Nullable StackTraceElement site) {

    /// Why a message or reply has reached nobody.
    public enum Reason {
        /// The actor had stopped, or stopped while the message waited.
        STOPPED,
        /// The mailbox was full, and its actor [rejects][Overflow#REJECT] what it has no room for. The sender
        /// has it back.
        REJECTED,
        /// The mailbox was full, and this was the [newest][Overflow#DROP_NEWEST] message.
        DROPPED_NEWEST,
        /// The mailbox was full, and this was the [oldest][Overflow#DROP_OLDEST] message.
        DROPPED_OLDEST,
        /// The asker had given up before the message's turn came.
        EXPIRED,
        /// It was stashed, and the actor was restarted.
        RESTARTED,
        /// A reply, and the asker had given up before it came.
        LATE_REPLY,
        /// The system was closed.
        SYSTEM_CLOSED
    }

    /// One line, as the log has it.
    @Override
    public String toString() {
        return "dead letter: target=" + target + ", message="
                + message.getClass().getSimpleName() + ", reason="
                + reason.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ')
                + (sender == null ? "" : ", sender=" + sender) + (site == null ? "" : ", sent at " + site);
    }
}
