package dev.rouse.examples.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Cuts a byte stream into lines, however the segments fall. Keeps at most one line: its connection's function only.
///
/// CR, LF and CR LF each end a line; empty lines and NUL bytes are skipped, so that none of the three can ever get into
/// a line. Input past the line limit is thrown away up to the line's end and reported, so that an endless line is both
/// answered and paid for.
final class LineDecoder {
    /// What came out of the stream.
    sealed interface Input {
        /// A line as wire text, without its end.
        record Line(String text) implements Input {}

        /// A line passed the limit; the rest of it is being thrown away.
        record TooLong() implements Input {}

        /// Another line's worth of the line that is too long was thrown away.
        record StillTooLong() implements Input {}
    }

    private static final byte[] NOTHING = {};

    private byte[] partial = NOTHING;
    private int length;
    private boolean discarding;

    /// The next input in `segment`, or null when more bytes are needed; the segment is then used up.
    @Nullable
    Input next(ByteBuffer segment) {
        while (segment.hasRemaining()) {
            byte b = segment.get();
            if (b == '\n' || b == '\r') {
                if (discarding) {
                    discarding = false;
                    length = 0;
                } else if (length > 0) {
                    return new Input.Line(take(segment.hasRemaining()));
                }
            } else if (length == Packet.CONTENT_BYTES) {
                length = 0;
                if (discarding) {
                    return new Input.StillTooLong();
                }
                discarding = true;
                return new Input.TooLong();
            } else if (discarding) {
                length++;
            } else if (b != 0) {
                append(b, segment.remaining());
            }
        }
        return null;
    }

    /// The line, of which nothing is kept; the array is let go with the segment, as an idle connection should hold
    /// none.
    private String take(boolean more) {
        String line = new String(partial, 0, length, ISO_8859_1);
        length = 0;
        if (!more) {
            partial = NOTHING;
        }
        return line;
    }

    private void append(byte b, int more) {
        if (length == partial.length) {
            int wanted = Math.max(length * 2, length + 1 + Math.min(more, Packet.CONTENT_BYTES));
            partial = Arrays.copyOf(partial, Math.min(wanted, Packet.CONTENT_BYTES));
        }
        partial[length++] = b;
    }
}
