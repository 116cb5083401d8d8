package dev.rouse.examples.chat;

import dev.rouse.examples.chat.ModeRequest.Change;
import dev.rouse.examples.chat.ModeRequest.Sign;

/// The modes of a channel that concern no single member: flags, key and limit. Its channel only.
final class ChannelSettings {
    /// Set on a new channel: no messages from outside, topic for operators.
    private static final String AT_FIRST = "nt";

    private final StringBuilder flags = new StringBuilder(AT_FIRST);
    private String key = "";
    private int limit;

    boolean has(char flag) {
        return flags.indexOf(String.valueOf(flag)) >= 0;
    }

    /// Whether the flag changed.
    boolean setFlag(Change change) {
        boolean set = change.sign() == Sign.PLUS;
        if (has(change.letter()) == set) {
            return false;
        }
        if (set) {
            flags.append(change.letter());
        } else {
            flags.deleteCharAt(flags.indexOf(String.valueOf(change.letter())));
        }
        return true;
    }

    boolean hasKey() {
        return !key.isEmpty();
    }

    boolean opensWith(String given) {
        return key.isEmpty() || key.equals(given);
    }

    void setKey(String newKey) {
        key = newKey;
    }

    void clearKey() {
        key = "";
    }

    int limit() {
        return limit;
    }

    boolean isFullWith(int members) {
        return limit > 0 && members >= limit;
    }

    /// Zero for no limit.
    void setLimit(int newLimit) {
        limit = newLimit;
    }

    /// As in a MODE line; the key itself for members only.
    String describe(Viewer viewer) {
        StringBuilder letters = new StringBuilder("+").append(flags);
        StringBuilder arguments = new StringBuilder();
        if (limit > 0) {
            letters.append('l');
            arguments.append(' ').append(limit);
        }
        if (hasKey()) {
            letters.append('k');
            arguments.append(' ').append(viewer == Viewer.MEMBER ? key : "*");
        }
        return letters.append(arguments).toString();
    }

    /// From where somebody looks at a channel.
    enum Viewer {
        MEMBER,
        OUTSIDER
    }
}
