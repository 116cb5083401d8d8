package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.await;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What the server says about itself: the welcome, MOTD, LUSERS, VERSION, TIME, ADMIN, INFO, PING.
final class ServerCommands {
    private static final DateTimeFormatter DATE_TIME = DateTimeFormatter.ofPattern(
                    "EEE MMM d yyyy 'at' HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private ServerCommands() {}

    /// All at once: what a client waits for before it goes on.
    static void welcome(Session session, Census census) {
        ChatContext context = session.context();
        Replies replies = context.replies();
        String nick = session.nick();
        String server = replies.server();
        List<String> lines = new ArrayList<>();
        lines.add(replies.withText(
                Numeric.RPL_WELCOME,
                nick,
                "Welcome to the " + ChatContext.NETWORK + " network, "
                        + session.profile().mask()));
        lines.add(replies.withText(
                Numeric.RPL_YOURHOST, nick, "Your host is " + server + ", running version " + ChatContext.VERSION));
        lines.add(replies.withText(
                Numeric.RPL_CREATED, nick, "This server was started " + DATE_TIME.format(context.startedAt())));
        lines.add(replies.words(
                Numeric.RPL_MYINFO, nick, server, ChatContext.VERSION, UserMode.LETTERS, "biklmnostv", "bklov"));
        lines.addAll(isupport(session));
        lines.addAll(lusers(session, census));
        lines.addAll(motd(session));
        session.send(lines);
    }

    static void motd(Session session, IrcMessage message) {
        if (isHere(session, message)) {
            session.send(motd(session));
        }
    }

    static void lusers(Session session, IrcMessage message) {
        session.send(lusers(session, await(session.registry().ask(RegistryMessage.Count::new))));
    }

    static void version(Session session, IrcMessage message) {
        if (isHere(session, message)) {
            session.replyText(
                    Numeric.RPL_VERSION,
                    "a chat server written in Java",
                    ChatContext.VERSION,
                    session.context().replies().server());
            session.send(isupport(session));
        }
    }

    static void time(Session session, IrcMessage message) {
        if (isHere(session, message)) {
            String now = DATE_TIME.format(session.context().wallClock().instant());
            session.replyText(Numeric.RPL_TIME, now, session.context().replies().server());
        }
    }

    static void admin(Session session, IrcMessage message) {
        if (isHere(session, message)) {
            session.reply(Numeric.RPL_ADMINME, session.context().replies().server());
            session.replyText(Numeric.RPL_ADMINLOC1, session.context().options().info());
            session.replyText(Numeric.RPL_ADMINLOC2, ChatContext.NETWORK);
            session.replyText(Numeric.RPL_ADMINEMAIL, "no address given");
        }
    }

    static void info(Session session, IrcMessage message) {
        if (isHere(session, message)) {
            session.replyText(Numeric.RPL_INFO, ChatContext.VERSION + ", an example program of Rouse");
            session.replyText(Numeric.RPL_INFO, session.context().options().info());
            session.replyText(
                    Numeric.RPL_INFO,
                    "Up since " + DATE_TIME.format(session.context().startedAt()));
            session.reply(Numeric.RPL_ENDOFINFO);
        }
    }

    static void ping(Session session, IrcMessage message) {
        if (message.param(0).isEmpty()) {
            session.reply(Numeric.ERR_NOORIGIN);
        } else {
            Replies replies = session.context().replies();
            session.send(replies.command("PONG", replies.server(), message.param(0)));
        }
    }

    /// Any line shows that the client is there; that this one is an answer makes no difference.
    static void pong(Session session, IrcMessage message) {}

    static void quit(Session session, IrcMessage message) {
        session.quit("Quit: " + WireText.cut(message.param(0), Names.QUIT_BYTES));
    }

    /// There is one server only; asked for another, answers that there is none.
    private static boolean isHere(Session session, IrcMessage message) {
        String asked = message.param(0);
        String server = session.context().replies().server();
        boolean here = asked.isEmpty() || Masks.matches(asked, server) || CaseMapping.same(asked, session.nick());
        if (!here) {
            session.reply(Numeric.ERR_NOSUCHSERVER, asked);
        }
        return here;
    }

    private static List<String> isupport(Session session) {
        Replies replies = session.context().replies();
        return Isupport.lines(session.context().options()).stream()
                .map(tokens -> replies.numeric(Numeric.RPL_ISUPPORT, session.nick(), tokens))
                .toList();
    }

    private static List<String> lusers(Session session, Census census) {
        Replies replies = session.context().replies();
        String nick = session.nick();
        int visible = census.users() - census.invisible();
        String users = Integer.toString(census.users());
        String most = Integer.toString(census.most());
        return List.of(
                replies.withText(
                        Numeric.RPL_LUSERCLIENT,
                        nick,
                        "There are " + visible + " users and " + census.invisible() + " invisible on 1 server"),
                replies.numeric(Numeric.RPL_LUSEROP, nick, Integer.toString(census.operators())),
                replies.numeric(Numeric.RPL_LUSERUNKNOWN, nick, Integer.toString(census.unknown())),
                replies.numeric(Numeric.RPL_LUSERCHANNELS, nick, Integer.toString(census.channels())),
                replies.withText(Numeric.RPL_LUSERME, nick, "I have " + users + " clients and 0 servers"),
                replies.withText(
                        Numeric.RPL_LOCALUSERS, nick, "Current local users " + users + ", max " + most, users, most),
                replies.withText(
                        Numeric.RPL_GLOBALUSERS, nick, "Current global users " + users + ", max " + most, users, most));
    }

    private static List<String> motd(Session session) {
        Replies replies = session.context().replies();
        List<String> text = session.context().options().motd();
        if (text.isEmpty()) {
            return List.of(replies.numeric(Numeric.ERR_NOMOTD, session.nick()));
        }
        List<String> lines = new ArrayList<>();
        lines.add(replies.withText(
                Numeric.RPL_MOTDSTART, session.nick(), "- " + replies.server() + " message of the day -"));
        for (String line : text) {
            lines.add(replies.withText(Numeric.RPL_MOTD, session.nick(), "- " + line));
        }
        lines.add(replies.numeric(Numeric.RPL_ENDOFMOTD, session.nick()));
        return lines;
    }
}
