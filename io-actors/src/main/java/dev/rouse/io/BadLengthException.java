package dev.rouse.io;

/// A length in front of a frame that no frame can have: negative, less than what it counts, or of too many bits.
public final class BadLengthException extends FrameException {

    private static final long serialVersionUID = 1;

    private final long length;

    /// @param length what the peer has sent
    /// @param limit the most bytes that a frame may have
    /// @param reason why it is bad, in a few words
    public BadLengthException(long length, long limit, String reason) {
        super(
                "bad length: length=" + length + ", limit=" + limit + ", cause=" + reason,
                "the peer speaks another protocol, or lengths of another kind");
        this.length = length;
    }

    /// What the peer has sent.
    public long length() {
        return length;
    }
}
