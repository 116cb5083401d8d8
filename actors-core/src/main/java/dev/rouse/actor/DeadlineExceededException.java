package dev.rouse.actor;

import java.time.Duration;

/// What a [Rouse#withTimeout] encloses has not ended in time. The cause, if it has one, is what a JDK call has thrown
/// that was interrupted for that.
public final class DeadlineExceededException extends RouseException {
    private static final long serialVersionUID = 1L;

    DeadlineExceededException(String path, Duration timeout, String awaited, String spent) {
        super("deadline exceeded: function=" + path + ", timeout=" + timeout.toMillis() + "ms, waited for=" + awaited
                + "; " + spent);
    }
}
