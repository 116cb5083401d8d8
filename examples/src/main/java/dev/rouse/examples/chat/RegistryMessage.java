package dev.rouse.examples.chat;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ReplyTo;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the registry understands.
sealed interface RegistryMessage {
    /// A client connected; it has no name yet.
    record Arrived(ActorRef<ClientMessage> client) implements RegistryMessage {}

    /// Reserves a nickname for the client, which gives up the one it had; false when somebody else has it.
    record ClaimNick(ActorRef<ClientMessage> client, String nick, ReplyTo<Boolean> granted)
            implements RegistryMessage {}

    /// The client has registered; the answer is who is there now.
    record Registered(ActorRef<ClientMessage> client, Profile profile, ReplyTo<Census> census)
            implements RegistryMessage {}

    /// The user's nickname, away message or modes changed.
    record Changed(ActorRef<ClientMessage> client, Profile profile) implements RegistryMessage {}

    /// The client gives its name up: it is leaving.
    record GaveUpNick(ActorRef<ClientMessage> client) implements RegistryMessage {}

    /// The client's connection has ended.
    record Departed(ActorRef<ClientMessage> client) implements RegistryMessage {}

    /// Asks for registered users by nickname; the answer holds those that are there, in the order asked for.
    record FindUsers(List<String> nicks, ReplyTo<List<User>> users) implements RegistryMessage {}

    /// Asks for registered users whose nickname, user name, host or real name fits a mask, up to `most`.
    record SearchUsers(String mask, int most, ReplyTo<List<User>> users) implements RegistryMessage {}

    /// Asks for a channel, made if need be, other than `gone`; empty when there are too many.
    record OpenChannel(String name, @Nullable ActorRef<ChannelMessage> gone, ReplyTo<Optional<ChannelRoute>> route)
            implements RegistryMessage {}

    record FindChannel(String name, ReplyTo<Optional<ChannelRoute>> route) implements RegistryMessage {}

    record AllChannels(ReplyTo<List<ChannelRoute>> routes) implements RegistryMessage {}

    /// The last member left; sent by the channel, which takes nobody any more.
    record ChannelEmptied(String name, ActorRef<ChannelMessage> channel) implements RegistryMessage {}

    record Count(ReplyTo<Census> census) implements RegistryMessage {}

    record FindFormer(String nick, int most, ReplyTo<List<NickHistory.Entry>> entries) implements RegistryMessage {}

    /// Hangs up on everybody, now and from now on; the answer comes when the last client has left and is how many
    /// there were.
    record ShutDown(String reason, ReplyTo<Integer> hungUp) implements RegistryMessage {}

    record User(ActorRef<ClientMessage> client, Profile profile) {}
}
