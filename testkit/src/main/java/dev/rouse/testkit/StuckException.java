package dev.rouse.testkit;

/// What the test waits for in a simulation never comes: nothing can go on, and time would not change that, or all goes
/// on and on without ending the wait. The message shows which, and what each function waits for.
public final class StuckException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StuckException(String message) {
        super(message);
    }
}
