package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IrcMessageTest {
    private static IrcMessage of(String command, String... params) {
        return new IrcMessage(command, List.of(params));
    }

    @Test
    void theCommandIsPutInUpperCase() {
        assertThat(IrcMessage.parse("privmsg #a hi")).isEqualTo(of("PRIVMSG", "#a", "hi"));
    }

    @Test
    void theTrailingParameterKeepsItsSpacesAndColons() {
        assertThat(IrcMessage.parse("PRIVMSG #a ::-) two  words ")).isEqualTo(of("PRIVMSG", "#a", ":-) two  words "));
    }

    @Test
    void anEmptyTrailingParameterCounts() {
        assertThat(IrcMessage.parse("TOPIC #a :")).isEqualTo(of("TOPIC", "#a", ""));
    }

    @Test
    void spacesBetweenParametersMayBeMany() {
        assertThat(IrcMessage.parse("  USER   a  0 *   :b ")).isEqualTo(of("USER", "a", "0", "*", "b "));
        assertThat(IrcMessage.parse("PING a   ")).isEqualTo(of("PING", "a"));
    }

    @Test
    void aColonInsideAParameterIsPartOfIt() {
        assertThat(IrcMessage.parse("JOIN #a:b c:d")).isEqualTo(of("JOIN", "#a:b", "c:d"));
    }

    @Test
    void tagsAndSourceAreSkipped() {
        assertThat(IrcMessage.parse("@id=1;x=y :me!u@h PING t")).isEqualTo(of("PING", "t"));
        assertThat(IrcMessage.parse(":me PING t")).isEqualTo(of("PING", "t"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "   ", ":source", "@tags", "@tags :source", ":", "@", ": "})
    void aLineWithoutCommandIsNothing(String line) {
        assertThat(IrcMessage.parse(line)).isNull();
    }

    @Test
    void theFifteenthParameterTakesTheRest() {
        String fourteen = String.join(
                " ", IntStream.rangeClosed(1, 14).mapToObj(Integer::toString).toList());
        IrcMessage message = Objects.requireNonNull(IrcMessage.parse("X " + fourteen + " 15 16 17"));
        assertThat(message.params()).hasSize(15);
        assertThat(message.param(14)).isEqualTo("15 16 17");
    }

    @Test
    void aCommandThatIsNotAsciiStaysAsItIs() {
        assertThat(IrcMessage.parse("\u00ffabc x")).isEqualTo(of("\u00ffabc", "x"));
    }

    @Test
    void aParameterThatIsNotThereIsEmpty() {
        IrcMessage message = of("X", "a");
        assertThat(message.param(1)).isEmpty();
        assertThat(message.has(0)).isTrue();
        assertThat(message.has(1)).isFalse();
    }

    @Test
    void listsAreCutAtCommasWithoutEmptyParts() {
        assertThat(of("JOIN", ",#a,,#b,").list(0)).containsExactly("#a", "#b");
        assertThat(of("JOIN").list(0)).isEmpty();
    }
}
