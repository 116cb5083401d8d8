package dev.rouse.io;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelectionKey;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A selector that fails to select while it is told to, and is a real one otherwise. It also takes a
/// [BrokenSocketChannel], with which nothing ever happens.
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
        if (channel instanceof BrokenSocketChannel) {
            return new IdleKey(channel);
        }
        try {
            return channel.register(real, interest, attachment);
        } catch (IOException e) {
            throw new AssertionError("the channel was open just now", e);
        }
    }

    private final class IdleKey extends AbstractSelectionKey {
        private final SelectableChannel channel;

        IdleKey(SelectableChannel channel) {
            this.channel = channel;
        }

        @Override
        public SelectableChannel channel() {
            return channel;
        }

        @Override
        public Selector selector() {
            return FailingSelector.this;
        }

        @Override
        public int interestOps() {
            return 0;
        }

        @Override
        public SelectionKey interestOps(int ops) {
            throw new AssertionError("nobody waits for a broken channel: ops=" + ops);
        }

        @Override
        public int readyOps() {
            return 0;
        }
    }

    @Override
    protected void implCloseSelector() throws IOException {
        real.close();
    }
}
