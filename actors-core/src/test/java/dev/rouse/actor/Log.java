package dev.rouse.actor;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// What the actors log at WARNING and above while it is open, kept from the console.
final class Log extends Handler implements AutoCloseable {
    private final Logger logger = Logger.getLogger("dev.rouse.actor");
    private final List<LogRecord> entries = new CopyOnWriteArrayList<>();

    Log() {
        logger.setUseParentHandlers(false);
        logger.setLevel(Level.WARNING);
        logger.addHandler(this);
    }

    List<String> messages() {
        return entries.stream().map(LogRecord::getMessage).toList();
    }

    @Override
    public void publish(LogRecord entry) {
        entries.add(entry);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
        logger.setLevel(null);
    }
}
