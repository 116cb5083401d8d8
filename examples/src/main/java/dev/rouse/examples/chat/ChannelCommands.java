package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.await;

import dev.rouse.actor.ActorRef;
import dev.rouse.examples.chat.ChannelMessage.JoinOutcome;
import dev.rouse.examples.chat.ChannelMessage.Summary;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// JOIN, PART, TOPIC, NAMES, LIST, KICK, INVITE and MODE of a channel: found here, decided by the channel.
final class ChannelCommands {
    private ChannelCommands() {}

    static void join(Session session, IrcMessage message) {
        if (message.param(0).equals("0")) {
            partAll(session);
            return;
        }
        List<String> keys = List.of(message.param(1).split(",", -1));
        List<String> names = message.list(0);
        for (int i = 0; i < names.size(); i++) {
            join(session, names.get(i), i < keys.size() ? keys.get(i) : "");
        }
    }

    private static void join(Session session, String name, String key) {
        if (!Names.looksLikeChannel(name)) {
            session.reply(Numeric.ERR_NOSUCHCHANNEL, name);
            return;
        }
        if (!Names.isChannel(name)) {
            session.reply(Numeric.ERR_BADCHANMASK, WireText.cut(name, Names.CHANNEL_BYTES));
            return;
        }
        List<ChannelRoute> joined = session.channels();
        session.keepRoutes(joined);
        boolean full = joined.size() >= session.context().options().limits().channelsPerClient();
        if (full && joined.stream().noneMatch(r -> CaseMapping.same(r.name(), name))) {
            session.reply(Numeric.ERR_TOOMANYCHANNELS, name);
            return;
        }
        enter(session, name, key, null);
    }

    /// Asks the registry for the channel and the channel to let the client in. A channel that emptied in between is
    /// `gone`: then once more with another one, which nobody can have left before.
    private static void enter(Session session, String name, String key, @Nullable ActorRef<ChannelMessage> gone) {
        Optional<ChannelRoute> route = await(
                session.registry().<Optional<ChannelRoute>>ask(r -> new RegistryMessage.OpenChannel(name, gone, r)));
        if (route.isEmpty()) {
            session.reply(Numeric.ERR_UNAVAILRESOURCE, name);
            return;
        }
        ActorRef<ChannelMessage> channel = route.get().channel();
        session.keepRoute(route.get()); // first, so that whatever comes, leave is taken of a channel that may let us in
        JoinOutcome outcome = session.<ChannelMessage, JoinOutcome>tryAsk(
                        channel, r -> new ChannelMessage.Join(session.caller(), key, r))
                .orElse(JoinOutcome.GONE);
        switch (outcome) {
            case JOINED, ALREADY_THERE -> {}
            case REFUSED -> session.dropRoute(name);
            case GONE -> enter(session, name, key, channel);
        }
    }

    static void part(Session session, IrcMessage message) {
        String reason = WireText.cut(message.param(1), Names.KICK_BYTES);
        for (String name : message.list(0)) {
            session.tellChannel(name, new ChannelMessage.Part(session.caller(), reason));
            session.dropRoute(name);
        }
    }

    private static void partAll(Session session) {
        for (ChannelRoute route : session.channels()) {
            session.tellChannel(route.name(), new ChannelMessage.Part(session.caller(), ""));
            session.dropRoute(route.name());
        }
    }

    static void topic(Session session, IrcMessage message) {
        session.tellChannel(
                message.param(0),
                message.has(1)
                        ? new ChannelMessage.SetTopic(session.caller(), message.param(1))
                        : new ChannelMessage.ShowTopic(session.caller()));
    }

    static void names(Session session, IrcMessage message) {
        if (!message.has(0)) {
            session.reply(Numeric.RPL_ENDOFNAMES, "*");
        }
        for (String name : message.list(0).stream().limit(Targets.MAX).toList()) {
            if (!session.tryTellChannel(name, new ChannelMessage.Names(session.caller()))) {
                session.reply(Numeric.RPL_ENDOFNAMES, name);
            }
        }
    }

    /// Asks all channels for a line each, several at a time, and sends as fast as the client reads.
    static void list(Session session, IrcMessage message) {
        List<String> wanted = message.list(0).stream().map(CaseMapping::fold).toList();
        List<ChannelRoute> routes = await(session.registry().ask(RegistryMessage.AllChannels::new)).stream()
                .filter(r -> wanted.isEmpty() || wanted.contains(CaseMapping.fold(r.name())))
                .toList();
        session.replyText(Numeric.RPL_LISTSTART, Numeric.RPL_LISTSTART.text(), "Channel");
        List<Optional<Optional<Summary>>> answers = session.askAll(
                routes, route -> session.tryAsk(route.channel(), r -> new ChannelMessage.Summarize(session.me(), r)));
        for (Optional<Optional<Summary>> answer : answers) {
            answer.flatMap(s -> s)
                    .ifPresent(s ->
                            session.replyText(Numeric.RPL_LIST, s.topic(), s.name(), Integer.toString(s.members())));
        }
        session.reply(Numeric.RPL_LISTEND);
    }

    static void kick(Session session, IrcMessage message) {
        List<String> nicks = message.list(1);
        String comment = message.param(2).isEmpty() ? session.nick() : message.param(2);
        session.tellChannel(
                message.param(0),
                new ChannelMessage.Kick(
                        session.caller(),
                        nicks.stream().limit(Targets.MAX).toList(),
                        WireText.cut(comment, Names.KICK_BYTES)));
    }

    static void invite(Session session, IrcMessage message) {
        Optional<RegistryMessage.User> guest = session.user(message.param(0));
        if (guest.isEmpty()) {
            session.reply(Numeric.ERR_NOSUCHNICK, message.param(0));
            return;
        }
        Profile profile = guest.get().profile();
        session.tellChannel(
                message.param(1),
                new ChannelMessage.Invite(session.caller(), guest.get().client(), profile.nick()));
        if (profile.isAway()) {
            session.replyText(Numeric.RPL_AWAY, profile.away(), profile.nick());
        }
    }

    static void mode(Session session, IrcMessage message) {
        List<String> arguments = message.params()
                .subList(Math.min(2, message.params().size()), message.params().size());
        session.tellChannel(message.param(0), new ChannelMessage.Mode(session.caller(), message.param(1), arguments));
    }
}
