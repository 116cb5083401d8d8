package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "Wiz", "[x]", "\\`_^{|}", "a-1", "_1"})
    void theseAreNicknames(String nick) {
        assertThat(Names.isNick(nick)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1a", "-a", "a b", "#a", "a!b", "a@b", ":a", "a,b", "a*", "a.b", "\u00e9", "a\u0001"})
    void theseAreNot(String nick) {
        assertThat(Names.isNick(nick)).isFalse();
    }

    @Test
    void aNicknameHasAtMost30Bytes() {
        assertThat(Names.isNick("n".repeat(30))).isTrue();
        assertThat(Names.isNick("n".repeat(31))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"#a", "##", "#:x", "#\u00e9", "#a!@*"})
    void theseAreChannels(String name) {
        assertThat(Names.isChannel(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "#", "a", "&a", "#a b", "#a,b", "#a\u0007", "#a\u007f", "#\u0001"})
    void theseAreNoChannels(String name) {
        assertThat(Names.isChannel(name)).isFalse();
    }

    @Test
    void aChannelNameHasAtMost50Bytes() {
        assertThat(Names.isChannel("#" + "c".repeat(49))).isTrue();
        assertThat(Names.isChannel("#" + "c".repeat(50))).isFalse();
    }

    @Test
    void aKeyHasNoSpaceNoCommaAndNoColonInFront() {
        assertThat(Names.isKey("s3cret:x")).isTrue();
        assertThat(Names.isKey("k".repeat(23))).isTrue();
        assertThat(Names.isKey("k".repeat(24))).isFalse();
        assertThat(Names.isKey("")).isFalse();
        assertThat(Names.isKey(":k")).isFalse();
        assertThat(Names.isKey("a b")).isFalse();
        assertThat(Names.isKey("a,b")).isFalse();
        assertThat(Names.isKey("a\u00ff")).isFalse();
    }

    @Test
    void aUserNameIsMarkedAndCleaned() {
        assertThat(Names.user("bob")).isEqualTo("~bob");
        assertThat(Names.user("b@o!b*?:")).isEqualTo("~bob");
        assertThat(Names.user("@")).isEqualTo("~user");
        assertThat(Names.user("u".repeat(40))).hasSize(Names.USER_BYTES);
    }
}
