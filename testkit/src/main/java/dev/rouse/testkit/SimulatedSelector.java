package dev.rouse.testkit;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelectionKey;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// The selector of one shard, which has to wait here and nowhere else. It reports what is ready in an order drawn from
/// the seed, to an action only; it keeps no set of selected keys.
final class SimulatedSelector extends AbstractSelector {
    private final SimulatedWorld world;
    private final SimulatedShard shard;
    private final Set<Key> keys = new LinkedHashSet<>();

    SimulatedSelector(SelectorProvider provider, SimulatedWorld world, SimulatedShard shard) {
        super(provider);
        this.world = world;
        this.shard = shard;
    }

    /// One channel in it.
    final class Key extends AbstractSelectionKey {
        private final SimulatedChannel simulated;
        private final SelectableChannel channel;
        private int interest;
        private int ready;

        private <C extends SelectableChannel & SimulatedChannel> Key(C channel, int interest) {
            this.simulated = channel;
            this.channel = channel;
            this.interest = interest;
        }

        /// Something about the channel has changed.
        void changed() {
            if (isValid() && (interest & simulated.readyOps()) != 0) {
                shard.wakeUp();
            }
        }

        @Override
        public SelectableChannel channel() {
            return channel;
        }

        @Override
        public Selector selector() {
            return SimulatedSelector.this;
        }

        /// When it comes to it: what was ready is not looked at again, but nobody may want it any more, or the
        /// channel may have been closed meanwhile. As in the JDK a stream is passed over then, and with other
        /// channels the action meets a key that is cancelled.
        private boolean isReported() {
            ready &= interest;
            return ready != 0 && (isValid() || simulated.readyOps() != 0);
        }

        @Override
        public int interestOps() {
            requireValid();
            return interest;
        }

        @Override
        public SelectionKey interestOps(int value) {
            requireValid();
            interest = value;
            return this;
        }

        @Override
        public int readyOps() {
            requireValid();
            return ready;
        }

        private void requireValid() {
            if (!isValid()) {
                throw new CancelledKeyException();
            }
        }
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int interest, Object attachment) {
        Key key = switch (channel) {
            case StreamChannel stream -> new Key(stream, interest);
            case ListenerChannel listener -> new Key(listener, interest);
            case DatagramsChannel datagrams -> new Key(datagrams, interest);
            default -> throw new IllegalSelectorException();
        };
        key.attach(attachment);
        key.simulated.watchedBy(key);
        keys.add(key);
        return key;
    }

    @Override
    public int select(Consumer<SelectionKey> action) {
        return selectWithin(action, Long.MAX_VALUE);
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeoutMillis) {
        long nanos = timeoutMillis == 0
                ? Long.MAX_VALUE
                : Duration.ofMillis(timeoutMillis).toNanos();
        return selectWithin(action, nanos);
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) {
        return selectWithin(action, 0);
    }

    private int selectWithin(Consumer<SelectionKey> action, long timeoutNanos) {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
        forgetCancelled();
        List<Key> ready = ready();
        if (ready.isEmpty() && timeoutNanos > 0) {
            shard.await(timeoutNanos);
            ready = ready();
        }
        int count = 0;
        for (int left = ready.size(); left > 0; left--) {
            Key next = ready.remove(world.choices().order(left));
            if (next.isReported()) {
                action.accept(next);
                count++;
            }
        }
        forgetCancelled();
        return count;
    }

    private List<Key> ready() {
        List<Key> found = new ArrayList<>();
        for (Key key : keys) {
            key.ready = key.isValid() ? key.interest & key.simulated.readyOps() : 0;
            if (key.ready != 0) {
                found.add(key);
            }
        }
        return found;
    }

    private void forgetCancelled() {
        Set<SelectionKey> cancelled = cancelledKeys();
        synchronized (cancelled) {
            for (SelectionKey each : cancelled) {
                forget((Key) each);
            }
            cancelled.clear();
        }
    }

    private void forget(Key key) {
        keys.remove(key);
        key.simulated.watchedBy(null);
        deregister(key);
    }

    @Override
    public Selector wakeup() {
        shard.wakeUp();
        return this;
    }

    @Override
    protected void implCloseSelector() {
        List.copyOf(keys).forEach(this::forget);
    }

    @Override
    public Set<SelectionKey> keys() {
        return Collections.unmodifiableSet(keys);
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        throw new UnsupportedOperationException("a simulated selector reports to an action; use select(action)");
    }

    @Override
    public int selectNow() throws IOException {
        throw new UnsupportedOperationException("a simulated selector reports to an action; use selectNow(action)");
    }

    @Override
    public int select(long timeoutMillis) throws IOException {
        throw new UnsupportedOperationException(
                "a simulated selector reports to an action; use select(action, timeout)");
    }

    @Override
    public int select() throws IOException {
        throw new UnsupportedOperationException("a simulated selector reports to an action; use select(action)");
    }
}
