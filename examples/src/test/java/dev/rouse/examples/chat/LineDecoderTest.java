package dev.rouse.examples.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.examples.chat.LineDecoder.Input;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineDecoderTest {
    private final LineDecoder decoder = new LineDecoder();

    private List<Input> feed(String... segments) {
        List<Input> inputs = new ArrayList<>();
        for (String segment : segments) {
            ByteBuffer bytes = ByteBuffer.wrap(segment.getBytes(ISO_8859_1));
            for (Input input = decoder.next(bytes); input != null; input = decoder.next(bytes)) {
                inputs.add(input);
            }
            assertThat(bytes.hasRemaining()).isFalse();
        }
        return inputs;
    }

    private static Input line(String text) {
        return new Input.Line(text);
    }

    @Test
    void crLfAndLfAndCrAllEndALine() {
        assertThat(feed("a\r\nb\nc\rd\r\n")).containsExactly(line("a"), line("b"), line("c"), line("d"));
    }

    @Test
    void emptyLinesAreSkipped() {
        assertThat(feed("\r\n\r\n\n\na\r\n\r\n")).containsExactly(line("a"));
    }

    @Test
    void aLineMayComeInPieces() {
        assertThat(feed("PI", "", "NG", " x\r", "\nQ")).containsExactly(line("PING x"));
        assertThat(feed("UIT\n")).containsExactly(line("QUIT"));
    }

    @Test
    void nulBytesAreLeftOut() {
        assertThat(feed("a\0b\0\r\n\0\r\n")).containsExactly(line("ab"));
    }

    @Test
    void bytesAbove127ComeThroughUnchanged() {
        assertThat(feed("\u00ff\u0080\u00e9\n")).containsExactly(line("\u00ff\u0080\u00e9"));
    }

    @Test
    void aLineOf510BytesIsTakenAndOneMoreIsTooLong() {
        String most = "x".repeat(510);
        assertThat(feed(most + "\r\n")).containsExactly(line(most));
        assertThat(feed(most + "x\r\nnext\r\n")).containsExactly(new Input.TooLong(), line("next"));
    }

    @Test
    void tooLongIsReportedBeforeTheLineEnds() {
        assertThat(feed("x".repeat(511))).containsExactly(new Input.TooLong());
        assertThat(feed("\r\nnext\n")).containsExactly(line("next"));
    }

    @Test
    void anEndlessLineIsReportedAgainAndAgain() {
        List<Input> inputs = feed("x".repeat(100_000));
        assertThat(inputs).hasSizeGreaterThan(190);
        assertThat(inputs.getFirst()).isEqualTo(new Input.TooLong());
        assertThat(inputs.subList(1, inputs.size())).containsOnly(new Input.StillTooLong());
        assertThat(feed("\nnext\n")).containsExactly(line("next"));
    }

    @Test
    void howTheSegmentsFallMakesNoDifference() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            text.append("y".repeat(i * 13)).append(i % 3 == 0 ? "\n" : "\r\n");
        }
        List<Input> whole = feed(text.toString());
        for (long seed = 1; seed <= 50; seed++) {
            assertThat(feed(cut(text.toString(), new Random(seed))))
                    .as("seed %d", seed)
                    .isEqualTo(whole);
        }
    }

    private static String[] cut(String text, Random random) {
        List<String> pieces = new ArrayList<>();
        for (int at = 0; at < text.length(); ) {
            int end = Math.min(text.length(), at + random.nextInt(300));
            pieces.add(text.substring(at, end));
            at = end;
        }
        return pieces.toArray(String[]::new);
    }
}
