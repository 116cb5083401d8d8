package dev.rouse.testkit;

import dev.rouse.actor.Violation;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.ResourceBundle;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What the runtime has logged in a test: each warning and error of it is expected or allowed, or fails the test.
///
/// ```java
/// simulation.logs().expect(Level.ERROR, "an actor failed and was stopped: actor=/bank");
/// ```
///
/// They are looked at when the test is over, so it may say what it expects before or after it comes. They go nowhere
/// else, whatever logs in this JVM: a run that fails shows those that nobody expected.
///
/// It is the runtime's own log (`dev.rouse.…`) of the systems that belong to the test; what user code logs is not in
/// it, nor what the one thread of the JVM says that looks for dropped handles. Any thread.
public final class LogExpectations {
    /// Entries that nobody has expected yet; of more it is only known how many. A guess.
    private static final int CAPACITY = 1_000;

    private final List<Pattern> patterns = new ArrayList<>();
    private final List<Entry> unexpected = new ArrayList<>();
    private int leftOut;

    LogExpectations() {}

    private record Entry(
            Level level,
            String logger,
            String message,
            @Nullable Throwable failure) {
        @Override
        public String toString() {
            return level + " " + logger + ": " + message + (failure == null ? "" : ": " + failure);
        }
    }

    private static final class Pattern {
        private final Level level;
        private final String text;
        private boolean isMissed;

        Pattern(Level level, String text, boolean isMissed) {
            this.level = level;
            this.text = text;
            this.isMissed = isMissed;
        }

        /// Returns whether the entry is such a one.
        boolean takes(Entry entry) {
            boolean taken = entry.level == level && entry.toString().contains(text);
            isMissed &= !taken;
            return taken;
        }

        @Override
        public String toString() {
            return "level=" + level + ", text=" + text;
        }
    }

    /// At least one entry of this level has this text in it: its message or its failure.
    ///
    /// @throws IllegalArgumentException if the level is not [Level#WARNING] or [Level#ERROR]
    public void expect(Level level, String text) {
        add(level, text, true);
    }

    /// Entries of this level with this text in it are no concern of the test, if there are any.
    ///
    /// @param text empty for all of the level
    /// @throws IllegalArgumentException if the level is not [Level#WARNING] or [Level#ERROR]
    public void allow(Level level, String text) {
        add(level, text, false);
    }

    private synchronized void add(Level level, String text, boolean isMissed) {
        if (level != Level.WARNING && level != Level.ERROR) {
            throw new IllegalArgumentException(
                    "only a warning or an error is to be expected: level=" + level + "; other levels fail no test");
        }
        Pattern added = new Pattern(level, Objects.requireNonNull(text, "text"), isMissed);
        unexpected.removeIf(added::takes);
        patterns.add(added);
    }

    /// Warnings and errors that nobody has expected so far, oldest first, as text.
    public synchronized List<String> unexpected() {
        return unexpected.stream().map(Entry::toString).toList();
    }

    /// A logger that keeps its entries here.
    System.Logger logger(String name) {
        return logger(name, () -> true);
    }

    /// @param isHeard whether its entries come here at the moment, or are lost
    System.Logger logger(String name, BooleanSupplier isHeard) {
        return new Recorder(name, isHeard);
    }

    private synchronized void add(Entry entry) {
        boolean taken = false;
        for (Pattern each : patterns) {
            taken |= each.takes(entry);
        }
        if (taken) {
            return;
        }
        if (unexpected.size() < CAPACITY) {
            unexpected.add(entry);
        } else {
            leftOut++;
        }
    }

    /// Somebody has awaited a failure that the runtime has reported as one that nobody awaits.
    @SuppressWarnings("ReferenceEquality") // that failure, and none like it
    synchronized void isSeen(@Nullable Throwable failure) {
        unexpected.removeIf(
                each -> each.failure == failure && each.message.startsWith(Violation.UNAWAITED_FAILURE.code()));
    }

    /// What fails the test, a line each; to be asked for when all is over.
    synchronized List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        for (Entry each : unexpected) {
            complaints.add("logged, and neither expected nor allowed: " + each);
        }
        if (leftOut > 0) {
            complaints.add("logged, and neither expected nor allowed: further entries=" + leftOut);
        }
        for (Pattern each : patterns) {
            if (each.isMissed) {
                complaints.add("expected to be logged, and was not: " + each);
            }
        }
        return complaints;
    }

    /// Adds the failures behind the entries that nobody has expected, for their stacks.
    synchronized void explain(Throwable failed) {
        for (Entry each : unexpected) {
            if (each.failure != null) {
                failed.addSuppressed(each.failure);
            }
        }
    }

    private final class Recorder implements System.Logger {
        private final String name;
        private final BooleanSupplier isHeard;

        Recorder(String name, BooleanSupplier isHeard) {
            this.name = name;
            this.isHeard = isHeard;
        }

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            return (level == Level.WARNING || level == Level.ERROR) && isHeard.getAsBoolean();
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String message, @Nullable Throwable thrown) {
            if (isLoggable(level)) {
                add(new Entry(level, name, message, thrown));
            }
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String format, @Nullable Object... params) {
            log(level, bundle, format, (Throwable) null); // the runtime writes whole messages
        }
    }
}
