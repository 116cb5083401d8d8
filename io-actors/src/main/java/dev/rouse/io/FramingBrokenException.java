package dev.rouse.io;

import java.io.IOException;

/// A framed stream was used after what has made it useless: its cause. The only thing to be done is to close it.
public final class FramingBrokenException extends IOException {

    private static final long serialVersionUID = 1;

    FramingBrokenException(String verb, Throwable cause) {
        super(
                "cannot " + verb + " any more: framed stream, cause="
                        + cause.getClass().getSimpleName() + "; the place of the next frame is not known, close it",
                cause);
    }
}
