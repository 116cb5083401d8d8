package dev.rouse.examples.chat;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ReplyTo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Who and what goes by which name. One actor for the whole server, so that a name is given once; it never awaits
/// anything.
final class Registry implements Actor<RegistryMessage> {
    /// Nicknames remembered for WHOWAS. A guess: some hundred kilobytes.
    private static final int HISTORY_ENTRIES = 1_000;

    /// What is known of one client. `nick` is empty until it claims one, `profile` null until it registers.
    private record Entry(String nick, @Nullable Profile profile) {}

    private static final Entry NOBODY = new Entry("", null);

    private final Map<ActorRef<ClientMessage>, Entry> clients = new LinkedHashMap<>();
    private final Map<String, ActorRef<ClientMessage>> byNick = new HashMap<>();
    private final Map<String, ChannelRoute> channels = new LinkedHashMap<>();
    private final NickHistory history = new NickHistory(HISTORY_ENTRIES);
    private final int maxChannels;
    private final LongSupplier nowSeconds;
    private final BiFunction<String, ActorRef<RegistryMessage>, ActorRef<ChannelMessage>> startChannel;
    private int users;
    private int mostUsers;
    private @Nullable Closing closing;
    private boolean closed;

    /// From the moment the server is to shut down.
    private record Closing(String reason, int clients, ReplyTo<Integer> done) {}

    Registry(
            int maxChannels,
            LongSupplier nowSeconds,
            BiFunction<String, ActorRef<RegistryMessage>, ActorRef<ChannelMessage>> startChannel) {
        this.maxChannels = maxChannels;
        this.nowSeconds = nowSeconds;
        this.startChannel = startChannel;
    }

    @Override
    public void receive(RegistryMessage message, ActorContext<RegistryMessage> context) {
        switch (message) {
            case RegistryMessage.Arrived(var client) -> arrived(client);
            case RegistryMessage.ClaimNick(var client, var nick, var granted) -> granted.reply(claim(client, nick));
            case RegistryMessage.Registered(var client, var profile, var census) -> {
                registered(client, profile);
                census.reply(count());
            }
            case RegistryMessage.Changed(var client, var profile) -> changed(client, profile);
            case RegistryMessage.GaveUpNick(var client) -> giveUpNick(client);
            case RegistryMessage.Departed(var client) -> departed(client);
            case RegistryMessage.FindUsers(var nicks, var users) -> users.reply(find(nicks));
            case RegistryMessage.SearchUsers(var mask, var limit, var users) -> users.reply(search(mask, limit));
            case RegistryMessage.OpenChannel(var name, var gone, var route) ->
                route.reply(open(name, gone, context.self()));
            case RegistryMessage.FindChannel(var name, var route) ->
                route.reply(Optional.ofNullable(channels.get(CaseMapping.fold(name))));
            case RegistryMessage.AllChannels(var routes) -> routes.reply(List.copyOf(channels.values()));
            case RegistryMessage.ChannelEmptied(var name, var channel) -> emptied(name, channel);
            case RegistryMessage.Count(var census) -> census.reply(count());
            case RegistryMessage.FindFormer(var nick, var limit, var entries) ->
                entries.reply(history.find(nick, limit));
            case RegistryMessage.ShutDown(var reason, var done) -> shutDown(reason, done);
        }
    }

    private void arrived(ActorRef<ClientMessage> client) {
        clients.put(client, NOBODY);
        if (closing != null) {
            ClientMessage.post(client, new ClientMessage.HangUp(closing.reason()));
        }
    }

    private boolean claim(ActorRef<ClientMessage> client, String nick) {
        Entry entry = clients.get(client);
        ActorRef<ClientMessage> holder = byNick.get(CaseMapping.fold(nick));
        if (entry == null || (holder != null && !holder.equals(client))) {
            return false;
        }
        byNick.remove(CaseMapping.fold(entry.nick()));
        byNick.put(CaseMapping.fold(nick), client);
        clients.put(client, new Entry(nick, entry.profile()));
        return true;
    }

    private void registered(ActorRef<ClientMessage> client, Profile profile) {
        Entry before = clients.replace(client, new Entry(profile.nick(), profile));
        if (before != null && before.profile() == null) {
            users++;
            mostUsers = Math.max(mostUsers, users);
        }
    }

    private void changed(ActorRef<ClientMessage> client, Profile profile) {
        Entry before = clients.replace(client, new Entry(profile.nick(), profile));
        if (before != null
                && before.profile() != null
                && !before.profile().nick().equals(profile.nick())) {
            history.add(before.profile(), nowSeconds.getAsLong());
        }
    }

    private void giveUpNick(ActorRef<ClientMessage> client) {
        Entry entry = clients.replace(client, NOBODY);
        if (entry == null) {
            return;
        }
        byNick.remove(CaseMapping.fold(entry.nick()));
        if (entry.profile() != null) {
            users--;
            history.add(entry.profile(), nowSeconds.getAsLong());
        }
    }

    private void departed(ActorRef<ClientMessage> client) {
        giveUpNick(client);
        clients.remove(client);
        answerOnceEmpty();
    }

    private List<RegistryMessage.User> find(List<String> nicks) {
        List<RegistryMessage.User> found = new ArrayList<>();
        for (String nick : nicks) {
            ActorRef<ClientMessage> client = byNick.get(CaseMapping.fold(nick));
            Entry entry = client == null ? null : clients.get(client);
            if (client != null && entry != null && entry.profile() != null) {
                found.add(new RegistryMessage.User(client, entry.profile()));
            }
        }
        return found;
    }

    private List<RegistryMessage.User> search(String mask, int limit) {
        List<RegistryMessage.User> found = new ArrayList<>();
        for (var each : clients.entrySet()) {
            Profile profile = each.getValue().profile();
            if (found.size() < limit && profile != null && fits(mask, profile)) {
                found.add(new RegistryMessage.User(each.getKey(), profile));
            }
        }
        return found;
    }

    private static boolean fits(String mask, Profile profile) {
        return Masks.matches(mask, profile.nick())
                || Masks.matches(mask, profile.user())
                || Masks.matches(mask, profile.host())
                || Masks.matches(mask, profile.realName());
    }

    private Optional<ChannelRoute> open(
            String name, @Nullable ActorRef<ChannelMessage> gone, ActorRef<RegistryMessage> self) {
        ChannelRoute route = channels.get(CaseMapping.fold(name));
        if (route != null && !route.channel().equals(gone)) {
            return Optional.of(route);
        }
        if (route == null && channels.size() >= maxChannels) {
            return Optional.empty();
        }
        ChannelRoute fresh = new ChannelRoute(name, startChannel.apply(name, self));
        channels.put(CaseMapping.fold(name), fresh);
        return Optional.of(fresh);
    }

    /// A channel of the same name may have been opened since; that one stays.
    private void emptied(String name, ActorRef<ChannelMessage> channel) {
        channels.computeIfPresent(
                CaseMapping.fold(name), (_, route) -> route.channel().equals(channel) ? null : route);
        channel.stop();
    }

    private Census count() {
        int invisible = 0;
        int operators = 0;
        for (Entry entry : clients.values()) {
            if (entry.profile() != null) {
                invisible += entry.profile().isInvisible() ? 1 : 0;
                operators += entry.profile().isOperator() ? 1 : 0;
            }
        }
        return new Census(users, invisible, operators, clients.size() - users, channels.size(), mostUsers);
    }

    private void shutDown(String reason, ReplyTo<Integer> done) {
        closing = new Closing(reason, clients.size(), done);
        for (ActorRef<ClientMessage> client : clients.keySet()) {
            ClientMessage.post(client, new ClientMessage.HangUp(reason));
        }
        answerOnceEmpty();
    }

    private void answerOnceEmpty() {
        if (closing != null && !closed && clients.isEmpty()) {
            closed = true;
            closing.done().reply(closing.clients());
        }
    }
}
