package dev.rouse.actor;

/// Writes JSON (RFC 8259), with as much of it as a [Dump] needs. The caller sees to it that what begins also ends.
final class Json {
    private final StringBuilder text = new StringBuilder();
    private boolean first = true;

    Json beginObject() {
        separate();
        text.append('{');
        first = true;
        return this;
    }

    Json endObject() {
        text.append('}');
        first = false;
        return this;
    }

    Json beginArray(String name) {
        name(name).append('[');
        first = true;
        return this;
    }

    Json endArray() {
        text.append(']');
        first = false;
        return this;
    }

    Json field(String name, String value) {
        quote(name(name), value);
        return this;
    }

    Json field(String name, long value) {
        name(name).append(value);
        return this;
    }

    private StringBuilder name(String name) {
        separate();
        return quote(text, name).append(':');
    }

    private void separate() {
        if (!first) {
            text.append(',');
        }
        first = false;
    }

    /// Whatever a reader might take for something else is escaped: quotes, backslashes, control characters, the two
    /// line ends of Unicode, and halves of surrogate pairs, which have no encoding.
    private static StringBuilder quote(StringBuilder text, String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ' || c == 0x7f || c == 0x2028 || c == 0x2029 || isHalf(value, i)) {
                text.append("\\u")
                        .append(hex(c >> 12))
                        .append(hex(c >> 8))
                        .append(hex(c >> 4))
                        .append(hex(c));
            } else {
                text.append(c);
            }
        }
        return text.append('"');
    }

    private static char hex(int digit) {
        return Character.forDigit(digit & 0xf, 16);
    }

    private static boolean isHalf(String value, int i) {
        char c = value.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == value.length() || !Character.isLowSurrogate(value.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(value.charAt(i - 1)));
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
