package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CaseMappingTest {
    @Test
    void onlyTheLettersAToZAreFolded() {
        assertThat(CaseMapping.fold("AZaz[]\\^{}|~\u00c4")).isEqualTo("azaz[]\\^{}|~\u00c4");
        assertThat(CaseMapping.same("#Rust", "#rUST")).isTrue();
        assertThat(CaseMapping.same("a[", "a{")).isFalse();
    }

    @Test
    void aNameWithoutCapitalsIsReturnedAsItIs() {
        String name = "plain";
        assertThat(CaseMapping.fold(name)).isSameAs(name);
    }
}
