package dev.rouse.io;

import dev.rouse.actor.Limits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Reads frames from segments as a stream would lend them: each is lent in one and the same direct buffer, which is
/// overwritten as soon as its loan is over.
final class Segments<T> {

    private static final byte OVERWRITTEN = 0x55;

    private final Decoder<T> decoder;
    private final FrameReader<T> reader;
    private final List<Object> outcome = new ArrayList<>();
    private final ConnectionBytes account = unlimited();
    private int mostHeld;
    private int shared;

    private Segments(Decoder<T> decoder) {
        this.decoder = decoder;
        this.reader = new FrameReader<>(decoder, account);
    }

    static ConnectionBytes unlimited() {
        Limits limits = Limits.defaults().withBufferedBytesPerConnection(Integer.MAX_VALUE);
        return new BufferedBytes(limits, (_, _, _) -> {}, _ -> {}).open("test", "test");
    }

    /// The frames, lent ones as lists of bytes, and last the exception, if there was one.
    static <T> List<Object> read(Decoder<T> decoder, byte[]... segments) {
        return readAll(decoder, segments).outcome;
    }

    static <T> Segments<T> readAll(Decoder<T> decoder, byte[]... segments) {
        Segments<T> all = new Segments<>(decoder);
        all.readAll(segments);
        return all;
    }

    private void readAll(byte[]... segments) {
        int longest = Arrays.stream(segments).mapToInt(s -> s.length).max().orElse(0);
        ByteBuffer lent = ByteBuffer.allocateDirect(Math.max(1, longest));
        try {
            for (byte[] segment : segments) {
                if (segment.length == 0) {
                    continue;
                }
                lent.clear().put(segment).flip();
                reader.feed(lent);
                takeAll(lent);
                reader.hold();
                measure();
                overwrite(lent);
            }
            T last = reader.end();
            if (last != null) {
                outcome.add(value(last));
            }
            reader.hold();
        } catch (IOException e) {
            outcome.add(e);
        }
        if (account.held() != 0) {
            throw new AssertionError("not given back: bytes=" + account.held());
        }
        if (mostHeld > decoder.maxFrameBytes()) {
            throw new AssertionError(
                    "held more than the maximum: bytes=" + mostHeld + ", limit=" + decoder.maxFrameBytes());
        }
    }

    private void takeAll(ByteBuffer lent) throws IOException {
        for (T frame = reader.next(); frame != null; frame = reader.next()) {
            measure();
            if (frame instanceof ByteBuffer bytes && bytes.isDirect() && lent.isDirect()) {
                shared++;
            }
            outcome.add(value(frame));
        }
    }

    private void measure() {
        mostHeld = Math.max(mostHeld, account.held());
    }

    private static void overwrite(ByteBuffer lent) {
        lent.clear();
        while (lent.hasRemaining()) {
            lent.put(OVERWRITTEN);
        }
    }

    static Object value(Object frame) {
        return frame instanceof ByteBuffer bytes ? list(Frames.copy(bytes)) : frame;
    }

    static List<Byte> list(byte[] bytes) {
        List<Byte> list = new ArrayList<>(bytes.length);
        for (byte b : bytes) {
            list.add(b);
        }
        return list;
    }

    List<Object> outcome() {
        return outcome;
    }

    /// The exception that ended it, or null.
    @Nullable
    FrameException failure() {
        return !outcome.isEmpty() && outcome.getLast() instanceof FrameException e ? e : null;
    }

    /// The most memory that was held at any time for frames that were not whole.
    int mostHeld() {
        return mostHeld;
    }

    /// How many frames were slices of their segment and no copies.
    int shared() {
        return shared;
    }

    static byte[][] oneByOne(byte[] bytes) {
        byte[][] segments = new byte[bytes.length][];
        for (int i = 0; i < bytes.length; i++) {
            segments[i] = new byte[] {bytes[i]};
        }
        return segments;
    }

    static byte[][] cut(byte[] bytes, Random random, int longest) {
        List<byte[]> segments = new ArrayList<>();
        for (int at = 0; at < bytes.length; ) {
            int end = Math.min(bytes.length, at + 1 + random.nextInt(longest));
            segments.add(Arrays.copyOfRange(bytes, at, end));
            at = end;
        }
        return segments.toArray(byte[][]::new);
    }
}
