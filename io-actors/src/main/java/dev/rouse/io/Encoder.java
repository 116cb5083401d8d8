package dev.rouse.io;

import java.nio.ByteBuffer;

/// Puts frames into the bytes of a stream: the counterpart of a [Decoder]. One without fields serves all streams.
///
/// A length, then as many bytes:
///
/// ```java
/// public void encode(Note note, ByteBuffer output) {
///     output.putShort((short) note.text().length).put(note.text());
/// }
/// ```
public interface Encoder<T> {

    /// The most bytes that one frame may come to, with all that belongs to it. It does not change.
    int maxFrameBytes();

    /// Puts one frame, whole, at the position of the output, which is in big-endian order.
    ///
    /// When there is not enough room, let the [java.nio.BufferOverflowException] pass: it is called again with
    /// more. So it must leave the frame as it was, such as the position of a buffer, and must not wait.
    ///
    /// @throws FrameTooLongException if it can tell that the frame is longer than the maximum; what takes more than
    ///     [#maxFrameBytes] is refused in any case
    void encode(T frame, ByteBuffer output) throws FrameTooLongException;
}
