package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import dev.rouse.dispatch.Clock;
import dev.rouse.io.ByteStream;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A client as others see it: takes lines for it, tells who it is and where, and decides when to hang up.
///
/// It never awaits anything, so whoever asks it gets an answer however slow its socket is. A child of its connection's
/// function, on the same shard.
final class Client implements Actor<ClientMessage> {
    /// The reason given for a client that does not read what it is sent.
    static final String TOO_SLOW = "SendQ exceeded";

    /// How long the last line may take to be read before the socket is closed. A guess: several round trips.
    private static final Duration LINGER = Duration.ofSeconds(1);

    private final ByteStream stream;
    private final Outbound outbound;
    private final Clock clock;
    private final Map<ActorRef<ChannelMessage>, ChannelRoute> channels = new LinkedHashMap<>();
    private Profile profile;
    private long spokeAtNanos;
    private String reason = "";

    Client(ByteStream stream, Outbound outbound, Clock clock, Profile profile) {
        this.stream = stream;
        this.outbound = outbound;
        this.clock = clock;
        this.profile = profile;
        this.spokeAtNanos = clock.nanoTime();
    }

    @Override
    public void receive(ClientMessage message, ActorContext<ClientMessage> context) throws IOException {
        switch (message) {
            case ClientMessage.Deliver(var packet) -> send(packet);
            case ClientMessage.Whisper(var packet, var away) -> {
                send(packet);
                away.reply(profile.away());
            }
            case ClientMessage.Update(var newProfile) -> profile = newProfile;
            case ClientMessage.Spoke() -> spokeAtNanos = clock.nanoTime();
            case ClientMessage.Entered(var channel) -> channels.put(channel.channel(), channel);
            case ClientMessage.Left(var channel) -> channels.remove(channel);
            case ClientMessage.Look(var view) -> view.reply(look());
            case ClientMessage.HangUp(var why) -> hangUp(why);
            case ClientMessage.AskReason(var answer) -> answer.reply(reason);
        }
    }

    /// Stopped from outside (see [ClientMessage#post]) or with its connection: either way the stream is of no more
    /// use, and its writer has nothing to wait for.
    @Override
    public void onStop(ActorContext<ClientMessage> context) throws IOException {
        outbound.finish();
        stream.close();
    }

    private void send(Packet packet) throws IOException {
        if (reason.isEmpty() && !outbound.offer(packet)) {
            reason = TOO_SLOW;
            outbound.finish();
            stream.close();
        }
    }

    /// Says why and closes once that is written, or after a while: the connection's function sees the stream end.
    private void hangUp(String why) {
        if (!reason.isEmpty()) {
            return;
        }
        reason = why;
        outbound.offer(Packet.of(Replies.closingLink(profile.host(), why)));
        outbound.finish();
        spawn(() -> {
            sleepFor(LINGER);
            stream.close();
        });
    }

    private ClientView look() {
        long idleNanos = clock.nanoTime() - spokeAtNanos;
        return new ClientView(profile, List.copyOf(channels.values()), TimeUnit.NANOSECONDS.toSeconds(idleNanos));
    }
}
