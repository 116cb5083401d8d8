package dev.rouse.actor;

/// Carries the checked exception with which a function ended to who awaits it; the cause is never null.
public final class TaskFailedException extends RouseException {
    private static final long serialVersionUID = 1L;

    TaskFailedException(String path, Throwable cause) {
        super("function failed: function=" + path + ", cause=" + cause, cause);
    }
}
