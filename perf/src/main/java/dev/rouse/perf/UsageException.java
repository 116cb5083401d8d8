package dev.rouse.perf;

/// A request that cannot be carried out as it was typed; its message is all that the user needs to see.
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }
}
