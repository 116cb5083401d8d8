package dev.rouse.io;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A selector that fails to select while it is told to, and is a real one otherwise.
final class FailingSelector extends AbstractSelector {

    private final Selector real;
    private final AtomicInteger failures = new AtomicInteger();
    private volatile boolean failing;

    FailingSelector() throws IOException {
        super(SelectorProvider.provider());
        real = Selector.open();
    }

    void failFromNowOn() {
        failing = true;
        real.wakeup();
    }

    void recover() {
        failing = false;
    }

    /// How often it has failed.
    int failures() {
        return failures.get();
    }

    private void mayFail() throws IOException {
        if (failing) {
            failures.incrementAndGet();
            throw new IOException("Bad file descriptor");
        }
    }

    @Override
    public int select(Consumer<SelectionKey> action) throws IOException {
        mayFail();
        return real.select(action);
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeout) throws IOException {
        mayFail();
        return real.select(action, timeout);
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) throws IOException {
        mayFail();
        return real.selectNow(action);
    }

    @Override
    public int selectNow() throws IOException {
        mayFail();
        return real.selectNow();
    }

    @Override
    public int select(long timeout) throws IOException {
        mayFail();
        return real.select(timeout);
    }

    @Override
    public int select() throws IOException {
        mayFail();
        return real.select();
    }

    @Override
    public Selector wakeup() {
        real.wakeup();
        return this;
    }

    @Override
    public Set<SelectionKey> keys() {
        return real.keys();
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        return real.selectedKeys();
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int interest, Object attachment) {
        try {
            return channel.register(real, interest, attachment);
        } catch (IOException e) {
            throw new AssertionError("the channel was open just now", e);
        }
    }

    @Override
    protected void implCloseSelector() throws IOException {
        real.close();
    }
}
