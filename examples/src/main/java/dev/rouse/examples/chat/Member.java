package dev.rouse.examples.chat;

import dev.rouse.actor.ActorRef;
import java.util.Set;

/// Somebody on a channel: its channel only.
final class Member {
    final ActorRef<ClientMessage> client;
    Profile profile;
    boolean operator;
    boolean voiced;
    /// Whether a ban covers the member. Looked up once per change of the bans or of the name, not once per line.
    boolean banned;

    Member(ActorRef<ClientMessage> client, Profile profile) {
        this.client = client;
        this.profile = profile;
    }

    /// Voice and rank speak where others may not.
    boolean mayAlwaysSpeak() {
        return operator || voiced;
    }

    /// The signs before the member's name: the highest, or all of them for a client that asked for that.
    String prefix(Set<Capability> capabilities) {
        String all = (operator ? "@" : "") + (voiced ? "+" : "");
        return all.length() > 1 && !capabilities.contains(Capability.MULTI_PREFIX) ? all.substring(0, 1) : all;
    }
}
