package dev.rouse.perf;

/// A bench's work, done so many times over.
@FunctionalInterface
interface Batch {
    /// Does the work `rounds` times and returns the nanoseconds that it took, set-up excluded. Checks that all of
    /// it was done: that is also what keeps the compiler from removing it.
    long run(int rounds) throws Exception;
}
