package dev.rouse.io;

/// A frame that is longer than its maximum: one that the peer sends, as soon as that is certain, or one to be written,
/// of which nothing has gone out then.
public final class FrameTooLongException extends FrameException {

    private static final long serialVersionUID = 1;

    private static final String REMEDY =
            "the sender must send less at a time, or the limit is too low for the protocol";

    private final long limit;

    /// For a frame whose size is known, without header and delimiter.
    public FrameTooLongException(long size, long limit) {
        super("frame too long: size=" + size + ", limit=" + limit, REMEDY);
        this.limit = limit;
    }

    private FrameTooLongException(String size, long limit) {
        super("frame too long: " + size + ", limit=" + limit, REMEDY);
        this.limit = limit;
    }

    /// For a frame that has no end within the limit.
    public static FrameTooLongException without(String end, long limit) {
        return new FrameTooLongException("no " + end + " within the limit, size=" + (limit + 1) + " or more", limit);
    }

    /// For a frame whose encoder finds no room for it within the limit.
    static FrameTooLongException unwritten(long limit) {
        return new FrameTooLongException("to be written, size=" + (limit + 1) + " or more", limit);
    }

    /// The most bytes that were allowed.
    public long limit() {
        return limit;
    }
}
