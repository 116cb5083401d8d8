package dev.rouse.examples.chat;

/// The `ascii` case mapping: two names are the same when they differ only in the case of `A` to `Z`.
final class CaseMapping {
    /// As announced to clients.
    static final String NAME = "ascii";

    private CaseMapping() {}

    /// The form under which a name is looked up.
    static String fold(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (isUpper(name.charAt(i))) {
                return foldFrom(name, i);
            }
        }
        return name;
    }

    static boolean same(String one, String other) {
        return fold(one).equals(fold(other));
    }

    static char fold(char c) {
        return isUpper(c) ? (char) (c + ('a' - 'A')) : c;
    }

    private static String foldFrom(String name, int first) {
        char[] folded = name.toCharArray();
        for (int i = first; i < folded.length; i++) {
            folded[i] = fold(folded[i]);
        }
        return new String(folded);
    }

    private static boolean isUpper(char c) {
        return c >= 'A' && c <= 'Z';
    }
}
