package dev.rouse.io;

import java.io.IOException;

/// A frame that is none. Its text says where in the stream it began.
///
/// Thrown by a [Decoder], which knows what is wrong, and completed by who reads the stream, who knows the place. After
/// one, nothing more is read from the stream, since nobody can tell where the next frame begins.
public abstract sealed class FrameException extends IOException
        permits FrameTooLongException, BadLengthException, TruncatedFrameException, MalformedFrameException {

    private static final long serialVersionUID = 1;

    /// Of a frame that was not read from a stream.
    private static final long NOWHERE = -1;

    private final String remedy;
    private long position = NOWHERE;

    FrameException(String what, String remedy) {
        super(what);
        this.remedy = remedy;
    }

    /// How many bytes of the stream were before the frame; -1 if it was to be written.
    public final long position() {
        return position;
    }

    /// Says where the frame began, once.
    final void beganAt(long bytes) {
        if (position == NOWHERE) {
            position = bytes;
        }
    }

    @Override
    public final String getMessage() {
        return super.getMessage() + (position == NOWHERE ? "" : ", position=" + position) + "; " + remedy;
    }
}
