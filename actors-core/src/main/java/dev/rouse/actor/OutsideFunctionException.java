package dev.rouse.actor;

/// A verb that needs a function or an actor around it was called from a thread that runs neither.
public final class OutsideFunctionException extends ViolationException {
    private static final long serialVersionUID = 1L;

    OutsideFunctionException(String verb) {
        super(
                Violation.OUTSIDE_FUNCTION,
                verb + " was called outside a function: thread="
                        + Thread.currentThread().getName());
    }
}
