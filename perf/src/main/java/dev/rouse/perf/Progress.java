package dev.rouse.perf;

/// Tells a waiting person how far a run is.
interface Progress extends AutoCloseable {
    /// What is being done now.
    void phase(String text);

    /// A result is in: its line goes to the standard output.
    void result(Result result);

    @Override
    void close();
}
