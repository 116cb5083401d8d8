package dev.rouse.examples.chat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// One step of a channel MODE command, read from its letters and arguments.
sealed interface ModeRequest {
    /// Set or clear.
    enum Sign {
        PLUS('+'),
        MINUS('-');

        private final char symbol;

        Sign(char symbol) {
            this.symbol = symbol;
        }

        char symbol() {
            return symbol;
        }
    }

    /// A well-formed change; `argument` is empty where the mode takes none.
    record Change(Sign sign, char letter, String argument) implements ModeRequest {}

    /// `b` without a mask: show the list.
    record ShowBans() implements ModeRequest {}

    /// A letter that is no mode here.
    record Unknown(char letter) implements ModeRequest {}

    /// A mode that needs an argument and got none.
    record MissingArgument(char letter) implements ModeRequest {}

    /// The most changes with an argument taken from one command; announced to clients, further ones are left out.
    int MAX_WITH_ARGUMENT = 6;

    /// Modes without an argument.
    String FLAGS = "imnst";

    /// Modes of a member, with a nickname.
    String MEMBER_MODES = "ov";

    /// Reads `letters` from left to right, taking `arguments` in order. What is only answered is read once, however
    /// often it stands there: else one line could ask for the ban list hundreds of times.
    static List<ModeRequest> parse(String letters, List<String> arguments) {
        List<ModeRequest> requests = new ArrayList<>();
        Deque<String> left = new ArrayDeque<>(arguments);
        Sign sign = Sign.PLUS;
        int withArgument = 0;
        for (int i = 0; i < letters.length(); i++) {
            char letter = letters.charAt(i);
            if (letter == '+' || letter == '-') {
                sign = letter == '+' ? Sign.PLUS : Sign.MINUS;
                continue;
            }
            if (takesArgument(sign, letter) && !left.isEmpty() && ++withArgument > MAX_WITH_ARGUMENT) {
                left.removeFirst();
                continue;
            }
            ModeRequest request = read(sign, letter, left);
            if (request instanceof Change || !requests.contains(request)) {
                requests.add(request);
            }
        }
        return requests;
    }

    /// The changes in the form a MODE line has: letters first, then their arguments.
    static String format(List<Change> changes) {
        StringBuilder letters = new StringBuilder();
        StringBuilder arguments = new StringBuilder();
        Sign last = null;
        for (Change change : changes) {
            if (change.sign() != last) {
                last = change.sign();
                letters.append(last.symbol());
            }
            letters.append(change.letter());
            if (!change.argument().isEmpty()) {
                arguments.append(' ').append(change.argument());
            }
        }
        return letters.append(arguments).toString();
    }

    private static ModeRequest read(Sign sign, char letter, Deque<String> left) {
        if (FLAGS.indexOf(letter) >= 0 || (letter == 'l' && sign == Sign.MINUS)) {
            return new Change(sign, letter, "");
        }
        if (!takesArgument(sign, letter)) {
            return new Unknown(letter);
        }
        String argument = left.isEmpty() ? "" : left.removeFirst();
        if (!argument.isEmpty()) {
            return new Change(sign, letter, argument);
        }
        if (letter == 'k' && sign == Sign.MINUS) {
            return new Change(sign, letter, "*");
        }
        return letter == 'b' ? new ShowBans() : new MissingArgument(letter);
    }

    private static boolean takesArgument(Sign sign, char letter) {
        return MEMBER_MODES.indexOf(letter) >= 0
                || letter == 'b'
                || letter == 'k'
                || (letter == 'l' && sign == Sign.PLUS);
    }
}
