package dev.rouse.examples.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A command as a client sent it: its name in upper case and its parameters.
record IrcMessage(String command, List<String> params) {
    /// The most parameters a message has; the last takes the rest of the line.
    static final int MAX_PARAMS = 15;

    IrcMessage {
        params = List.copyOf(params);
    }

    /// Reads `[@tags] [:source] command params… [:trailing]`. Tags and source of a client mean nothing and are
    /// skipped. Null when the line holds no command.
    static @Nullable IrcMessage parse(String line) {
        Cursor cursor = new Cursor(line);
        cursor.skipWordStartingWith('@');
        cursor.skipWordStartingWith(':');
        String command = upper(cursor.word());
        if (command.isEmpty()) {
            return null;
        }
        List<String> params = new ArrayList<>();
        while (!cursor.atEnd()) {
            boolean trailing = cursor.skip(':') || params.size() == MAX_PARAMS - 1;
            params.add(trailing ? cursor.rest() : cursor.word());
        }
        return new IrcMessage(command, params);
    }

    /// The parameter at `index`, or the empty string.
    String param(int index) {
        return index < params.size() ? params.get(index) : "";
    }

    boolean has(int index) {
        return index < params.size();
    }

    /// The parts of the comma-separated list at `index`; empty parts are left out.
    List<String> list(int index) {
        List<String> parts = new ArrayList<>();
        for (String part : param(index).split(",", -1)) {
            if (!part.isEmpty()) {
                parts.add(part);
            }
        }
        return parts;
    }

    /// Commands are ASCII; anything else is left as it came, as upper case could make wire text longer than its
    /// bytes.
    private static String upper(String word) {
        return word.chars().allMatch(c -> c < 0x80) ? word.toUpperCase(Locale.ROOT) : word;
    }

    /// Reads a line word by word; stands at the start of a word or at the end.
    private static final class Cursor {
        private final String line;
        private int at;

        Cursor(String line) {
            this.line = line;
            skipSpaces();
        }

        boolean atEnd() {
            return at == line.length();
        }

        void skipWordStartingWith(char mark) {
            if (skip(mark)) {
                word();
            }
        }

        boolean skip(char mark) {
            if (atEnd() || line.charAt(at) != mark) {
                return false;
            }
            at++;
            return true;
        }

        String word() {
            int space = line.indexOf(' ', at);
            int end = space < 0 ? line.length() : space;
            String word = line.substring(at, end);
            at = end;
            skipSpaces();
            return word;
        }

        String rest() {
            String rest = line.substring(at);
            at = line.length();
            return rest;
        }

        private void skipSpaces() {
            while (!atEnd() && line.charAt(at) == ' ') {
                at++;
            }
        }
    }
}
