package dev.rouse.examples.chat;

/// How many users or channels one command may name, where each costs others work.
final class Targets {
    /// The most targets of PRIVMSG, NOTICE, KICK and NAMES; announced to clients. A guess.
    static final int MAX = 4;

    /// The most nicknames USERHOST looks up, as the protocol has it.
    static final int MAX_USERHOST = 5;

    private Targets() {}
}
