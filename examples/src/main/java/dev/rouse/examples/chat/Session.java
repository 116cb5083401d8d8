package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorStoppedException;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.Delivery;
import dev.rouse.actor.ReplyTo;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// A connection's side of the conversation: what its commands need to know and to do. Its connection's function only.
///
/// Asks go one way only: from here to the registry, to channels and to clients, which never await anything. So whatever
/// a command awaits, nobody awaits it, and there is no circle to be caught in.
final class Session {
    /// How many channels or clients are asked at the same time. A guess.
    static final int ASKED_AT_ONCE = 32;

    /// Lines of one packet: a quarter of the least send queue.
    private static final int LINES_AT_ONCE = 32;

    private final ChatContext context;
    private final ActorRef<ClientMessage> me;
    private final Outbound outbound;
    private final Map<String, ChannelRoute> routes = new HashMap<>();
    private final Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
    private final Registration registration = new Registration();
    private Profile profile;
    private Caller caller;
    private String quitReason = "";
    private int onTheWayBytes;

    Session(ChatContext context, ActorRef<ClientMessage> me, Outbound outbound, Profile profile) {
        this.context = context;
        this.me = me;
        this.outbound = outbound;
        this.profile = profile;
        this.caller = new Caller(me, profile, capabilities);
    }

    ChatContext context() {
        return context;
    }

    ActorRef<RegistryMessage> registry() {
        return context.registry();
    }

    ActorRef<ClientMessage> me() {
        return me;
    }

    Profile profile() {
        return profile;
    }

    Registration registration() {
        return registration;
    }

    /// Who this is to a channel.
    Caller caller() {
        return caller;
    }

    Set<Capability> capabilities() {
        return Set.copyOf(capabilities);
    }

    void setCapabilities(Set<Capability> chosen) {
        capabilities.clear();
        capabilities.addAll(chosen);
        caller = new Caller(me, profile, capabilities);
    }

    /// How replies address this client: its nickname, or `*` while it has none.
    String nick() {
        return profile.nick();
    }

    // what the client hears

    void reply(Numeric numeric, String... middle) {
        send(context.replies().numeric(numeric, nick(), middle));
    }

    void replyText(Numeric numeric, String text, String... middle) {
        send(context.replies().withText(numeric, nick(), text, middle));
    }

    void replyWords(Numeric numeric, String... words) {
        send(context.replies().words(numeric, nick(), words));
    }

    void send(String line) {
        send(List.of(line));
    }

    /// Sends lines in order with all that channels send. Suspends while the client has much left to read, so
    /// however long a list it asked for, it is never cut off for it.
    void send(List<String> lines) {
        for (int from = 0; from < lines.size(); from += LINES_AT_ONCE) {
            send(Packet.of(lines.subList(from, Math.min(lines.size(), from + LINES_AT_ONCE))));
        }
    }

    /// What waits in the client's mailbox is not yet among the outbound bytes. When that may be a quarter of their
    /// limit, an answer from the client actor says that all of it has arrived there.
    private void send(Packet packet) {
        onTheWayBytes += packet.length();
        if (onTheWayBytes > context.options().limits().sendQueueBytes() / 4) {
            tryAsk(me, ClientMessage.AskReason::new);
            onTheWayBytes = packet.length();
        }
        outbound.awaitRoom();
        me.tell(new ClientMessage.Deliver(packet));
    }

    // who the client is

    /// Before registration: nobody has seen the client yet.
    void setProfile(Profile initial) {
        profile = initial;
        caller = new Caller(me, profile, capabilities);
        me.tell(new ClientMessage.Update(profile));
    }

    /// Tells those concerned: the client itself, the registry, and where others have to see it, the channels.
    void change(Profile changed) {
        setProfile(changed);
        registry().tell(new RegistryMessage.Changed(me, changed));
    }

    /// Ends the conversation: the command that is running is the last.
    void quit(String reason) {
        quitReason = reason;
    }

    boolean hasQuit() {
        return !quitReason.isEmpty();
    }

    String quitReason() {
        return quitReason;
    }

    // channels

    /// The way to a channel this client was on or that exists.
    Optional<ChannelRoute> route(String channel) {
        ChannelRoute known = routes.get(CaseMapping.fold(channel));
        if (known != null) {
            return Optional.of(known);
        }
        return await(registry().<Optional<ChannelRoute>>ask(r -> new RegistryMessage.FindChannel(channel, r)));
    }

    /// Keeps the ways to the channels that the client is on and no others: it may have been removed from some.
    void keepRoutes(List<ChannelRoute> joined) {
        routes.clear();
        for (ChannelRoute route : joined) {
            routes.put(CaseMapping.fold(route.name()), route);
        }
    }

    void keepRoute(ChannelRoute joined) {
        routes.put(CaseMapping.fold(joined.name()), joined);
    }

    void dropRoute(String channel) {
        routes.remove(CaseMapping.fold(channel));
    }

    /// Sends to a channel by name; answers 403 itself when there is none. Suspends until the channel has answered.
    void tellChannel(String channel, ChannelMessage message) {
        if (!tryTellChannel(channel, message)) {
            reply(Numeric.ERR_NOSUCHCHANNEL, channel);
        }
    }

    /// False when there is no such channel (any more). Where the known way leads to one that has ended, another may
    /// have its name now.
    boolean tryTellChannel(String channel, ChannelMessage message) {
        ChannelRoute known = routes.get(CaseMapping.fold(channel));
        if (known != null) {
            if (hasTaken(known.channel(), message)) {
                return true;
            }
            dropRoute(channel);
        }
        return route(channel).map(found -> hasTaken(found.channel(), message)).orElse(false);
    }

    /// Waits until the channel has handled the message, so that its answers come before those to later commands: a
    /// client that sends a PING after a command takes the PONG for the end of the answers.
    private boolean hasTaken(ActorRef<ChannelMessage> channel, ChannelMessage message) {
        if (!deliver(channel, message)) {
            return false;
        }
        try {
            tryAsk(channel, ChannelMessage.Fence::new);
        } catch (AskTimeoutException _) {
            // the channel is far behind: its answers come later
        }
        return true;
    }

    /// False when the channel has ended. Suspends while its mailbox is full.
    private static boolean deliver(ActorRef<ChannelMessage> channel, ChannelMessage message) {
        Delivery delivery = channel.tryTell(message);
        if (delivery == Delivery.FULL) {
            channel.tell(message);
        }
        return delivery != Delivery.STOPPED;
    }

    /// Asks this client's own actor where it is; kicks included.
    List<ChannelRoute> channels() {
        return await(me.ask(ClientMessage.Look::new)).channels();
    }

    /// Tells the client's channels how it looks now, and gives back, once each, who should hear of it, itself
    /// included where it is on a channel. A channel that removed the client meanwhile names nobody.
    Set<ActorRef<ClientMessage>> updateChannels() {
        List<ChannelRoute> told = List.copyOf(routes.values());
        for (ChannelRoute route : told) {
            deliver(route.channel(), new ChannelMessage.Update(caller));
        }
        return witnesses(told);
    }

    /// Leaves every channel for good, and gives back, once each, who is left behind.
    Set<ActorRef<ClientMessage>> quitChannels() {
        List<ChannelRoute> left = List.copyOf(routes.values());
        leaveChannels();
        return witnesses(left);
    }

    /// Leaves every channel for good, whoever hears of it. Each is told once, however often this is called.
    void leaveChannels() {
        while (!routes.isEmpty()) {
            ChannelRoute route = routes.values().iterator().next();
            deliver(route.channel(), new ChannelMessage.Quit(me));
            dropRoute(route.name());
        }
    }

    private Set<ActorRef<ClientMessage>> witnesses(List<ChannelRoute> of) {
        Set<ActorRef<ClientMessage>> union = new LinkedHashSet<>();
        askAll(of, this::witnesses).forEach(union::addAll);
        return union;
    }

    /// Of a channel that is too far behind to answer in time nobody hears; it has been told all the same.
    private List<ActorRef<ClientMessage>> witnesses(ChannelRoute route) {
        try {
            return this.<ChannelMessage, List<ActorRef<ClientMessage>>>tryAsk(
                            route.channel(), r -> new ChannelMessage.Witnesses(me, r))
                    .orElse(List.of());
        } catch (AskTimeoutException _) {
            return List.of();
        }
    }

    // asking others

    /// Asks about every item, several at a time; the answers are in the order of the items.
    <I, R> List<R> askAll(List<I> items, Function<I, R> question) {
        return awaitAll(items, ASKED_AT_ONCE, question::apply);
    }

    /// Asks somebody who may just have left; empty when so.
    <M, R> Optional<R> tryAsk(ActorRef<M> target, Function<ReplyTo<R>, ? extends M> question) {
        try {
            return Optional.of(await(target.ask(question)));
        } catch (ActorStoppedException _) {
            return Optional.empty();
        }
    }

    /// The registered user of that name.
    Optional<RegistryMessage.User> user(String nick) {
        return users(List.of(nick)).stream().findFirst();
    }

    List<RegistryMessage.User> users(List<String> nicks) {
        return await(registry().<List<RegistryMessage.User>>ask(r -> new RegistryMessage.FindUsers(nicks, r)));
    }

    /// How users describe themselves; those who left meanwhile are left out.
    List<ClientView> views(List<ActorRef<ClientMessage>> clients) {
        return askAll(clients, client -> tryAsk(client, ClientMessage.Look::new)).stream()
                .flatMap(Optional::stream)
                .toList();
    }
}
