package dev.rouse.examples.chat;

import dev.rouse.actor.AskTimeoutException;
import java.util.HashMap;
import java.util.Map;

/// Every command the server knows, and what must hold before it runs.
final class CommandTable {
    /// What a command does. Runs in the connection's function and may await.
    @FunctionalInterface
    private interface Command {
        void run(Session session, IrcMessage message);
    }

    private enum Allowed {
        ALWAYS,
        ONCE_REGISTERED
    }

    private record Entry(Allowed allowed, int minParams, Command command) {}

    private static final Map<String, Entry> ENTRIES = new HashMap<>();

    static {
        always("CAP", 1, RegistrationCommands::cap);
        always("NICK", 0, RegistrationCommands::nick);
        always("PASS", 1, RegistrationCommands::pass);
        always("PING", 0, ServerCommands::ping);
        always("PONG", 0, ServerCommands::pong);
        always("QUIT", 0, ServerCommands::quit);
        always("USER", 4, RegistrationCommands::user);

        registered("ADMIN", 0, ServerCommands::admin);
        registered("AWAY", 0, TalkCommands::away);
        registered("INFO", 0, ServerCommands::info);
        registered("INVITE", 2, ChannelCommands::invite);
        registered("ISON", 1, UserQueries::ison);
        registered("JOIN", 1, ChannelCommands::join);
        registered("KICK", 2, ChannelCommands::kick);
        registered("KILL", 2, UserCommands::kill);
        registered("LIST", 0, ChannelCommands::list);
        registered("LUSERS", 0, ServerCommands::lusers);
        registered("MODE", 1, UserCommands::mode);
        registered("MOTD", 0, ServerCommands::motd);
        registered("NAMES", 0, ChannelCommands::names);
        registered("NOTICE", 0, TalkCommands::notice);
        registered("OPER", 2, UserCommands::oper);
        registered("PART", 1, ChannelCommands::part);
        registered("PRIVMSG", 0, TalkCommands::privmsg);
        registered("TIME", 0, ServerCommands::time);
        registered("TOPIC", 1, ChannelCommands::topic);
        registered("USERHOST", 1, UserQueries::userhost);
        registered("VERSION", 0, ServerCommands::version);
        registered("WHO", 0, UserQueries::who);
        registered("WHOIS", 0, UserQueries::whois);
        registered("WHOWAS", 0, UserQueries::whowas);
    }

    private CommandTable() {}

    static void run(Session session, IrcMessage message) {
        Entry entry = ENTRIES.get(message.command());
        boolean registered = session.registration().isComplete();
        if (!registered && (entry == null || entry.allowed == Allowed.ONCE_REGISTERED)) {
            session.reply(Numeric.ERR_NOTREGISTERED);
        } else if (entry == null) {
            session.reply(Numeric.ERR_UNKNOWNCOMMAND, message.command());
        } else if (message.params().size() < entry.minParams) {
            session.reply(Numeric.ERR_NEEDMOREPARAMS, message.command());
        } else {
            run(entry.command, session, message);
        }
    }

    /// Somebody else may be too far behind to answer in time, which is no reason to cut this client off.
    private static void run(Command command, Session session, IrcMessage message) {
        try {
            command.run(session, message);
        } catch (AskTimeoutException _) {
            session.reply(Numeric.RPL_TRYAGAIN, message.command());
        }
    }

    private static void always(String name, int minParams, Command command) {
        ENTRIES.put(name, new Entry(Allowed.ALWAYS, minParams, command));
    }

    private static void registered(String name, int minParams, Command command) {
        ENTRIES.put(name, new Entry(Allowed.ONCE_REGISTERED, minParams, command));
    }
}
