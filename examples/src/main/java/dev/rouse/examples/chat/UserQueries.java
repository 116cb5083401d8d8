package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.await;

import dev.rouse.actor.ActorRef;
import dev.rouse.examples.chat.ChannelMessage.Attendee;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// WHO, WHOIS, WHOWAS, ISON, USERHOST: what is known of users, asked of the registry, of the users and of their
/// channels.
final class UserQueries {
    /// The most users a WHO with a mask lists. A guess: more than anybody reads.
    private static final int MAX_WHO = 200;

    /// The most entries WHOWAS gives.
    private static final int MAX_WHOWAS = 20;

    private UserQueries() {}

    static void who(Session session, IrcMessage message) {
        String mask = message.has(0) ? message.param(0) : "*";
        boolean operatorsOnly = message.param(1).equals("o");
        if (Names.looksLikeChannel(mask)) {
            whoChannel(session, mask, operatorsOnly);
        } else {
            whoMask(session, mask, operatorsOnly);
        }
        session.reply(Numeric.RPL_ENDOFWHO, mask);
    }

    private static void whoChannel(Session session, String name, boolean operatorsOnly) {
        Optional<ChannelRoute> route = session.route(name);
        List<Attendee> attendees = route.flatMap(c -> session.<ChannelMessage, List<Attendee>>tryAsk(
                        c.channel(), r -> new ChannelMessage.Attendance(session.caller(), r)))
                .orElse(List.of());
        List<Optional<ClientView>> views =
                session.askAll(attendees, a -> session.tryAsk(a.client(), ClientMessage.Look::new));
        for (int i = 0; i < attendees.size(); i++) {
            String prefix = attendees.get(i).prefix();
            views.get(i)
                    .map(ClientView::profile)
                    .filter(p -> !operatorsOnly || p.isOperator())
                    .ifPresent(p -> whoReply(session, route.orElseThrow().name(), p, prefix));
        }
    }

    private static void whoMask(Session session, String mask, boolean operatorsOnly) {
        String pattern = mask.isEmpty() || mask.equals("0") ? "*" : mask;
        List<RegistryMessage.User> found = await(session.registry()
                .<List<RegistryMessage.User>>ask(r -> new RegistryMessage.SearchUsers(pattern, MAX_WHO, r)));
        Set<ActorRef<ChannelMessage>> mine = new HashSet<>();
        session.channels().forEach(c -> mine.add(c.channel()));
        List<ActorRef<ClientMessage>> clients =
                found.stream().map(RegistryMessage.User::client).toList();
        for (ClientView view : session.views(clients)) {
            Profile profile = view.profile();
            boolean named = CaseMapping.same(profile.nick(), mask);
            boolean shared = view.channels().stream().anyMatch(c -> mine.contains(c.channel()));
            boolean visible =
                    named || shared || !profile.isInvisible() || session.nick().equals(profile.nick());
            if (visible && (!operatorsOnly || profile.isOperator())) {
                whoReply(session, "*", profile, "");
            }
        }
    }

    private static void whoReply(Session session, String channel, Profile profile, String prefix) {
        String flags = (profile.isAway() ? "G" : "H") + (profile.isOperator() ? "*" : "") + prefix;
        session.replyText(
                Numeric.RPL_WHOREPLY,
                "0 " + profile.realName(),
                channel,
                profile.user(),
                profile.host(),
                session.context().replies().server(),
                profile.nick(),
                flags);
    }

    /// With two parameters the first says which server to ask; there is only this one.
    static void whois(Session session, IrcMessage message) {
        String nick = message.has(1) ? message.param(1) : message.param(0);
        if (nick.isEmpty()) {
            session.reply(Numeric.ERR_NONICKNAMEGIVEN);
            return;
        }
        Optional<RegistryMessage.User> user = session.user(nick);
        Optional<ClientView> view = user.flatMap(u -> session.tryAsk(u.client(), ClientMessage.Look::new));
        if (view.isPresent()) {
            session.send(whoisLines(session, user.orElseThrow().client(), view.get()));
        } else {
            session.reply(Numeric.ERR_NOSUCHNICK, nick);
        }
        session.reply(Numeric.RPL_ENDOFWHOIS, nick);
    }

    private static List<String> whoisLines(Session session, ActorRef<ClientMessage> subject, ClientView view) {
        Replies replies = session.context().replies();
        Profile profile = view.profile();
        String to = session.nick();
        String nick = profile.nick();
        List<String> lines = new ArrayList<>();
        lines.add(replies.withText(
                Numeric.RPL_WHOISUSER, to, profile.realName(), nick, profile.user(), profile.host(), "*"));
        lines.addAll(replies.list(Numeric.RPL_WHOISCHANNELS, to, channelLabels(session, subject, view), nick));
        lines.add(replies.withText(
                Numeric.RPL_WHOISSERVER, to, session.context().options().info(), nick, replies.server()));
        if (profile.isAway()) {
            lines.add(replies.withText(Numeric.RPL_AWAY, to, profile.away(), nick));
        }
        if (profile.isOperator()) {
            lines.add(replies.numeric(Numeric.RPL_WHOISOPERATOR, to, nick));
        }
        lines.add(replies.numeric(
                Numeric.RPL_WHOISIDLE,
                to,
                nick,
                Long.toString(view.idleSeconds()),
                Long.toString(profile.signedOnSeconds())));
        return lines;
    }

    /// Each channel knows how its member stands there and whether the asker may know.
    private static List<String> channelLabels(Session session, ActorRef<ClientMessage> subject, ClientView view) {
        return session
                .askAll(
                        view.channels(),
                        route -> session.<ChannelMessage, String>tryAsk(
                                route.channel(), r -> new ChannelMessage.Standing(session.caller(), subject, r)))
                .stream()
                .flatMap(Optional::stream)
                .filter(label -> !label.isEmpty())
                .toList();
    }

    static void whowas(Session session, IrcMessage message) {
        String nick = message.param(0);
        if (nick.isEmpty()) {
            session.reply(Numeric.ERR_NONICKNAMEGIVEN);
            return;
        }
        int most = atMost(message.param(1));
        List<NickHistory.Entry> entries = await(
                session.registry().<List<NickHistory.Entry>>ask(r -> new RegistryMessage.FindFormer(nick, most, r)));
        if (entries.isEmpty()) {
            session.reply(Numeric.ERR_WASNOSUCHNICK, nick);
        }
        for (NickHistory.Entry entry : entries) {
            Profile profile = entry.profile();
            session.replyText(
                    Numeric.RPL_WHOWASUSER, profile.realName(), profile.nick(), profile.user(), profile.host(), "*");
            session.replyText(
                    Numeric.RPL_WHOISSERVER,
                    DateTimeFormatter.RFC_1123_DATE_TIME.format(
                            Instant.ofEpochSecond(entry.givenUpAtSeconds()).atOffset(ZoneOffset.UTC)),
                    profile.nick(),
                    session.context().replies().server());
        }
        session.reply(Numeric.RPL_ENDOFWHOWAS, nick);
    }

    private static int atMost(String count) {
        boolean number = !count.isEmpty() && count.length() < 5 && count.chars().allMatch(c -> c >= '0' && c <= '9');
        int asked = number ? Integer.parseInt(count) : 0;
        return asked > 0 ? Math.min(asked, MAX_WHOWAS) : MAX_WHOWAS;
    }

    /// Nicknames may come as one parameter each or several in one.
    static void ison(Session session, IrcMessage message) {
        List<String> nicks = message.params().stream()
                .flatMap(p -> List.of(p.split(" ", -1)).stream())
                .filter(n -> !n.isEmpty())
                .toList();
        List<String> online =
                session.users(nicks).stream().map(u -> u.profile().nick()).toList();
        listOrEmpty(session, Numeric.RPL_ISON, online);
    }

    static void userhost(Session session, IrcMessage message) {
        List<String> nicks =
                message.params().stream().limit(Targets.MAX_USERHOST).toList();
        List<String> found = session.users(nicks).stream()
                .map(RegistryMessage.User::profile)
                .map(p -> p.nick() + (p.isOperator() ? "*" : "") + "=" + (p.isAway() ? "-" : "+") + p.user() + "@"
                        + p.host())
                .toList();
        listOrEmpty(session, Numeric.RPL_USERHOST, found);
    }

    /// These two replies are given even when there is nothing to list.
    private static void listOrEmpty(Session session, Numeric numeric, List<String> words) {
        if (words.isEmpty()) {
            session.replyText(numeric, "");
        } else {
            session.send(session.context().replies().list(numeric, session.nick(), words));
        }
    }
}
