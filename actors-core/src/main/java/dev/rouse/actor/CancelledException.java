package dev.rouse.actor;

/// Thrown at a suspension point of a function that was cancelled or an actor that was stopped: let it unwind. It is
/// thrown once; what follows in the same function is cleanup, and has [Limits#cancelGrace] for its own waits.
///
/// To who awaits a cancelled task it is the outcome. The cause, if it has one, is what a JDK call has thrown that was
/// interrupted for the cancellation.
public final class CancelledException extends RouseException {
    private static final long serialVersionUID = 1L;

    CancelledException(String message) {
        super(message);
    }
}
