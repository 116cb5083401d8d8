package dev.rouse.dispatch;

import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// The logger of the tests: what Rouse logs can be asserted, and everything else goes nowhere.
public final class RecordedLog extends System.LoggerFinder {
    private static final ConcurrentLinkedQueue<Entry> ENTRIES = new ConcurrentLinkedQueue<>();

    /// For the service loader.
    public RecordedLog() {}

    record Entry(String message, @Nullable Throwable failure) {}

    /// What Rouse has logged since the last call.
    static List<Entry> take() {
        List<Entry> taken = new ArrayList<>();
        for (Entry entry = ENTRIES.poll(); entry != null; entry = ENTRIES.poll()) {
            taken.add(entry);
        }
        return taken;
    }

    @Override
    public System.Logger getLogger(String name, Module module) {
        return new Recorder(name);
    }

    /// A carrier that logs is a defect, which the altered message shows in whatever test it happens.
    private static void add(String message, @Nullable Throwable failure) {
        boolean onCarrier = Thread.currentThread() instanceof CarrierThread;
        ENTRIES.add(new Entry(onCarrier ? "logged by a carrier: " + message : message, failure));
    }

    private record Recorder(String name) implements System.Logger {
        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            return name.startsWith("dev.rouse") && level.compareTo(Level.INFO) >= 0;
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String message, @Nullable Throwable failure) {
            if (isLoggable(level)) {
                add(message, failure);
            }
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String format, @Nullable Object... parameters) {
            if (isLoggable(level)) {
                add(format, null);
            }
        }
    }
}
