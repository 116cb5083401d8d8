package dev.rouse.actor;

import java.time.Duration;

/// No reply came within the deadline of an ask.
public final class AskTimeoutException extends RouseException {
    private static final long serialVersionUID = 1L;

    AskTimeoutException(String target, String message, Duration after, int depth, int limit) {
        super(
                "ask timed out: target=" + target + ", message="
                        + message + ", after=" + after.toMillis()
                        + "ms; the actor did not reply or its mailbox is backed up (depth=" + depth + ", limit=" + limit
                        + ")",
                null);
    }
}
