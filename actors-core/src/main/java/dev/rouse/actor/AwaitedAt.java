package dev.rouse.actor;

/// Where a failure was awaited: added to it as a suppressed exception, so that its trace shows the callee's stack and
/// then the caller's, then that of the caller's caller, and so on.
final class AwaitedAt extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// A failure that is awaited by many keeps the first places only.
    private static final int MOST = 8;

    private AwaitedAt(String path) {
        super("awaited by " + path);
    }

    static void mark(Throwable failure, String path) {
        int marks = 0;
        for (Throwable suppressed : failure.getSuppressed()) {
            if (suppressed instanceof AwaitedAt) {
                marks++;
            }
        }
        if (marks < MOST) {
            failure.addSuppressed(new AwaitedAt(path));
        }
    }

    @Override
    @SuppressWarnings("OverrideThrowableToString") // a trace is to read on without the name of a class
    public String toString() {
        return String.valueOf(getMessage());
    }
}
