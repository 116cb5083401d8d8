package dev.rouse.examples.chat;

import java.util.Optional;

/// MODE of a user, OPER and KILL.
final class UserCommands {
    private UserCommands() {}

    /// MODE of a channel or of a user, as the target's name says.
    static void mode(Session session, IrcMessage message) {
        String target = message.param(0);
        if (Names.looksLikeChannel(target)) {
            ChannelCommands.mode(session, message);
        } else if (CaseMapping.same(target, session.nick())) {
            ownMode(session, message);
        } else {
            session.reply(
                    session.user(target).isPresent() ? Numeric.ERR_USERSDONTMATCH : Numeric.ERR_NOSUCHNICK, target);
        }
    }

    private static void ownMode(Session session, IrcMessage message) {
        if (message.param(1).isEmpty()) {
            session.replyWords(
                    Numeric.RPL_UMODEIS, UserMode.describe(session.profile().modes()));
            return;
        }
        Profile before = session.profile();
        Profile after = before;
        boolean plus = true;
        boolean unknown = false;
        String letters = message.param(1);
        for (int i = 0; i < letters.length(); i++) {
            switch (letters.charAt(i)) {
                case '+' -> plus = true;
                case '-' -> plus = false;
                case 'i' -> after = plus ? after.withMode(UserMode.INVISIBLE) : after.withoutMode(UserMode.INVISIBLE);
                case 'o' -> after = plus ? after : after.withoutMode(UserMode.OPERATOR);
                default -> unknown = true;
            }
        }
        if (!after.modes().equals(before.modes())) {
            changeModes(session, after);
        }
        if (unknown) {
            session.reply(Numeric.ERR_UMODEUNKNOWNFLAG);
        }
    }

    private static void changeModes(Session session, Profile after) {
        String change = difference(session.profile(), after);
        session.change(after);
        session.updateChannels();
        session.send(":" + after.mask() + " MODE " + after.nick() + " :" + change);
    }

    private static String difference(Profile before, Profile after) {
        StringBuilder plus = new StringBuilder();
        StringBuilder minus = new StringBuilder();
        for (UserMode mode : UserMode.values()) {
            boolean was = before.modes().contains(mode);
            boolean is = after.modes().contains(mode);
            if (is && !was) {
                plus.append(mode.letter());
            } else if (was && !is) {
                minus.append(mode.letter());
            }
        }
        return (plus.isEmpty() ? "" : "+" + plus) + (minus.isEmpty() ? "" : "-" + minus);
    }

    static void oper(Session session, IrcMessage message) {
        PasswordHash expected = session.context().options().operators().get(message.param(0));
        boolean right = expected != null && expected.matches(message.param(1));
        if (!right) {
            session.reply(Numeric.ERR_PASSWDMISMATCH);
            return;
        }
        if (!session.profile().isOperator()) {
            changeModes(session, session.profile().withMode(UserMode.OPERATOR));
        }
        session.reply(Numeric.RPL_YOUREOPER);
    }

    static void kill(Session session, IrcMessage message) {
        if (!session.profile().isOperator()) {
            session.reply(Numeric.ERR_NOPRIVILEGES);
            return;
        }
        Optional<RegistryMessage.User> target = session.user(message.param(0));
        if (target.isEmpty()) {
            session.reply(Numeric.ERR_NOSUCHNICK, message.param(0));
            return;
        }
        String reason = "Killed (" + session.nick() + " (" + WireText.cut(message.param(1), Names.KICK_BYTES) + "))";
        ClientMessage.post(target.get().client(), new ClientMessage.HangUp(reason));
    }
}
