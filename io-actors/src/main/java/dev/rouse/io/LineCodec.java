package dev.rouse.io;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import org.jspecify.annotations.Nullable;

/// Lines of text that end with LF or CR LF.
///
/// A line is too long when more than `limit` bytes have come that cannot be its end: one more may, if it is a CR.
final class LineCodec implements Codec<String> {

    private static final char REPLACEMENT = '\uFFFD';

    /// CR LF, of which the limit of a line counts none.
    private static final int MAX_END_BYTES = 2;

    private final int limit;
    private final Utf8 utf8;
    private final byte[] end;

    LineCodec(int limit, Utf8 utf8, String end) {
        this.limit = limit;
        this.utf8 = utf8;
        this.end = end.getBytes(US_ASCII);
    }

    @Override
    public int maxFrameBytes() {
        return limit + MAX_END_BYTES;
    }

    @Override
    public @Nullable String decode(ByteBuffer input, int seen) throws FrameException {
        int start = input.position();
        int within = Math.min(input.limit(), start + maxFrameBytes());
        int at = find(input, start + seen, within);
        int size = sizeBefore(input, start, at < 0 ? within : at);
        if (size > limit) {
            throw FrameTooLongException.without("end of line", limit);
        }
        if (at < 0) {
            return null;
        }
        String line = text(input, start, size);
        input.position(at + 1);
        return line;
    }

    private static int find(ByteBuffer bytes, int from, int to) {
        for (int at = from; at < to; at++) {
            if (bytes.get(at) == '\n') {
                return at;
            }
        }
        return -1;
    }

    /// How many bytes there are from `start`, without a CR that is or may become part of the end.
    private static int sizeBefore(ByteBuffer bytes, int start, int to) {
        return to > start && bytes.get(to - 1) == '\r' ? to - 1 - start : to - start;
    }

    private String text(ByteBuffer input, int start, int size) throws MalformedFrameException {
        byte[] bytes = new byte[size];
        input.get(start, bytes);
        String text = new String(bytes, UTF_8);
        if (utf8 == Utf8.STRICT && text.indexOf(REPLACEMENT) >= 0) {
            requireUtf8(bytes);
        }
        return text;
    }

    /// The replacement may have been sent as such.
    private static void requireUtf8(byte[] bytes) throws MalformedFrameException {
        CharsetDecoder decoder = UTF_8.newDecoder();
        ByteBuffer input = ByteBuffer.wrap(bytes);
        CoderResult result = decoder.decode(input, CharBuffer.allocate(bytes.length), true);
        if (result.isError()) {
            throw new MalformedFrameException(
                    "line is not UTF-8, byte=0x%02x, index=%d, size=%d"
                            .formatted(bytes[input.position()], input.position(), bytes.length),
                    "the peer sends another encoding or no text; Utf8.LENIENT would replace what is broken");
        }
    }

    @Override
    public void encode(String line, ByteBuffer output) throws FrameTooLongException {
        requireOneLine(line);
        byte[] bytes = line.getBytes(UTF_8);
        if (bytes.length > limit) {
            throw new FrameTooLongException(bytes.length, limit);
        }
        output.put(bytes);
        if (bytes.length > 0 && bytes[bytes.length - 1] == '\r' && end.length == 1) {
            output.put((byte) '\r');
        }
        output.put(end);
    }

    private void requireOneLine(String line) {
        int at = line.indexOf('\n');
        if (at >= 0) {
            throw new IllegalArgumentException(
                    "line with a line feed in it: index=" + at + ", size=" + line.length() + "; write it as two lines");
        }
        if (utf8 == Utf8.STRICT) {
            requireWholeCharacters(line);
        }
    }

    private static void requireWholeCharacters(String line) {
        int at = 0;
        while (at < line.length()) {
            int character = line.codePointAt(at);
            if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
                throw new IllegalArgumentException("line with half a character in it: index=" + at + ", size="
                        + line.length() + "; Utf8.LENIENT would replace it");
            }
            at += Character.charCount(character);
        }
    }
}
