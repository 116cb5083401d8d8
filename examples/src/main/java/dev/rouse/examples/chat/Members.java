package dev.rouse.examples.chat;

import dev.rouse.actor.ActorRef;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The members of a channel, by client and by nickname, in the order they came: its channel only.
final class Members {
    private final Map<ActorRef<ClientMessage>, Member> byClient = new LinkedHashMap<>();
    private final Map<String, Member> byNick = new HashMap<>();

    void add(Member member) {
        byClient.put(member.client, member);
        byNick.put(CaseMapping.fold(member.profile.nick()), member);
    }

    void remove(Member member) {
        byClient.remove(member.client);
        byNick.remove(CaseMapping.fold(member.profile.nick()), member);
    }

    void update(Member member, Profile profile) {
        byNick.remove(CaseMapping.fold(member.profile.nick()), member);
        member.profile = profile;
        byNick.put(CaseMapping.fold(profile.nick()), member);
    }

    @Nullable
    Member get(ActorRef<ClientMessage> client) {
        return byClient.get(client);
    }

    @Nullable
    Member named(String nick) {
        return byNick.get(CaseMapping.fold(nick));
    }

    boolean contains(ActorRef<ClientMessage> client) {
        return byClient.containsKey(client);
    }

    Collection<Member> all() {
        return byClient.values();
    }

    List<ActorRef<ClientMessage>> clients() {
        return List.copyOf(byClient.keySet());
    }

    int size() {
        return byClient.size();
    }

    boolean isEmpty() {
        return byClient.isEmpty();
    }
}
