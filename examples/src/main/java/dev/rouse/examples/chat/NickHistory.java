package dev.rouse.examples.chat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// Who used which nickname lately. Holds the newest `capacity` entries: the registry only.
final class NickHistory {
    /// A nickname given up, by whom and when.
    record Entry(Profile profile, long givenUpAtSeconds) {}

    private final int capacity;
    private final Deque<Entry> newestFirst = new ArrayDeque<>();

    NickHistory(int capacity) {
        this.capacity = capacity;
    }

    void add(Profile profile, long nowSeconds) {
        if (newestFirst.size() == capacity) {
            newestFirst.removeLast();
        }
        newestFirst.addFirst(new Entry(profile, nowSeconds));
    }

    /// The newest `most` entries for a nickname, newest first.
    List<Entry> find(String nick, int most) {
        return newestFirst.stream()
                .filter(e -> CaseMapping.same(e.profile().nick(), nick))
                .limit(most)
                .toList();
    }
}
