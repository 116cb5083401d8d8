package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.Conductor;

/// The only place where the runtime reads the time. Safe for use by any thread.
@FunctionalInterface
public interface Clock {

    /// Nanoseconds since an arbitrary origin; never runs backwards. Meaningful only as a difference.
    long nanoTime();

    /// The monotonic clock of the JVM; for code in a simulation the clock of that.
    static Clock system() {
        Conductor conductor = Conductor.current();
        return conductor == null ? System::nanoTime : conductor::nanoTime;
    }
}
