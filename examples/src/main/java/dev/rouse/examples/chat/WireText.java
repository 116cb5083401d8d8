package dev.rouse.examples.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

/// Wire text: a `String` with one `char` per byte of the line.
///
/// IRC has no agreed encoding, so the server passes bytes through as they came. Held this way, every length is a length
/// in bytes, a line is encoded by a plain copy, and what a client sent comes out unchanged, whatever its encoding was.
final class WireText {
    private WireText() {}

    /// The wire text of a Java string, for names and texts from the command line or a file.
    static String of(String text) {
        return new String(text.getBytes(UTF_8), ISO_8859_1);
    }

    /// The first `maxBytes` bytes of `wire`, less those of a UTF-8 character that would be cut in two.
    static String cut(String wire, int maxBytes) {
        if (wire.length() <= maxBytes) {
            return wire;
        }
        int end = maxBytes;
        while (end > 0 && maxBytes - end < LONGEST_TAIL && isContinuation(wire.charAt(end))) {
            end--;
        }
        boolean wholeCharacters = isContinuation(wire.charAt(maxBytes)) && isLead(wire.charAt(end));
        return wire.substring(0, wholeCharacters ? end : maxBytes);
    }

    /// A UTF-8 character has at most three continuation bytes; a longer run is not UTF-8 and may be cut anywhere.
    private static final int LONGEST_TAIL = 3;

    private static boolean isContinuation(char b) {
        return (b & 0xC0) == 0x80;
    }

    private static boolean isLead(char b) {
        return b >= 0xC0;
    }
}
