package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.Poller;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Waits as a shard without sockets does, and remembers how it was used.
final class CountingPoller implements Poller {
    final AtomicInteger waits = new AtomicInteger();
    final AtomicInteger interruptedWaits = new AtomicInteger();
    final AtomicInteger wakeups = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();
    volatile @Nullable Throwable failure;
    volatile @Nullable RuntimeException closeFailure;
    volatile @Nullable Thread waiter;
    private final ParkingPoller parking = new ParkingPoller(Clock.system());

    @Override
    public int poll(long timeoutNanos) {
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
        if (timeoutNanos > 0) {
            waiter = Thread.currentThread();
            if (Thread.currentThread().isInterrupted()) {
                interruptedWaits.incrementAndGet();
            }
            waits.incrementAndGet();
        }
        return parking.poll(timeoutNanos);
    }

    @Override
    public void wakeup() {
        wakeups.incrementAndGet();
        parking.wakeup();
    }

    @Override
    public void close() {
        closed.incrementAndGet();
        RuntimeException toThrow = closeFailure;
        if (toThrow != null) {
            throw toThrow;
        }
    }
}
