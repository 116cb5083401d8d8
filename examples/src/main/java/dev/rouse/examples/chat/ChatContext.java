package dev.rouse.examples.chat;

import dev.rouse.actor.ActorRef;
import dev.rouse.dispatch.Clock;
import java.time.Instant;
import java.time.InstantSource;

/// What every connection and channel of a server has in common. Immutable: any thread.
record ChatContext(
        ChatOptions options,
        Replies replies,
        ActorRef<RegistryMessage> registry,
        InstantSource wallClock,
        Clock clock,
        Instant startedAt) {

    /// The network's name, as announced to clients.
    static final String NETWORK = "Rouse";

    /// What VERSION says.
    static final String VERSION = "rouse-chat-0.1";

    long nowSeconds() {
        return wallClock.instant().getEpochSecond();
    }
}
