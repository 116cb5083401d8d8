package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RepliesTest {
    private final Replies replies = new Replies("irc.test");

    @Test
    void aNumericHasThreeDigitsTheNickAndItsText() {
        assertThat(replies.numeric(Numeric.RPL_ISUPPORT, "bob", "A=1", "B"))
                .isEqualTo(":irc.test 005 bob A=1 B :are supported by this server");
        assertThat(replies.withText(Numeric.RPL_WELCOME, "bob", "hi")).isEqualTo(":irc.test 001 bob :hi");
        assertThat(replies.words(Numeric.RPL_UMODEIS, "bob", "+i")).isEqualTo(":irc.test 221 bob +i");
    }

    /// What a client gave may be anything that its last parameter can hold.
    @Test
    void whatIsNotOneWordIsNotQuoted() {
        assertThat(replies.numeric(Numeric.ERR_NOSUCHNICK, "bob", "a b"))
                .isEqualTo(":irc.test 401 bob * :No such nick or channel");
        assertThat(replies.numeric(Numeric.ERR_NOSUCHNICK, "bob", "")).startsWith(":irc.test 401 bob * :");
        assertThat(replies.numeric(Numeric.ERR_NOSUCHNICK, "bob", ":x")).startsWith(":irc.test 401 bob * :");
        assertThat(replies.numeric(Numeric.ERR_NOSUCHNICK, "bob", "a:b")).startsWith(":irc.test 401 bob a:b :");
    }

    @Test
    void aListThatFitsIsOneLine() {
        assertThat(replies.list(Numeric.RPL_ISON, "bob", List.of("a", "b"))).containsExactly(":irc.test 303 bob :a b");
    }

    @Test
    void aListOfNothingIsNoLine() {
        assertThat(replies.list(Numeric.RPL_NAMREPLY, "bob", List.of(), "=", "#c"))
                .isEmpty();
    }

    @Test
    void aLongListIsSplitWithoutLosingAWord() {
        List<String> words = IntStream.range(0, 400).mapToObj(i -> "nick" + i).toList();
        List<String> lines = replies.list(Numeric.RPL_NAMREPLY, "bob", words, "=", "#c");
        assertThat(lines).hasSizeGreaterThan(1).allSatisfy(line -> {
            assertThat(line).startsWith(":irc.test 353 bob = #c :").hasSizeLessThanOrEqualTo(510);
        });
        assertThat(lines.stream()
                        .flatMap(l -> List.of(
                                l.substring(":irc.test 353 bob = #c :".length()).split(" "))
                                .stream()))
                .containsExactlyElementsOf(words);
    }

    @Test
    void aLineIsFilledToTheLastByte() {
        String head = "h";
        List<String> words = Collections.nCopies(3, "w".repeat(254));
        assertThat(Replies.pack(head, words)).extracting(String::length).containsExactly(1 + 254 + 1 + 254, 1 + 254);
    }

    @Test
    void theLastLineNamesHostAndReason() {
        assertThat(Replies.closingLink("127.0.0.1", "bye")).isEqualTo("ERROR :Closing Link: 127.0.0.1 (bye)");
    }

    @ParameterizedTest
    @EnumSource(Numeric.class)
    void everyCodeIsThreeDigits(Numeric numeric) {
        assertThat(numeric.code()).matches("\\d{3}");
    }

    @Test
    void noTwoNumericsShareACode() {
        assertThat(List.of(Numeric.values())).extracting(Numeric::code).doesNotHaveDuplicates();
    }
}
