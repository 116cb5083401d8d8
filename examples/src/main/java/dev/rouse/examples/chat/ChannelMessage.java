package dev.rouse.examples.chat;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ReplyTo;
import java.util.List;
import java.util.Optional;

/// What a channel actor understands. Where a message carries no `ReplyTo`, the channel tells the client itself what
/// came of it.
sealed interface ChannelMessage {
    /// What came of a JOIN.
    enum JoinOutcome {
        JOINED,
        ALREADY_THERE,
        /// The client has been told why.
        REFUSED,
        /// The channel has emptied and takes nobody any more: open a new one.
        GONE
    }

    /// How something is said: a PRIVMSG that is refused is answered, a NOTICE never is.
    enum Manner {
        PRIVMSG,
        NOTICE
    }

    record Join(Caller caller, String key, ReplyTo<JoinOutcome> outcome) implements ChannelMessage {}

    record Part(Caller caller, String reason) implements ChannelMessage {}

    /// A line for all other members, formatted by the sender's connection.
    record Say(Caller caller, Manner manner, Packet line) implements ChannelMessage {}

    record ShowTopic(Caller caller) implements ChannelMessage {}

    record SetTopic(Caller caller, String topic) implements ChannelMessage {}

    record Names(Caller caller) implements ChannelMessage {}

    record Mode(Caller caller, String letters, List<String> arguments) implements ChannelMessage {}

    record Kick(Caller caller, List<String> nicks, String comment) implements ChannelMessage {}

    record Invite(Caller caller, ActorRef<ClientMessage> guest, String guestNick) implements ChannelMessage {}

    /// The member has a new nickname or new modes. A plain message, as [Quit] is: an ask that has expired before
    /// its turn is never delivered, and the channel would keep what is no longer true.
    record Update(Caller caller) implements ChannelMessage {}

    /// The member's connection ended.
    record Quit(ActorRef<ClientMessage> client) implements ChannelMessage {}

    /// Asks, after an [Update] or a [Quit], who is on the channel and should hear of it; nobody if the client was
    /// not on it.
    record Witnesses(ActorRef<ClientMessage> client, ReplyTo<List<ActorRef<ClientMessage>>> witnesses)
            implements ChannelMessage {}

    /// Asks for the line of LIST, empty when the channel is hidden from the viewer.
    record Summarize(ActorRef<ClientMessage> viewer, ReplyTo<Optional<Summary>> summary) implements ChannelMessage {}

    /// Asks who is there, as far as the caller may know.
    record Attendance(Caller caller, ReplyTo<List<Attendee>> attendees) implements ChannelMessage {}

    /// Asks how WHOIS shows the channel for `subject`: prefix and name, empty when hidden from the viewer.
    record Standing(Caller viewer, ActorRef<ClientMessage> subject, ReplyTo<String> label) implements ChannelMessage {}

    /// Is answered once all is handled that the same sender sent before.
    record Fence(ReplyTo<Boolean> passed) implements ChannelMessage {}

    record Summary(String name, int members, String topic) {}

    record Attendee(ActorRef<ClientMessage> client, String prefix) {}
}
