package dev.rouse.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Changes a bit of what is written, once it was told to.
final class FlippingStream extends WrappedStream {
    private boolean flipping;

    FlippingStream(ByteStream wrapped) {
        super(wrapped);
    }

    void flipLastBit() {
        flipping = true;
    }

    @Override
    public void write(ByteBuffer src) throws IOException {
        if (flipping) {
            int last = src.limit() - 1;
            src.put(last, (byte) (src.get(last) ^ 1));
            flipping = false;
        }
        super.write(src);
    }
}
