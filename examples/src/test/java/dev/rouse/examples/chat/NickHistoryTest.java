package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class NickHistoryTest {
    private static Profile profile(String nick, String realName) {
        return new Profile(nick, "~u", "h", realName, "", Set.of(), 0);
    }

    @Test
    void theNewestComesFirstAndCaseDoesNotMatter() {
        NickHistory history = new NickHistory(10);
        history.add(profile("bob", "first"), 1);
        history.add(profile("ann", "other"), 2);
        history.add(profile("Bob", "second"), 3);
        assertThat(history.find("BOB", 10))
                .extracting(e -> e.profile().realName())
                .containsExactly("second", "first");
        assertThat(history.find("bob", 1)).hasSize(1);
    }

    @Test
    void theOldestGoesWhenItIsFull() {
        NickHistory history = new NickHistory(2);
        history.add(profile("a", ""), 1);
        history.add(profile("b", ""), 2);
        assertThat(history.find("a", 9)).hasSize(1);
        history.add(profile("c", ""), 3);
        assertThat(history.find("a", 9)).isEmpty();
        assertThat(history.find("b", 9)).hasSize(1);
    }
}
