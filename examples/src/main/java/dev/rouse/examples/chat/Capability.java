package dev.rouse.examples.chat;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// An extension a client can ask for with CAP.
enum Capability {
    /// NAMES and WHO show all prefixes of a member, not only the highest.
    MULTI_PREFIX("multi-prefix"),
    /// NAMES shows `nick!user@host`.
    USERHOST_IN_NAMES("userhost-in-names");

    /// All of them, as listed to clients.
    static final String ALL = Arrays.stream(values()).map(Capability::wireName).collect(Collectors.joining(" "));

    private final String wireName;

    Capability(String wireName) {
        this.wireName = wireName;
    }

    String wireName() {
        return wireName;
    }

    static Optional<Capability> named(String name) {
        return Arrays.stream(values()).filter(c -> c.wireName.equals(name)).findFirst();
    }
}
