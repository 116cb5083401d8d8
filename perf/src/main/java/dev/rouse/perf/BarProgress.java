package dev.rouse.perf;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// A bar on the standard error, results above it.
final class BarProgress implements Progress {
    /// Fits the usual terminal without asking for its size, which would need native access.
    private static final int WIDTH = 79;

    private static final int REDRAW_MILLIS = 250;
    private static final String CLEAR_LINE = "\r\u001b[K";
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    private final PrintWriter out;
    private final PrintStream err;
    private final ProgressBar bar;

    BarProgress(PrintWriter out, PrintStream err, int benches) {
        this.out = out;
        this.err = err;
        this.bar = new ProgressBarBuilder()
                .setTaskName("perf")
                .setInitialMax(benches)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(err, WIDTH))
                .hideEta()
                .build();
    }

    /// Whether a person sees the standard error. Where the system does not say, a terminal for input and output is
    /// taken to be one for errors as well.
    static boolean isWatched() {
        try {
            String target = Files.readSymbolicLink(STANDARD_ERROR).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException _) {
            return Optional.ofNullable(System.console())
                    .map(Console::isTerminal)
                    .orElse(false);
        }
    }

    @Override
    public void phase(String text) {
        bar.setExtraMessage(" " + text);
    }

    @Override
    public void result(Result result) {
        bar.pause();
        err.print(CLEAR_LINE);
        err.flush();
        out.println(result.line());
        out.flush();
        if (result.peer().equals(Result.ROUSE)) {
            bar.step();
        }
        bar.resume();
    }

    @Override
    public void close() {
        bar.close();
    }
}
