package dev.rouse.actor;

/// The failures that come after a first one, and travel with it as its suppressed exceptions.
final class FurtherFailures {
    /// More than these are counted only. A guess: more is hard to read.
    static final int MOST = 16;

    private final Throwable first;
    private int added;
    private int leftOut;

    FurtherFailures(Throwable first) {
        this.first = first;
    }

    /// Adds the failure of something that has ended, which has then been seen. One that was but cancelled has none,
    /// and a first failure that takes no suppressed exceptions leaves it to be reported.
    void add(Outcome<?> ended) {
        Throwable further = ended.failure();
        if (further == null || isMereCancellation(further)) {
            return;
        }
        if (isFirst(further)) {
            ended.observed();
        } else if (added >= MOST) {
            leftOut++;
            ended.observed();
        } else {
            int before = first.getSuppressed().length;
            first.addSuppressed(further);
            if (first.getSuppressed().length > before) {
                added++;
                ended.observed();
            }
        }
    }

    /// Adds one failure to a first one, unless it is but a cancellation or says nothing new: that of an await, for
    /// example, which the first has caused.
    static void add(Throwable first, Throwable further) {
        if (!isMereCancellation(further) && !isCausedBy(further, first)) {
            first.addSuppressed(further);
        }
    }

    @SuppressWarnings("ReferenceEquality") // an exception is itself only
    private static boolean isCausedBy(Throwable failure, Throwable cause) {
        Throwable each = failure;
        for (int depth = 0; each != null && depth < MOST; depth++) { // causes may form a ring
            if (each == cause) {
                return true;
            }
            each = each.getCause();
        }
        return false;
    }

    /// To be called once, after the last.
    void close() {
        if (leftOut > 0) {
            first.addSuppressed(new LeftOut(leftOut));
        }
    }

    /// One exception may have failed several functions.
    @SuppressWarnings("ReferenceEquality") // an exception is itself only
    private boolean isFirst(Throwable further) {
        return further == first;
    }

    /// Whether all that there is to know is that something was cancelled: a cleanup that failed is suppressed in
    /// it, or in the interrupt that has caused it.
    static boolean isMereCancellation(Throwable failure) {
        if (!(failure instanceof CancelledException)) {
            return false;
        }
        Throwable interrupt = failure.getCause();
        if (interrupt != null && interrupt.getSuppressed().length > 0) {
            return false;
        }
        for (Throwable suppressed : failure.getSuppressed()) {
            if (!(suppressed instanceof AwaitedAt)) {
                return false;
            }
        }
        return true;
    }

    private static final class LeftOut extends RuntimeException {
        private static final long serialVersionUID = 1L;

        LeftOut(int count) {
            super("further failures left out: count=" + count, null, false, false);
        }
    }
}
