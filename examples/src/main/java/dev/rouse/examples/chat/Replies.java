package dev.rouse.examples.chat;

import java.util.ArrayList;
import java.util.List;

/// Writes what the server itself says, in its own name. Immutable: any thread.
record Replies(String server) {
    /// A reply that ends with the numeric's own text.
    String numeric(Numeric numeric, String nick, String... middle) {
        return withText(numeric, nick, numeric.text(), middle);
    }

    /// A reply that ends with `text`.
    String withText(Numeric numeric, String nick, String text, String... middle) {
        return head(numeric, nick, middle) + " :" + text;
    }

    /// A reply of single words only. Here as in all replies, `*` stands for what is not one word.
    String words(Numeric numeric, String nick, String... words) {
        return head(numeric, nick, words);
    }

    /// As many replies as it takes to list `words`, each line within the limit; none when there are no words.
    List<String> list(Numeric numeric, String nick, List<String> words, String... middle) {
        return pack(head(numeric, nick, middle) + " :", words);
    }

    /// A command from the server, with `text` as its last parameter.
    String command(String command, String first, String text) {
        return ":" + server + " " + command + " " + first + " :" + text;
    }

    /// The last line a client sees.
    static String closingLink(String host, String reason) {
        return "ERROR :Closing Link: " + host + " (" + reason + ")";
    }

    /// Lines that start with `head` and together hold all `words`, separated by spaces. A word longer than a line
    /// is cut by the line.
    static List<String> pack(String head, List<String> words) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder(head);
        for (String word : words) {
            boolean first = line.length() == head.length();
            if (!first && line.length() + 1 + word.length() > Packet.CONTENT_BYTES) {
                lines.add(line.toString());
                line.setLength(head.length());
                first = true;
            }
            line.append(first ? "" : " ").append(word);
        }
        if (line.length() > head.length()) {
            lines.add(line.toString());
        }
        return lines;
    }

    private String head(Numeric numeric, String nick, String... words) {
        StringBuilder head = new StringBuilder(":")
                .append(server)
                .append(' ')
                .append(numeric.code())
                .append(' ')
                .append(nick);
        for (String word : words) {
            head.append(' ').append(isWord(word) ? word : "*");
        }
        return head.toString();
    }

    /// What a client gave is quoted only where it stays one parameter of the reply, and not the last one.
    private static boolean isWord(String given) {
        return !given.isEmpty() && given.charAt(0) != ':' && given.indexOf(' ') < 0;
    }
}
