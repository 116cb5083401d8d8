package dev.rouse.actor;

/// Where a failure was awaited: added to it as a suppressed exception, so that its trace shows the callee's stack and
/// then the caller's.
final class AwaitedAt extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// A failure that is awaited by many keeps the first places only.
    private static final int MOST = 8;

    private AwaitedAt(String path) {
        super("awaited by " + path);
    }

    static void mark(Throwable failure, String path) {
        if (failure.getSuppressed().length < MOST) {
            failure.addSuppressed(new AwaitedAt(path));
        }
    }
}
