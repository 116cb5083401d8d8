package dev.rouse.testkit;

/// Nothing in a simulation can go on, and time would not change that: what the test waits for never comes. The message
/// shows what each function waits for.
public final class StuckException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StuckException(String message) {
        super(message);
    }
}
