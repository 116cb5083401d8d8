package dev.rouse.examples.chat;

import java.util.ArrayList;
import java.util.List;

/// A channel's bans, oldest first. Bounded: its channel only.
final class BanList {
    /// The most bans on one channel; announced to clients.
    static final int MAX_BANS = 64;

    /// One ban: who set it, and when.
    record Ban(String mask, String setBy, long setAtSeconds) {}

    enum Outcome {
        DONE,
        UNCHANGED,
        FULL
    }

    private final List<Ban> bans = new ArrayList<>();

    Outcome add(Ban ban) {
        if (bans.stream().anyMatch(b -> CaseMapping.same(b.mask(), ban.mask()))) {
            return Outcome.UNCHANGED;
        }
        if (bans.size() == MAX_BANS) {
            return Outcome.FULL;
        }
        bans.add(ban);
        return Outcome.DONE;
    }

    Outcome remove(String mask) {
        return bans.removeIf(b -> CaseMapping.same(b.mask(), mask)) ? Outcome.DONE : Outcome.UNCHANGED;
    }

    boolean covers(String nickUserHost) {
        return bans.stream().anyMatch(b -> Masks.matches(b.mask(), nickUserHost));
    }

    List<Ban> all() {
        return List.copyOf(bans);
    }
}
