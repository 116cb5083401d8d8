package dev.rouse.actor;

/// The actor system is closed, or was closed before this could end.
public final class SystemClosedException extends RouseException {
    private static final long serialVersionUID = 1L;

    SystemClosedException(String system) {
        super("actor system is closed: system=" + system + "; start nothing on it after close()", null);
    }
}
