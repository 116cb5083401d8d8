package dev.rouse.examples.chat;

/// Masks: patterns over `nick!user@host`, where `*` stands for any run of characters and `?` for one.
final class Masks {
    /// The longest mask kept in a ban list.
    static final int MASK_BYTES = 120;

    private Masks() {}

    /// Whether it can stand between spaces in a MODE line and not be taken for the last parameter.
    static boolean isMask(String mask) {
        return !mask.isEmpty() && mask.charAt(0) != ':' && mask.indexOf(' ') < 0;
    }

    /// The full form of what people type: `nick` is `nick!*@*`, `user@host` is `*!user@host`.
    static String complete(String mask) {
        int bang = mask.indexOf('!');
        int at = mask.indexOf('@', Math.max(bang, 0));
        String nick = bang >= 0 ? mask.substring(0, bang) : at >= 0 ? "" : mask;
        String user = bang >= 0
                ? mask.substring(bang + 1, at >= 0 ? at : mask.length())
                : at >= 0 ? mask.substring(0, at) : "";
        String host = at >= 0 ? mask.substring(at + 1) : "";
        return WireText.cut(orAny(nick) + "!" + orAny(user) + "@" + orAny(host), MASK_BYTES);
    }

    /// Whether the whole of `text` fits `mask`, case folded. A mismatch goes back to the last `*` only, which
    /// suffices as an earlier one could not match more: the cost is at most their lengths multiplied.
    static boolean matches(String mask, String text) {
        int m = 0;
        int t = 0;
        int star = -1;
        int resume = 0;
        while (t < text.length()) {
            if (m < mask.length() && mask.charAt(m) == '*') {
                star = m++;
                resume = t;
            } else if (m < mask.length() && matchesOne(mask.charAt(m), text.charAt(t))) {
                m++;
                t++;
            } else if (star >= 0) {
                m = star + 1;
                t = ++resume;
            } else {
                return false;
            }
        }
        while (m < mask.length() && mask.charAt(m) == '*') {
            m++;
        }
        return m == mask.length();
    }

    static boolean hasWildcard(String mask) {
        return mask.indexOf('*') >= 0 || mask.indexOf('?') >= 0;
    }

    private static boolean matchesOne(char pattern, char c) {
        return pattern == '?' || CaseMapping.fold(pattern) == CaseMapping.fold(c);
    }

    private static String orAny(String part) {
        return part.isEmpty() ? "*" : part;
    }
}
