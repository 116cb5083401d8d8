package dev.rouse.examples.chat;

/// What may be the name of what, and how long it may be. Lengths are in bytes and announced to clients.
final class Names {
    static final int NICK_BYTES = 30;
    static final int USER_BYTES = 18;
    static final int CHANNEL_BYTES = 50;
    static final int KEY_BYTES = 23;
    static final int REAL_NAME_BYTES = 128;
    static final int TOPIC_BYTES = 300;
    static final int KICK_BYTES = 255;
    static final int AWAY_BYTES = 200;
    static final int QUIT_BYTES = 255;

    /// The sign that a channel's name starts with.
    static final char CHANNEL_SIGN = '#';

    private static final String NICK_SIGNS = "[]\\`_^{|}";

    private Names() {}

    /// Letters, digits and ``[]\`_^{|}-``, the first neither digit nor hyphen.
    static boolean isNick(String name) {
        if (name.isEmpty() || name.length() > NICK_BYTES || !isNickStart(name.charAt(0))) {
            return false;
        }
        return name.chars().allMatch(c -> isNickStart((char) c) || isDigit((char) c) || c == '-');
    }

    /// Whether `target` is meant to be a channel, well-formed or not.
    static boolean looksLikeChannel(String target) {
        return !target.isEmpty() && target.charAt(0) == CHANNEL_SIGN;
    }

    /// `#` and at least one byte that is neither space, comma nor control character.
    static boolean isChannel(String name) {
        return looksLikeChannel(name)
                && name.length() > 1
                && name.length() <= CHANNEL_BYTES
                && name.chars().allMatch(c -> c > ' ' && c != ',' && c != DELETE);
    }

    /// A channel key goes into comma-separated lists and between spaces, and must not look like a trailing
    /// parameter.
    static boolean isKey(String key) {
        return !key.isEmpty()
                && key.length() <= KEY_BYTES
                && key.charAt(0) != ':'
                && key.chars().allMatch(c -> c > ' ' && c != ',' && c < DELETE);
    }

    /// The user name that goes into masks: marked `~` as nobody vouched for it, without what would break a mask.
    static String user(String claimed) {
        StringBuilder user = new StringBuilder("~");
        claimed.chars()
                .filter(c -> c > ' ' && c < DELETE && c != '@' && c != '!' && c != '*' && c != '?' && c != ':')
                .limit(USER_BYTES - 1)
                .forEach(c -> user.append((char) c));
        return user.length() > 1 ? user.toString() : "~user";
    }

    private static final int DELETE = 0x7F;

    private static boolean isNickStart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || NICK_SIGNS.indexOf(c) >= 0;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
