package dev.rouse.io;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {

    private static final Codec<String> LINES = Frames.lines(8, Utf8.STRICT);

    private static byte[] ascii(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        IntStream.range(0, values.length).forEach(i -> bytes[i] = (byte) values[i]);
        return bytes;
    }

    private static List<Byte> frame(int... values) {
        return Segments.list(bytes(values));
    }

    private static List<Object> read(Decoder<?> decoder, String... segments) {
        return Segments.read(
                decoder, Arrays.stream(segments).map(FramesTest::ascii).toArray(byte[][]::new));
    }

    private static FrameException failure(Decoder<?> decoder, byte[]... segments) {
        return Objects.requireNonNull(Segments.readAll(decoder, segments).failure());
    }

    private static <T> byte[] encoded(Encoder<T> encoder, T frame) throws FrameTooLongException {
        ByteBuffer output = ByteBuffer.allocate(1_000);
        encoder.encode(frame, output);
        return Arrays.copyOf(output.array(), output.position());
    }

    // Lines.

    @Test
    void lfAndCrLfEndALineAndALoneCrDoesNot() {
        assertThat(read(LINES, "a\nb\r\nc\rd\n\n\r\n")).containsExactly("a", "b", "c\rd", "", "");
        assertThat(read(LINES, "a\r\r\n")).containsExactly("a\r");
    }

    @Test
    void aLineMayComeInPieces() {
        assertThat(read(LINES, "a", "bc\r", "\nd", "\n")).containsExactly("abc", "d");
    }

    @Test
    void aLineOfTheMaximumIsTakenAndOneByteMoreIsTooLong() {
        assertThat(read(LINES, "12345678\n12345678\r\n")).containsExactly("12345678", "12345678");
        assertThat(failure(LINES, ascii("ok\n123456789\n")))
                .isInstanceOf(FrameTooLongException.class)
                .hasMessage("frame too long: no end of line within the limit, size=9 or more, limit=8, position=3;"
                        + " the sender must send less at a time, or the limit is too low for the protocol");
    }

    @Test
    void aLineIsTooLongBeforeItsEndHasCome() {
        assertThat(read(LINES, "12345678\r")).last().isInstanceOf(TruncatedFrameException.class);
        assertThat(read(LINES, "12345678\rx")).last().isInstanceOf(FrameTooLongException.class);
        assertThat(read(LINES, "123456789")).last().isInstanceOf(FrameTooLongException.class);
    }

    @Test
    void brokenUtf8IsRefusedOrReplacedAsChosen() {
        byte[] broken = bytes('o', 'k', '\n', 'a', 0xC3, '\n');
        assertThat(failure(LINES, broken))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessage("malformed frame: line is not UTF-8, byte=0xc3, index=1, size=2, position=3; the peer sends"
                        + " another encoding or no text; Utf8.LENIENT would replace what is broken");
        assertThat(Segments.read(Frames.lines(8, Utf8.LENIENT), broken)).containsExactly("ok", "a\uFFFD");
    }

    @Test
    void aReplacementCharacterThatWasSentIsNotBroken() {
        assertThat(Segments.read(LINES, "\uFFFD\n".getBytes(UTF_8))).containsExactly("\uFFFD");
    }

    @Test
    void linesAreReadAsTheyWereWritten() throws Exception {
        for (Codec<String> lines : List.of(LINES, Frames.crLfLines(8, Utf8.STRICT))) {
            for (String line : List.of("", "a", "a\r", "\r", "\r\r", "\rb", "\u00e9\u20ac", "12345678")) {
                assertThat(Segments.read(lines, encoded(lines, line))).containsExactly(line);
            }
        }
        assertThat(encoded(LINES, "a")).isEqualTo(ascii("a\n"));
        assertThat(encoded(Frames.crLfLines(8, Utf8.STRICT), "a")).isEqualTo(ascii("a\r\n"));
    }

    @Test
    void aLineWithALineFeedIsNotWritten() {
        assertThatThrownBy(() -> encoded(LINES, "a\nb"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("line with a line feed in it: index=1, size=3; write it as two lines");
    }

    @Test
    void halfACharacterIsRefusedOrReplacedAsChosen() throws Exception {
        assertThatThrownBy(() -> encoded(LINES, "a\uD83D\uDE00\uD83D"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("line with half a character in it: index=3, size=4; Utf8.LENIENT would replace it");
        assertThat(encoded(Frames.lines(8, Utf8.LENIENT), "a\uD83D")).isEqualTo(ascii("a?\n"));
    }

    @Test
    void aLineThatIsTooLongIsNotWritten() throws Exception {
        assertThat(encoded(LINES, "\u20ac\u20ac12")).hasSize(9);
        assertThatThrownBy(() -> encoded(LINES, "\u20ac\u20ac123"))
                .isInstanceOf(FrameTooLongException.class)
                .hasMessage("frame too long: size=9, limit=8; the sender must send less at a time, or the limit is too"
                        + " low for the protocol");
    }

    // Length in front.

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void aLengthOfEachSizeAndOrderIsReadAsItWasWritten(int size) throws Exception {
        LengthField big = LengthField.ofBytes(size);
        for (LengthField field : List.of(
                big,
                big.littleEndian(),
                big.countingItself(),
                big.littleEndian().countingItself())) {
            Codec<ByteBuffer> codec = Frames.lengthPrefixed(field, 200);
            for (int length : new int[] {0, 1, 127, 200}) {
                byte[] payload = new byte[length];
                Arrays.fill(payload, (byte) 7);
                byte[] encoded = encoded(codec, ByteBuffer.wrap(payload));
                assertThat(encoded).hasSize(size + length);
                assertThat(Segments.read(codec, encoded)).containsExactly(Segments.list(payload));
            }
        }
    }

    @Test
    void theBytesOfALengthAreWhereTheyBelong() throws Exception {
        ByteBuffer three = ByteBuffer.wrap(new byte[3]);
        LengthField two = LengthField.ofBytes(2);
        assertThat(encoded(Frames.lengthPrefixed(two, 9), three)).isEqualTo(bytes(0, 3, 0, 0, 0));
        assertThat(encoded(Frames.lengthPrefixed(two.littleEndian(), 9), three)).isEqualTo(bytes(3, 0, 0, 0, 0));
        assertThat(encoded(Frames.lengthPrefixed(two.countingItself(), 9), three))
                .isEqualTo(bytes(0, 5, 0, 0, 0));
        assertThat(three.remaining()).isEqualTo(3);
    }

    @Test
    void aVarintIsReadAsItWasWritten() throws Exception {
        Codec<ByteBuffer> codec = Frames.lengthPrefixed(LengthField.varint(), 300);
        for (int length : new int[] {0, 1, 127, 128, 300}) {
            byte[] encoded = encoded(codec, ByteBuffer.wrap(new byte[length]));
            assertThat(encoded).hasSize(length + (length < 128 ? 1 : 2));
            assertThat(Segments.read(codec, Segments.oneByOne(encoded)))
                    .containsExactly(Segments.list(new byte[length]));
        }
    }

    @Test
    void aVarintOfMoreThan31BitsIsABadLength() {
        Codec<ByteBuffer> codec = Frames.lengthPrefixed(LengthField.varint(), 300);
        assertThat(failure(codec, bytes(0xFF, 0xFF, 0xFF, 0xFF, 0x07))).isInstanceOf(FrameTooLongException.class);
        assertThat(failure(codec, bytes(0xFF, 0xFF, 0xFF, 0xFF, 0x08)))
                .isInstanceOf(BadLengthException.class)
                .hasMessage("bad length: length=2415919103, limit=300, cause=a varint of more than 31 bits, position=0;"
                        + " the peer speaks another protocol, or lengths of another kind");
        assertThat(failure(codec, bytes(0x80, 0x80, 0x80, 0x80, 0x80))).isInstanceOf(BadLengthException.class);
    }

    @Test
    void aNegativeLengthIsABadLength() {
        assertThat(failure(Frames.lengthPrefixed(LengthField.ofBytes(4), 9), bytes(0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFE)))
                .isInstanceOf(BadLengthException.class)
                .hasMessage("bad length: length=-2, limit=9, cause=negative, position=4; the peer speaks another"
                        + " protocol, or lengths of another kind");
        assertThat(failure(Frames.lengthPrefixed(LengthField.ofBytes(8), 9), bytes(0x80, 0, 0, 0, 0, 0, 0, 0)))
                .isInstanceOf(BadLengthException.class)
                .hasMessageContaining("length=" + Long.MIN_VALUE + ",");
    }

    @Test
    void aLengthThatDoesNotCountItselfThoughItShouldIsABadLength() {
        LengthField field = LengthField.ofBytes(2).countingItself();
        assertThat(Segments.read(Frames.lengthPrefixed(field, 9), bytes(0, 2))).containsExactly(frame());
        assertThat(failure(Frames.lengthPrefixed(field, 9), bytes(0, 1)))
                .hasMessageStartingWith(
                        "bad length: length=1, limit=9, cause=less than the 2 bytes of the length itself");
    }

    @Test
    void aLengthAboveTheMaximumIsRefusedAsSoonAsItIsThere() {
        Codec<ByteBuffer> codec = Frames.lengthPrefixed(LengthField.ofBytes(4), 9);
        assertThat(Segments.read(codec, bytes(0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9)))
                .containsExactly(frame(1, 2, 3, 4, 5, 6, 7, 8, 9));
        assertThat(failure(codec, bytes(0, 0, 0, 10)))
                .isInstanceOf(FrameTooLongException.class)
                .hasMessageStartingWith("frame too long: size=10, limit=9, position=0;");
    }

    @Test
    void aFrameThatIsTooLongForItsLengthIsNotWritten() {
        Codec<ByteBuffer> codec = Frames.lengthPrefixed(LengthField.ofBytes(4), 9);
        assertThatThrownBy(() -> encoded(codec, ByteBuffer.allocate(10))).isInstanceOf(FrameTooLongException.class);
    }

    @Test
    void aLengthFieldThatCannotSayTheMaximumIsRefused() {
        assertThat(Frames.lengthPrefixed(LengthField.ofBytes(1), 255)).isNotNull();
        assertThatThrownBy(() -> Frames.lengthPrefixed(LengthField.ofBytes(1), 256))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("length field too small for the limit: bytes=1, limit=256, most=255; lower the limit or use"
                        + " more bytes");
        assertThat(Frames.lengthPrefixed(LengthField.ofBytes(2).countingItself(), 65_533))
                .isNotNull();
        assertThatThrownBy(() -> Frames.lengthPrefixed(LengthField.ofBytes(2).countingItself(), 65_534))
                .hasMessageContaining("most=65533");
    }

    @Test
    void aLengthFieldHas1Or2Or4Or8Bytes() {
        assertThatThrownBy(() -> LengthField.ofBytes(3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "no length field has so many bytes: bytes=3, allowed=1, 2, 4, 8; write a Decoder of your own"
                                + " for others");
        assertThatThrownBy(() -> LengthField.varint().countingItself())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a varint cannot count itself: its size depends on its value; use LengthField.ofBytes");
    }

    // Delimiters.

    @Test
    void framesEndAtTheirDelimiterHoweverItIsCut() {
        Codec<ByteBuffer> codec = Frames.delimited(ascii("--"), 5);
        List<Object> frames = List.of(frame('a', '-', 'b'), frame(), frame('c'));
        assertThat(read(codec, "a-b----c--")).isEqualTo(frames);
        assertThat(read(codec, "a-b-", "-", "--c", "-", "-")).isEqualTo(frames);
    }

    @Test
    void aDelimitedFrameOfTheMaximumIsTakenAndOneByteMoreIsTooLong() {
        Codec<ByteBuffer> codec = Frames.delimited(ascii("--"), 5);
        assertThat(read(codec, "12345--")).containsExactly(frame('1', '2', '3', '4', '5'));
        assertThat(failure(codec, ascii("123456--")))
                .isInstanceOf(FrameTooLongException.class)
                .hasMessageStartingWith(
                        "frame too long: no delimiter within the limit, size=6 or more, limit=5, position=0;");
    }

    @Test
    void aFrameWithItsDelimiterInItIsNotWritten() throws Exception {
        Codec<ByteBuffer> codec = Frames.delimited(ascii("--"), 5);
        assertThat(encoded(codec, ByteBuffer.wrap(ascii("a-b")))).isEqualTo(ascii("a-b--"));
        assertThatThrownBy(() -> encoded(codec, ByteBuffer.wrap(ascii("a--b"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("frame with a delimiter in it: index=1, size=4; its reader would take it for two, use"
                        + " Frames.lengthPrefixed for any bytes");
        assertThatThrownBy(() -> encoded(codec, ByteBuffer.wrap(ascii("a-"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("index=1");
    }

    @Test
    void aDelimiterHas1To255Bytes() {
        assertThat(Frames.delimited(new byte[255], 1)).isNotNull();
        for (int bytes : new int[] {0, 256}) {
            assertThatThrownBy(() -> Frames.delimited(new byte[bytes], 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("delimiter out of range: bytes=" + bytes + ", least=1, most=255");
        }
    }

    // Fixed and none.

    @Test
    void fixedFramesHaveTheirSize() throws Exception {
        Codec<ByteBuffer> codec = Frames.fixed(2);
        assertThat(read(codec, "ab", "c", "d")).containsExactly(frame('a', 'b'), frame('c', 'd'));
        assertThat(encoded(codec, ByteBuffer.wrap(ascii("ab")))).isEqualTo(ascii("ab"));
        assertThatThrownBy(() -> encoded(codec, ByteBuffer.wrap(ascii("abc"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("frame of another size: size=3, fixed=2; pad it, or use Frames.lengthPrefixed");
    }

    @Test
    void unframedBytesComeAsTheyCameUpToTheMaximum() throws Exception {
        Codec<ByteBuffer> codec = Frames.unframed(3);
        assertThat(read(codec, "ab", "cdef")).containsExactly(frame('a', 'b'), frame('c', 'd', 'e'), frame('f'));
        assertThatThrownBy(() -> encoded(codec, ByteBuffer.allocate(4))).isInstanceOf(FrameTooLongException.class);
    }

    @Test
    void theMaximumIsNeitherZeroNorAboveOneGibibyte() {
        assertThat(Frames.fixed(1)).isNotNull();
        assertThat(Frames.unframed(1 << 30)).isNotNull();
        for (int bytes : new int[] {-1, 0, (1 << 30) + 1}) {
            for (ThrowingFactory factory : List.<ThrowingFactory>of(
                    Frames::fixed,
                    Frames::unframed,
                    max -> Frames.lines(max, Utf8.STRICT),
                    max -> Frames.crLfLines(max, Utf8.STRICT),
                    max -> Frames.delimited(new byte[1], max),
                    max -> Frames.lengthPrefixed(LengthField.ofBytes(4), max))) {
                assertThatThrownBy(() -> factory.make(bytes))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("maximum frame size out of range: bytes=" + bytes + ", least=1, most=1073741824");
            }
        }
    }

    private interface ThrowingFactory {
        Codec<?> make(int maxBytes);
    }

    // What holds for all.

    @Test
    void aStreamThatEndsInsideAFrameIsAnError() {
        for (Codec<?> codec : List.of(
                LINES,
                Frames.delimited(ascii("\n"), 8),
                Frames.lengthPrefixed(LengthField.ofBytes(1), 100),
                Frames.fixed(3))) {
            assertThat(failure(codec, bytes(1, '\n', '\n'), bytes(7, 8)))
                    .isInstanceOf(TruncatedFrameException.class)
                    .extracting(Throwable::getMessage)
                    .asString()
                    .matches("stream ended inside a frame: size=\\d, position=\\d; the peer has gone before it had sent"
                            + " the rest");
        }
    }

    @Test
    void aFrameThatLiesWholeInItsSegmentIsNotCopied() {
        Codec<ByteBuffer> codec = Frames.fixed(4);
        assertThat(Segments.readAll(codec, new byte[40]).shared()).isEqualTo(10);
        Segments<ByteBuffer> spanning = Segments.readAll(codec, new byte[2], new byte[38]);
        assertThat(spanning.shared()).isEqualTo(9);
        assertThat(spanning.mostHeld()).isEqualTo(4);
    }

    @Test
    void memoryFollowsWhatHasComeAndNotWhatWasAnnounced() {
        Codec<ByteBuffer> codec = Frames.lengthPrefixed(LengthField.ofBytes(4), 1 << 30);
        assertThat(Segments.readAll(codec, bytes(0x3F, 0, 0, 0), new byte[100]).mostHeld())
                .isEqualTo(128);
    }

    /// Counts what it looks at.
    private static final class Looks implements Decoder<String> {
        private int looks;

        @Override
        public int maxFrameBytes() {
            return 1 << 20;
        }

        @Override
        public @Nullable String decode(ByteBuffer input, int seen) {
            for (int i = input.position() + seen; i < input.limit(); i++) {
                looks++;
                if (input.get(i) == '\n') {
                    input.position(i + 1);
                    return "line";
                }
            }
            return null;
        }
    }

    @Test
    void aFrameThatComesByteByByteIsLookedAtOnce() {
        byte[] line = new byte[20_000];
        line[line.length - 1] = '\n';
        Looks looks = new Looks();
        assertThat(Segments.read(looks, Segments.oneByOne(line))).containsExactly("line");
        assertThat(looks.looks).isEqualTo(line.length);
    }

    @Test
    void aThousandFramesBehindTheRestOfOneAreLookedAtOnce() {
        byte[] lines = new byte[2_001];
        for (int i = 2; i < lines.length; i += 2) {
            lines[i] = '\n';
        }
        Looks looks = new Looks();
        List<Object> frames = Segments.read(looks, bytes('x'), lines);
        assertThat(frames).hasSize(1_000);
        assertThat(looks.looks).isEqualTo(2_002);
    }

    /// A decoder that says "more" where it should have said "too long".
    private record Greedy(int maxFrameBytes) implements Decoder<String> {
        @Override
        public @Nullable String decode(ByteBuffer input, int seen) {
            return null;
        }
    }

    @Test
    void aDecoderThatWantsMoreThanItsMaximumIsStopped() {
        assertThat(failure(new Greedy(100), Segments.oneByOne(new byte[200])))
                .isInstanceOf(FrameTooLongException.class)
                .hasMessageStartingWith(
                        "frame too long: no end of frame within the limit, size=100 or more, limit=99, position=0;");
        assertThat(Segments.readAll(new Greedy(100), Segments.oneByOne(new byte[99]))
                        .failure())
                .isInstanceOf(TruncatedFrameException.class);
    }

    @Test
    void aDecoderWithoutAMaximumIsRefused() {
        assertThatThrownBy(() -> Segments.read(new Greedy(0), new byte[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("decoder without a maximum: maxFrameBytes=0, least=1");
    }

    /// Returns a frame for which it has taken no byte.
    private static final class Fountain implements Decoder<String> {
        @Override
        public int maxFrameBytes() {
            return 1;
        }

        @Override
        public String decode(ByteBuffer input, int seen) {
            return "more";
        }
    }

    @Test
    void aDecoderThatTakesNothingForAFrameIsRefused() {
        assertThatThrownBy(() -> Segments.read(new Fountain(), new byte[1]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("decoder did not keep to its contract: decoder=" + Fountain.class.getName()
                        + ", taken=0, limit=1, limitBefore=1; a frame takes at least one byte, and only the position"
                        + " moves");
    }

    @Test
    void afterAnErrorNothingMoreIsDecoded() throws Exception {
        FrameReader<String> reader = new FrameReader<>(LINES, Segments.unlimited());
        reader.feed(ByteBuffer.wrap(ascii("123456789\nok\n")));
        FrameException first = catchThrowableOfType(FrameException.class, reader::next);
        assertThatThrownBy(reader::next)
                .isInstanceOf(FramingBrokenException.class)
                .hasMessage("cannot read any more: framed stream, cause=FrameTooLongException; the place of the next"
                        + " frame is not known, close it")
                .hasCause(first);
    }

    @Test
    void aMappedCodecReadsAndWritesValues() throws Exception {
        Codec<Integer> numbers = LINES.map(Integer::valueOf, String::valueOf);
        assertThat(read(numbers, "12\n3", "4\n")).containsExactly(12, 34);
        assertThat(encoded(numbers, 56)).isEqualTo(ascii("56\n"));
        assertThat(numbers.maxFrameBytes()).isEqualTo(LINES.maxFrameBytes());
    }

    @Test
    void copiedFramesOwnTheirBytes() {
        List<Object> frames = new ArrayList<>(Segments.read(Frames.copied(Frames.fixed(2)), ascii("abcd")));
        assertThat(frames).containsExactly(ascii("ab"), ascii("cd"));
    }
}
