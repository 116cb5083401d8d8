package dev.rouse.perf;

import java.io.PrintWriter;

/// Only the results: for output that no person is watching.
final class PlainProgress implements Progress {
    private final PrintWriter out;

    PlainProgress(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void phase(String text) {
        // Nobody is watching: a log of phases would only bury the results.
    }

    @Override
    public void result(Result result) {
        out.println(result.line());
        out.flush();
    }

    @Override
    public void close() {
        out.flush();
    }
}
