package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// The root of what this library throws on its own account; unchecked.
public class RouseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// The cause may be set later.
    RouseException(String message) {
        super(message);
    }

    protected RouseException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
