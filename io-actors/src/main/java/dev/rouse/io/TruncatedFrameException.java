package dev.rouse.io;

/// The stream has ended inside a frame.
public final class TruncatedFrameException extends FrameException {

    private static final long serialVersionUID = 1;

    private final int size;

    /// @param size how many bytes of the frame have come
    public TruncatedFrameException(int size) {
        super("stream ended inside a frame: size=" + size, "the peer has gone before it had sent the rest");
        this.size = size;
    }

    /// How many bytes of the frame have come.
    public int size() {
        return size;
    }
}
