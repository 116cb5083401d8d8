package dev.rouse.io;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Holds each decoder against a model that sees all bytes at once and has no state: whatever pieces the bytes come in,
/// the frames are those of the model, and so is the error at the end and its place; no other exception is thrown, and
/// no more memory is held than the maximum. What was read is then written and read again.
///
/// A target of Jazzer (`mvn -B verify -pl io-actors -am -Pfuzz`), and with inputs of its own an ordinary test:
/// [FramingFuzzTest].
public final class FramingFuzz {

    /// Which frames, how they are cut, the longest piece.
    private static final int HEADER_BYTES = 3;

    private static final int MAX_BYTES = 12;

    private static final List<Case<?>> CASES = List.of(
            new Case<>(Frames.lines(MAX_BYTES, Utf8.STRICT), data -> lines(data, Utf8.STRICT)),
            new Case<>(Frames.crLfLines(MAX_BYTES, Utf8.LENIENT), data -> lines(data, Utf8.LENIENT)),
            new Case<>(Frames.delimited(new byte[] {'a'}, MAX_BYTES), data -> delimited(data, "a")),
            new Case<>(Frames.delimited(new byte[] {'a', 'a', 'b'}, MAX_BYTES), data -> delimited(data, "aab")),
            new Case<>(Frames.fixed(MAX_BYTES), FramingFuzz::fixed),
            lengths(LengthField.ofBytes(1), 1, 0, "big"),
            lengths(LengthField.ofBytes(2).littleEndian(), 2, 0, "little"),
            lengths(LengthField.ofBytes(2).countingItself(), 2, 2, "big"),
            lengths(LengthField.ofBytes(4), 4, 0, "big"),
            lengths(LengthField.ofBytes(4).littleEndian().countingItself(), 4, 4, "little"),
            lengths(LengthField.ofBytes(8), 8, 0, "big"),
            new Case<>(Frames.lengthPrefixed(LengthField.varint(), MAX_BYTES), FramingFuzz::varints));

    private FramingFuzz() {}

    /// How a stream of bytes is to be read: frames, and last the name and place of an error.
    private interface Model {
        List<Object> read(byte[] data);
    }

    private record Case<T>(Codec<T> codec, Model model) {

        void check(byte[] data, Random random, int longest) {
            List<Object> expected = model.read(data);
            List<Object> actual = said(Segments.read(codec, Segments.cut(data, random, longest)));
            if (!actual.equals(expected)) {
                throw new AssertionError(
                        "frames differ: codec=" + codec.getClass().getSimpleName() + ", data=" + Arrays.toString(data)
                                + ", expected=" + expected + ", actual=" + actual);
            }
            writeAgain(data, random, longest);
        }

        /// All frames up to the error, if there is one.
        private void writeAgain(byte[] data, Random random, int longest) {
            List<T> frames = new ArrayList<>();
            ByteBuffer all = ByteBuffer.wrap(data.clone());
            try {
                T frame;
                while (all.hasRemaining() && (frame = codec.decode(all, 0)) != null) {
                    frames.add(frame);
                }
            } catch (FrameException _) {
                // it was compared with the model
            }
            byte[] encoded = encoded(frames);
            List<Object> expected = frames.stream().map(Segments::value).toList();
            List<Object> actual = Segments.read(codec, Segments.cut(encoded, random, longest));
            if (!actual.equals(expected)) {
                throw new AssertionError("not read as it was written: codec="
                        + codec.getClass().getSimpleName() + ", data=" + Arrays.toString(data) + ", expected="
                        + expected
                        + ", actual=" + actual);
            }
        }

        /// A line of replaced bytes may be longer than the maximum, and is refused then.
        private byte[] encoded(List<T> frames) {
            ByteBuffer output = ByteBuffer.allocate(frames.size() * 4 * codec.maxFrameBytes());
            for (int i = 0; i < frames.size(); i++) {
                try {
                    codec.encode(frames.get(i), output);
                } catch (FrameTooLongException e) {
                    if (codec.getClass() != LineCodec.class) {
                        throw new AssertionError("a frame that was read is too long to be written", e);
                    }
                    frames.subList(i, frames.size()).clear();
                }
            }
            return Arrays.copyOf(output.array(), output.position());
        }
    }

    /// The entry for Jazzer.
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < HEADER_BYTES) {
            return;
        }
        Case<?> chosen = CASES.get((input[0] & 0xFF) % CASES.size());
        int longest = 1 + (input[2] & 0x1F);
        chosen.check(Arrays.copyOfRange(input, HEADER_BYTES, input.length), new Random(input[1]), longest);
    }

    static int cases() {
        return CASES.size();
    }

    private static List<Object> said(List<Object> outcome) {
        return outcome.stream()
                .map(each -> each instanceof FrameException e ? error(e.getClass(), e.position()) : each)
                .toList();
    }

    private static Object error(Class<? extends FrameException> type, long position) {
        return type.getSimpleName() + "@" + position;
    }

    private static void endOf(byte[] data, int at, List<Object> outcome) {
        if (at < data.length) {
            outcome.add(error(TruncatedFrameException.class, at));
        }
    }

    private static List<Object> lines(byte[] data, Utf8 utf8) {
        List<Object> outcome = new ArrayList<>();
        int at = 0;
        while (true) {
            int end = at;
            while (end < data.length && data[end] != '\n') {
                end++;
            }
            int size = end > at && data[end - 1] == '\r' ? end - 1 - at : end - at;
            // Of a line without an end a CR may still be a part of its end, but only the last byte of what
            // there is.
            if (size > MAX_BYTES) {
                outcome.add(error(FrameTooLongException.class, at));
                return outcome;
            }
            if (end == data.length) {
                endOf(data, at, outcome);
                return outcome;
            }
            String text = strict(data, at, size);
            if (text == null && utf8 == Utf8.STRICT) {
                outcome.add(error(MalformedFrameException.class, at));
                return outcome;
            }
            outcome.add(text == null ? new String(data, at, size, UTF_8) : text);
            at = end + 1;
        }
    }

    private static @Nullable String strict(byte[] data, int at, int size) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(data, at, size)).toString();
        } catch (CharacterCodingException _) {
            return null;
        }
    }

    private static List<Object> delimited(byte[] data, String delimiter) {
        List<Object> outcome = new ArrayList<>();
        String all = new String(data, StandardCharsets.ISO_8859_1);
        int at = 0;
        for (int end = all.indexOf(delimiter); end >= 0; end = all.indexOf(delimiter, at)) {
            if (end - at > MAX_BYTES) {
                break;
            }
            outcome.add(Segments.list(Arrays.copyOfRange(data, at, end)));
            at = end + delimiter.length();
        }
        if (data.length - at >= MAX_BYTES + delimiter.length()) {
            outcome.add(error(FrameTooLongException.class, at));
        } else {
            endOf(data, at, outcome);
        }
        return outcome;
    }

    private static List<Object> fixed(byte[] data) {
        List<Object> outcome = new ArrayList<>();
        int at = 0;
        for (; data.length - at >= MAX_BYTES; at += MAX_BYTES) {
            outcome.add(Segments.list(Arrays.copyOfRange(data, at, at + MAX_BYTES)));
        }
        endOf(data, at, outcome);
        return outcome;
    }

    private static Case<ByteBuffer> lengths(LengthField field, int bytes, int counted, String order) {
        return new Case<>(Frames.lengthPrefixed(field, MAX_BYTES), data -> lengths(data, bytes, counted, order));
    }

    private static List<Object> lengths(byte[] data, int bytes, int counted, String order) {
        List<Object> outcome = new ArrayList<>();
        int at = 0;
        while (data.length - at >= bytes) {
            long said = 0;
            for (int i = 0; i < bytes; i++) {
                int place = order.equals("little") ? at + bytes - 1 - i : at + i;
                said = (said << 8) | (data[place] & 0xFF);
            }
            if (bytes == 4) {
                said = (said << 32) >> 32; // it has a sign
            }
            if (said < counted) {
                outcome.add(error(BadLengthException.class, at));
                return outcome;
            }
            long size = said - counted;
            if (size > MAX_BYTES) {
                outcome.add(error(FrameTooLongException.class, at));
                return outcome;
            }
            if (data.length - at - bytes < size) {
                break;
            }
            outcome.add(Segments.list(Arrays.copyOfRange(data, at + bytes, at + bytes + (int) size)));
            at += bytes + (int) size;
        }
        endOf(data, at, outcome);
        return outcome;
    }

    private static List<Object> varints(byte[] data) {
        List<Object> outcome = new ArrayList<>();
        int at = 0;
        while (at < data.length) {
            int bytes = 1;
            while (bytes < 5 && at + bytes < data.length && data[at + bytes - 1] < 0) {
                bytes++;
            }
            boolean ended = data[at + bytes - 1] >= 0;
            if (bytes == 5 && (!ended || data[at + 4] > 7)) {
                outcome.add(error(BadLengthException.class, at));
                return outcome;
            }
            if (!ended) {
                break;
            }
            long size = 0;
            for (int i = bytes - 1; i >= 0; i--) {
                size = (size << 7) | (data[at + i] & 0x7F);
            }
            if (size > MAX_BYTES) {
                outcome.add(error(FrameTooLongException.class, at));
                return outcome;
            }
            if (data.length - at - bytes < size) {
                break;
            }
            outcome.add(Segments.list(Arrays.copyOfRange(data, at + bytes, at + bytes + (int) size)));
            at += bytes + (int) size;
        }
        endOf(data, at, outcome);
        return outcome;
    }
}
