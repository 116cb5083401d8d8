package dev.rouse.examples.chat;

import java.util.EnumSet;
import java.util.Set;

/// What others may know about a user. Only the user's own connection makes a new one; it then tells whom it concerns.
///
/// @param away the away message, empty while here
record Profile(
        String nick,
        String user,
        String host,
        String realName,
        String away,
        Set<UserMode> modes,
        long signedOnSeconds) {

    Profile {
        modes = Set.copyOf(modes);
    }

    /// `nick!user@host`: the source of the user's messages and what masks are matched with.
    String mask() {
        return nick + "!" + user + "@" + host;
    }

    boolean isAway() {
        return !away.isEmpty();
    }

    boolean isOperator() {
        return modes.contains(UserMode.OPERATOR);
    }

    boolean isInvisible() {
        return modes.contains(UserMode.INVISIBLE);
    }

    Profile withNick(String newNick) {
        return new Profile(newNick, user, host, realName, away, modes, signedOnSeconds);
    }

    Profile withAway(String text) {
        return new Profile(nick, user, host, realName, text, modes, signedOnSeconds);
    }

    Profile withMode(UserMode mode) {
        EnumSet<UserMode> more = EnumSet.of(mode);
        more.addAll(modes);
        return withModes(more);
    }

    Profile withoutMode(UserMode mode) {
        EnumSet<UserMode> fewer = EnumSet.noneOf(UserMode.class);
        fewer.addAll(modes);
        fewer.remove(mode);
        return withModes(fewer);
    }

    private Profile withModes(Set<UserMode> newModes) {
        return new Profile(nick, user, host, realName, away, newModes, signedOnSeconds);
    }
}
