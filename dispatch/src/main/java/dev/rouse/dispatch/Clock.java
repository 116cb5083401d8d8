package dev.rouse.dispatch;

/// The only place where the runtime reads the time. Safe for use by any thread.
@FunctionalInterface
public interface Clock {

    /// Nanoseconds since an arbitrary origin; never runs backwards. Meaningful only as a difference.
    long nanoTime();

    /// The monotonic clock of the JVM.
    static Clock system() {
        return System::nanoTime;
    }
}
