package dev.rouse.examples.chat;

import java.util.Set;
import java.util.stream.Collectors;

/// A mode of a user.
enum UserMode {
    /// Not shown to those who share no channel with the user.
    INVISIBLE('i'),
    /// An IRC operator.
    OPERATOR('o');

    /// All letters.
    static final String LETTERS = "io";

    private final char letter;

    UserMode(char letter) {
        this.letter = letter;
    }

    char letter() {
        return letter;
    }

    /// As in a MODE line.
    static String describe(Set<UserMode> modes) {
        return modes.stream().sorted().map(m -> String.valueOf(m.letter)).collect(Collectors.joining("", "+", ""));
    }
}
