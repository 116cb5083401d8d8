package dev.rouse.actor;

/// A verb that needs a function or an actor around it was called from a thread that runs neither.
public final class OutsideFunctionException extends RouseException {
    private static final long serialVersionUID = 1L;

    OutsideFunctionException(String verb) {
        super(
                verb + " was called outside a function: thread="
                        + Thread.currentThread().getName()
                        + "; call it inside system.spawn(() -> ...), or use task.join() where a plain thread must wait",
                null);
    }
}
