package dev.rouse.examples.chat;

import dev.rouse.actor.ActorRef;
import java.util.Set;

/// Who asks a channel for something: where answers go, as whom, and in which form.
record Caller(ActorRef<ClientMessage> client, Profile profile, Set<Capability> capabilities) {
    Caller {
        capabilities = Set.copyOf(capabilities);
    }

    String nick() {
        return profile.nick();
    }
}
