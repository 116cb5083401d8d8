package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.Poller;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The poller of a shard without sockets: there is nothing to find, it only waits.
final class ParkingPoller implements Poller {
    private volatile boolean woken;
    private volatile @Nullable Thread waiter;

    @Override
    public int poll(long timeoutNanos) {
        if (timeoutNanos == 0) {
            return 0;
        }
        // Pairs with wakeup(): each side writes its own field and then reads the other's, so at least one sees
        // the other.
        waiter = Thread.currentThread();
        if (!woken) {
            if (timeoutNanos == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, timeoutNanos);
            }
        }
        waiter = null;
        woken = false;
        return 0;
    }

    @Override
    public void wakeup() {
        woken = true;
        Thread thread = waiter;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void close() {}
}
