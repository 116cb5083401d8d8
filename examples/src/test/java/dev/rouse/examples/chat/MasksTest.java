package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MasksTest {
    @ParameterizedTest
    @CsvSource({
        "*, anything",
        "a*c, ac",
        "a*c, abbbc",
        "a?c, abc",
        "*!*@10.0.0.1, bob!~b@10.0.0.1",
        "BOB!*@*, bob!x@y",
        "a*b*c, a1b2b3c",
        "**, x",
        "a**b, ab",
    })
    void theseMatch(String mask, String text) {
        assertThat(Masks.matches(mask, text)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"a?c, ac", "a*c, abd", "b, bob", "*x, y", "?, ''", "bob!*@1, bob!b@11", "'', a"})
    void theseDoNot(String mask, String text) {
        assertThat(Masks.matches(mask, text)).isFalse();
    }

    @Test
    void theEmptyTextMatchesStarsOnly() {
        assertThat(Masks.matches("", "")).isTrue();
        assertThat(Masks.matches("**", "")).isTrue();
    }

    @Test
    @Timeout(5)
    void manyStarsDoNotMakeItSlow() {
        String mask = "a*".repeat(60) + "b";
        assertThat(Masks.matches(mask, "a".repeat(5_000))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "bob, bob!*@*",
        "bob!b, bob!b@*",
        "b@h, *!b@h",
        "bob!b@h, bob!b@h",
        "@h, *!*@h",
        "!b, *!b@*",
        "bob!@h, bob!*@h",
        "*, *!*@*",
    })
    void aMaskIsCompleted(String typed, String complete) {
        assertThat(Masks.complete(typed)).isEqualTo(complete);
    }

    @Test
    void aMaskIsCutAtItsLimit() {
        assertThat(Masks.complete("x".repeat(500))).hasSize(Masks.MASK_BYTES);
    }
}
