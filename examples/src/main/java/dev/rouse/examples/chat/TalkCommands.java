package dev.rouse.examples.chat;

import dev.rouse.examples.chat.ChannelMessage.Manner;
import java.util.List;
import java.util.Optional;

/// PRIVMSG, NOTICE and AWAY.
final class TalkCommands {
    private TalkCommands() {}

    static void privmsg(Session session, IrcMessage message) {
        if (message.list(0).isEmpty()) {
            session.replyText(Numeric.ERR_NORECIPIENT, "No recipient given (PRIVMSG)");
        } else if (message.param(1).isEmpty()) {
            session.reply(Numeric.ERR_NOTEXTTOSEND);
        } else {
            say(session, message, Manner.PRIVMSG);
        }
    }

    /// The same without any answer, so that two programs never answer each other for ever.
    static void notice(Session session, IrcMessage message) {
        if (!message.param(1).isEmpty()) {
            say(session, message, Manner.NOTICE);
        }
    }

    private static void say(Session session, IrcMessage message, Manner manner) {
        List<String> targets = message.list(0);
        if (targets.size() > Targets.MAX) {
            refuse(session, manner, Numeric.ERR_TOOMANYTARGETS, targets.get(Targets.MAX));
            return;
        }
        session.me().tell(new ClientMessage.Spoke());
        for (String target : targets) {
            if (Names.looksLikeChannel(target)) {
                sayToChannel(session, manner, target, message.param(1));
            } else {
                sayToUser(session, manner, target, message.param(1));
            }
        }
    }

    private static void sayToChannel(Session session, Manner manner, String name, String text) {
        Optional<ChannelRoute> route = session.route(name);
        Packet line = line(session, manner, route.map(ChannelRoute::name).orElse(name), text);
        if (!session.tryTellChannel(name, new ChannelMessage.Say(session.caller(), manner, line))) {
            refuse(session, manner, Numeric.ERR_NOSUCHCHANNEL, name);
        }
    }

    private static void sayToUser(Session session, Manner manner, String nick, String text) {
        Optional<RegistryMessage.User> user = session.user(nick);
        Optional<String> away = user.flatMap(u -> session.tryAsk(
                u.client(),
                r -> new ClientMessage.Whisper(line(session, manner, u.profile().nick(), text), r)));
        if (away.isEmpty()) {
            refuse(session, manner, Numeric.ERR_NOSUCHNICK, nick);
        } else if (manner == Manner.PRIVMSG && !away.get().isEmpty()) {
            session.replyText(
                    Numeric.RPL_AWAY, away.get(), user.orElseThrow().profile().nick());
        }
    }

    private static Packet line(Session session, Manner manner, String target, String text) {
        return Packet.of(":" + session.profile().mask() + " " + manner + " " + target + " :" + text);
    }

    private static void refuse(Session session, Manner manner, Numeric numeric, String target) {
        if (manner == Manner.PRIVMSG) {
            session.reply(numeric, target);
        }
    }

    static void away(Session session, IrcMessage message) {
        String text = WireText.cut(message.param(0), Names.AWAY_BYTES);
        session.change(session.profile().withAway(text));
        session.reply(text.isEmpty() ? Numeric.RPL_UNAWAY : Numeric.RPL_NOWAWAY);
    }
}
