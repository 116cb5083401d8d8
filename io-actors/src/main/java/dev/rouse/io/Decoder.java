package dev.rouse.io;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Finds frames in the bytes of a stream: what a protocol has to say about where a frame ends and what it means.
///
/// It is given what has come and answers with a frame, or that it needs more. It waits for nothing, calls nobody and
/// keeps nothing: one that has no fields serves all streams of all shards. One that does have state needs an instance
/// for each stream.
///
/// A length, then as many bytes:
///
/// ```java
/// public @Nullable Note decode(ByteBuffer input, int seen) throws FrameException {
///     if (input.remaining() < 2) {
///         return null;
///     }
///     int length = input.getShort(input.position()) & 0xFFFF;
///     if (length > MAX_BYTES) {
///         throw new FrameTooLongException(length, MAX_BYTES);
///     }
///     if (input.remaining() < 2 + length) {
///         return null;
///     }
///     input.position(input.position() + 2);
///     byte[] text = new byte[length];
///     input.get(text);
///     return new Note(text);
/// }
/// ```
///
/// # Who owns a frame
/// A frame that **is** a [ByteBuffer] may be a slice of the input, and so is lent: it ends when the next frame is read.
/// Every other frame must own its bytes, also those within: no slice of the input may be kept in a record.
public interface Decoder<T> {

    /// The most bytes of input that one frame takes, with all that belongs to it: header, delimiter. As much is
    /// held of an incomplete frame and no more. It does not change.
    int maxFrameBytes();

    /// Takes the next frame from the input, or says that there is not all of it yet.
    ///
    /// The input holds, from its position to its limit, all bytes that no frame has taken, in big-endian order. To
    /// return a frame, take its bytes by moving the position past them. To need more, return null; bytes that were
    /// taken before are not shown again, the others are, with what has come behind them. The limit must not change.
    ///
    /// @param input at least one byte
    /// @param seen how many of the first bytes were there at the call before this one, which has returned null:
    ///     what was looked for in them and not found need not be looked for again; 0 for the first call for a
    ///     frame. Who searches its input must use it, or a frame that comes byte by byte costs the square of its
    ///     size
    /// @return null only if more bytes can complete a frame
    /// @throws FrameException if no bytes that could follow make a frame of what is there; nothing is read from the
    ///     stream afterwards
    @Nullable
    T decode(ByteBuffer input, int seen) throws FrameException;

    /// Says what the bytes are worth that were left when the stream ended. Called once, also if there are none.
    ///
    /// @return a last frame, or null
    /// @throws TruncatedFrameException if they are no frame; any byte that remains is taken for that
    default @Nullable T decodeEnd(ByteBuffer rest) throws FrameException {
        if (rest.hasRemaining()) {
            throw new TruncatedFrameException(rest.remaining());
        }
        return null;
    }
}
