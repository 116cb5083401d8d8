package dev.rouse.examples.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WireTextTest {
    @Test
    void aJavaStringBecomesOneCharPerUtf8Byte() {
        assertThat(WireText.of("aé€😀")).hasSize(1 + 2 + 3 + 4);
        assertThat(new String(WireText.of("aé€😀").getBytes(ISO_8859_1), UTF_8)).isEqualTo("aé€😀");
    }

    @Test
    void whatFitsIsNotCut() {
        assertThat(WireText.cut("abc", 3)).isEqualTo("abc");
        assertThat(WireText.cut("", 0)).isEmpty();
    }

    @Test
    void asciiIsCutAtTheLimit() {
        assertThat(WireText.cut("abcdef", 3)).isEqualTo("abc");
    }

    @Test
    void aUtf8CharacterIsNeverCutInTwo() {
        String text = "x" + "é€😀".repeat(20);
        String wire = WireText.of(text);
        for (int max = 0; max <= wire.length(); max++) {
            String back = new String(WireText.cut(wire, max).getBytes(ISO_8859_1), UTF_8);
            assertThat(text).startsWith(back);
            assertThat(wire.length() - WireText.cut(wire, max).length()).isLessThan(wire.length() - max + 4);
        }
    }

    @Test
    void bytesThatAreNotUtf8AreCutAtTheLimit() {
        String continuations = "\u0080".repeat(10);
        assertThat(WireText.cut(continuations, 6)).hasSize(6);
        assertThat(WireText.cut("é".repeat(10), 6)).hasSize(6);
    }
}
