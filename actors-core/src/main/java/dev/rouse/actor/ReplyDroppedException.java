package dev.rouse.actor;

/// A reply can no longer come, since nobody holds the [ReplyTo] any more.
public final class ReplyDroppedException extends RouseException {
    private static final long serialVersionUID = 1L;

    ReplyDroppedException(String target, String message) {
        super(
                "no reply can come: target=" + target + ", message=" + message
                        + ", the ReplyTo was dropped unanswered; answer on every path, if only with fail(cause)",
                null);
    }
}
