package dev.rouse.examples.chat;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.Delivery;
import dev.rouse.actor.ReplyTo;

/// What a client actor understands.
sealed interface ClientMessage {
    /// Lines for the client.
    record Deliver(Packet packet) implements ClientMessage {}

    /// A line from one user to this one; the answer is this user's away message, empty while here.
    record Whisper(Packet packet, ReplyTo<String> away) implements ClientMessage {}

    /// The user changed; sent by its own connection only.
    record Update(Profile profile) implements ClientMessage {}

    /// The user said something, which ends its idle time.
    record Spoke() implements ClientMessage {}

    /// The client is on the channel now; sent by the channel.
    record Entered(ChannelRoute channel) implements ClientMessage {}

    /// The client is no longer on the channel; sent by the channel.
    record Left(ActorRef<ChannelMessage> channel) implements ClientMessage {}

    /// Asks who the client is and where.
    record Look(ReplyTo<ClientView> view) implements ClientMessage {}

    /// Ends the connection after a last line that says why.
    record HangUp(String reason) implements ClientMessage {}

    /// Asks why the connection ended; empty when the client ended it.
    record AskReason(ReplyTo<String> reason) implements ClientMessage {}

    /// Sends to a client without ever waiting for it: one whose mailbox is full is too slow for this server and is
    /// stopped.
    static void post(ActorRef<ClientMessage> client, ClientMessage message) {
        if (client.tryTell(message) == Delivery.FULL) {
            client.stop();
        }
    }

    static void post(ActorRef<ClientMessage> client, String line) {
        post(client, new Deliver(Packet.of(line)));
    }
}
