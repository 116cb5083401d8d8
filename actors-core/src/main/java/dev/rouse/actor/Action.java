package dev.rouse.actor;

/// The body of a function without a result.
@FunctionalInterface
public interface Action {
    /// Runs the function.
    ///
    /// @throws Exception with which the function fails
    void run() throws Exception;
}
