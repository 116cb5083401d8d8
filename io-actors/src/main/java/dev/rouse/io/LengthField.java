package dev.rouse.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// How the length in front of a frame is written. Immutable.
///
/// Lengths of 1 and 2 bytes have no sign. One of 4 or 8 bytes has, and a negative one is an error.
public final class LengthField {

    /// Bits of a varint of 5 bytes that a length may have: it is an `int`.
    private static final int VARINT_BYTES = 5;

    private static final int VARINT_LAST_BITS = 0x07;

    /// What [#payload] answers while there is not all of the field.
    static final long INCOMPLETE = Long.MIN_VALUE;

    private enum Counting {
        PAYLOAD,
        PAYLOAD_AND_FIELD
    }

    /// 0 for a varint.
    private final int bytes;

    private final ByteOrder order;
    private final Counting counting;

    private LengthField(int bytes, ByteOrder order, Counting counting) {
        this.bytes = bytes;
        this.order = order;
        this.counting = counting;
    }

    /// A length of 1, 2, 4 or 8 bytes, in network byte order, that counts what follows it.
    ///
    /// @throws IllegalArgumentException for another number
    public static LengthField ofBytes(int bytes) {
        if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) {
            throw new IllegalArgumentException("no length field has so many bytes: bytes=" + bytes
                    + ", allowed=1, 2, 4, 8; write a Decoder of your own for others");
        }
        return new LengthField(bytes, ByteOrder.BIG_ENDIAN, Counting.PAYLOAD);
    }

    /// A length of 1 to 5 bytes with 7 bits each, the lowest first, that counts what follows it.
    public static LengthField varint() {
        return new LengthField(0, ByteOrder.LITTLE_ENDIAN, Counting.PAYLOAD);
    }

    /// The same with the lowest byte first.
    public LengthField littleEndian() {
        return new LengthField(bytes, ByteOrder.LITTLE_ENDIAN, counting);
    }

    /// The same, and the length counts the bytes of the field itself, too.
    ///
    /// @throws IllegalArgumentException for a varint
    public LengthField countingItself() {
        if (isVarint()) {
            throw new IllegalArgumentException(
                    "a varint cannot count itself: its size depends on its value; use LengthField.ofBytes");
        }
        return new LengthField(bytes, order, Counting.PAYLOAD_AND_FIELD);
    }

    private boolean isVarint() {
        return bytes == 0;
    }

    /// The most bytes that the field takes.
    int maxBytes() {
        return isVarint() ? VARINT_BYTES : bytes;
    }

    private int counted() {
        return counting == Counting.PAYLOAD ? 0 : bytes;
    }

    /// @throws IllegalArgumentException if it cannot say `payload`
    void requireSays(int payload) {
        int most = bytes == 1 ? 0xFF : bytes == 2 ? 0xFFFF : Integer.MAX_VALUE;
        if (payload > most - counted()) {
            throw new IllegalArgumentException("length field too small for the limit: bytes=" + bytes + ", limit="
                    + payload + ", most=" + (most - counted()) + "; lower the limit or use more bytes");
        }
    }

    /// The length of the payload, at the input's position, which is then moved past the field if there is all of
    /// it.
    ///
    /// @return [#INCOMPLETE] if not
    long payload(ByteBuffer input, int limit) throws FrameException {
        return isVarint() ? varint(input, limit) : fixed(input, limit);
    }

    private long fixed(ByteBuffer input, int limit) throws FrameException {
        if (input.remaining() < bytes) {
            return INCOMPLETE;
        }
        long said = said(input.order(order));
        if (said < 0) {
            throw new BadLengthException(said, limit, "negative");
        }
        if (said < counted()) {
            throw new BadLengthException(said, limit, "less than the " + bytes + " bytes of the length itself");
        }
        return said - counted();
    }

    private long said(ByteBuffer input) {
        return switch (bytes) {
            case 1 -> input.get() & 0xFF;
            case 2 -> input.getShort() & 0xFFFF;
            case 4 -> input.getInt();
            default -> input.getLong();
        };
    }

    private static long varint(ByteBuffer input, int limit) throws FrameException {
        int start = input.position();
        long value = 0;
        for (int i = 0; i < VARINT_BYTES; i++) {
            if (i == input.limit() - start) {
                return INCOMPLETE;
            }
            byte next = input.get(start + i);
            value |= (next & 0x7FL) << (7 * i);
            if (next >= 0 && (i < VARINT_BYTES - 1 || next <= VARINT_LAST_BITS)) {
                input.position(start + i + 1);
                return value;
            }
        }
        throw new BadLengthException(value, limit, "a varint of more than 31 bits");
    }

    /// Puts the length of a payload.
    void put(ByteBuffer output, int payload) {
        if (isVarint()) {
            putVarint(output, payload);
            return;
        }
        output.order(order);
        long says = (long) payload + counted();
        switch (bytes) {
            case 1 -> output.put((byte) says);
            case 2 -> output.putShort((short) says);
            case 4 -> output.putInt((int) says);
            default -> output.putLong(says);
        }
    }

    private static void putVarint(ByteBuffer output, int payload) {
        int rest = payload;
        while (rest > 0x7F) {
            output.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        output.put((byte) rest);
    }
}
