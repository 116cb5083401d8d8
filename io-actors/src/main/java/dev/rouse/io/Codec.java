package dev.rouse.io;

import java.nio.ByteBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One way to cut bytes into frames, in both directions. See [Frames] for those that are there.
public interface Codec<T> extends Decoder<T>, Encoder<T> {

    /// The same frames as values of another type. Both functions must own what they return: see [Decoder].
    ///
    /// An exception of `reading` ends the reading of its stream, and one of `writing` is thrown to who writes.
    default <R> Codec<R> map(Function<? super T, ? extends R> reading, Function<? super R, ? extends T> writing) {
        Codec<T> frames = this;
        return new Codec<>() {
            @Override
            public int maxFrameBytes() {
                return frames.maxFrameBytes();
            }

            @Override
            public @Nullable R decode(ByteBuffer input, int seen) throws FrameException {
                return mapped(frames.decode(input, seen));
            }

            @Override
            public @Nullable R decodeEnd(ByteBuffer rest) throws FrameException {
                return mapped(frames.decodeEnd(rest));
            }

            private @Nullable R mapped(@Nullable T frame) {
                return frame == null ? null : reading.apply(frame);
            }

            @Override
            public void encode(R frame, ByteBuffer output) throws FrameTooLongException {
                frames.encode(writing.apply(frame), output);
            }
        };
    }
}
