package dev.rouse.io;

import java.nio.ByteBuffer;

/// The usual ways to cut a stream of bytes into frames. Each has a maximum, which has no default: it is what a peer can
/// make this end hold.
///
/// A frame that is a [ByteBuffer] is lent, from its position to its limit: see [Framed#read]. All are immutable and
/// have no state, so that one serves all streams.
///
/// | frames | read as | errors of the peer |
/// |---|---|---|
/// | [#lines], [#crLfLines] | text without its end | too long; not UTF-8, if strict |
/// | [#delimited] | the bytes between delimiters | too long |
/// | [#lengthPrefixed] | the bytes that the length counts | too long; a bad length |
/// | [#fixed] | so many bytes | |
/// | [#unframed] | what has come | |
///
/// A stream that ends inside a frame is an error in each, but for `unframed`.
public final class Frames {

    /// The largest maximum, 1 GiB: arithmetic on sizes stays within an `int`, and nobody wants a larger one.
    public static final int MAX_BYTES = 1 << 30;

    /// The longest delimiter: searching costs up to its length for each byte.
    static final int MAX_DELIMITER_BYTES = 255;

    private Frames() {}

    /// Lines of text, written with LF. See [#crLfLines] for how they are read: either end is.
    ///
    /// A line that ends with CR is written with CR LF, or its reader would take that CR for a part of the end:
    /// every line that was read can be written and is read as it was, unless what was replaced in it has made it
    /// too long.
    ///
    /// @param maxBytes of a line in UTF-8, its end not counted
    /// @throws IllegalArgumentException if the maximum is below 1 or above [#MAX_BYTES]
    public static Codec<String> lines(int maxBytes, Utf8 utf8) {
        return new LineCodec(requireMaximum(maxBytes), utf8, "\n");
    }

    /// Lines of text, written with CR LF and read with LF or CR LF. A CR without an LF is part of its line. A line
    /// with an LF in it is not written, since it would be two: that is an [IllegalArgumentException].
    ///
    /// @param maxBytes of a line in UTF-8, its end not counted
    /// @throws IllegalArgumentException if the maximum is below 1 or above [#MAX_BYTES]
    public static Codec<String> crLfLines(int maxBytes, Utf8 utf8) {
        return new LineCodec(requireMaximum(maxBytes), utf8, "\r\n");
    }

    /// Any bytes, each frame ended by a delimiter, which is not part of it. A frame to be written that has the
    /// delimiter in it, or would make one together with it, is an [IllegalArgumentException].
    ///
    /// @param delimiter 1 to 255 bytes
    /// @param maxBytes of a frame, the delimiter not counted
    /// @throws IllegalArgumentException if the delimiter is empty or too long, the maximum below 1 or above
    ///     [#MAX_BYTES]
    public static Codec<ByteBuffer> delimited(byte[] delimiter, int maxBytes) {
        if (delimiter.length == 0 || delimiter.length > MAX_DELIMITER_BYTES) {
            throw new IllegalArgumentException(
                    "delimiter out of range: bytes=" + delimiter.length + ", least=1, most=" + MAX_DELIMITER_BYTES);
        }
        return new DelimiterCodec(delimiter.clone(), requireMaximum(maxBytes));
    }

    /// Any bytes, with their number in front.
    ///
    /// @param maxBytes of a frame, the length not counted
    /// @throws IllegalArgumentException if the field cannot say the maximum, or that is below 1 or above
    ///     [#MAX_BYTES]
    public static Codec<ByteBuffer> lengthPrefixed(LengthField field, int maxBytes) {
        field.requireSays(requireMaximum(maxBytes));
        return new LengthCodec(field, maxBytes);
    }

    /// Frames of one size. One of another size that is to be written is an [IllegalArgumentException].
    ///
    /// @throws IllegalArgumentException if the size is below 1 or above [#MAX_BYTES]
    public static Codec<ByteBuffer> fixed(int bytes) {
        return new FixedCodec(requireMaximum(bytes));
    }

    /// No frames: what has come is handed on as it came, in pieces of at most the maximum, and what is written goes
    /// out as it is.
    ///
    /// @throws IllegalArgumentException if the maximum is below 1 or above [#MAX_BYTES]
    public static Codec<ByteBuffer> unframed(int maxBytes) {
        return new UnframedCodec(requireMaximum(maxBytes));
    }

    /// The same frames as arrays, which are the reader's own: a copy of each.
    public static Codec<byte[]> copied(Codec<ByteBuffer> frames) {
        return frames.map(Frames::copy, ByteBuffer::wrap);
    }

    static byte[] copy(ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining()];
        frame.get(frame.position(), bytes);
        return bytes;
    }

    private static int requireMaximum(int bytes) {
        if (bytes < 1 || bytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "maximum frame size out of range: bytes=" + bytes + ", least=1, most=" + MAX_BYTES);
        }
        return bytes;
    }
}
