package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.Poller;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The poller of a shard without sockets: there is nothing to find, it only waits.
///
/// After a wait that was over soon it spins a while before it parks again: shards that talk with each other are woken
/// at once, and a parked thread costs its waker a system call and takes tens of microseconds to come back. After a long
/// wait it parks straight away, so a quiet shard costs nothing. (Spinning for as long as parking costs is never worse
/// than twice the best choice: Karlin et al., "Empirical Studies of Competitive Spinning", SOSP 1991.)
final class ParkingPoller implements Poller {
    /// A wait up to this long was over soon, and so long it spins. Measured: waking a parked thread took 40 us on
    /// the virtual machine that this was written on.
    private static final long SPIN_NANOS = 50_000;

    /// Ends the spinning where the clock stands still. A guess, above what fits into [#SPIN_NANOS].
    private static final int SPINS = 16_384;

    /// Spins between two readings of the clock, which costs as much as some of them.
    private static final int SPINS_PER_CLOCK = 32;

    private static final boolean ALONE = Runtime.getRuntime().availableProcessors() == 1;

    private final Clock clock;
    private boolean soonOver;
    private volatile boolean woken;
    private volatile @Nullable Thread waiter;

    ParkingPoller(Clock clock) {
        this.clock = clock;
    }

    @Override
    public int poll(long timeoutNanos) {
        if (timeoutNanos == 0) {
            return 0;
        }
        long startNanos = clock.nanoTime();
        if (soonOver && !ALONE) {
            spin(startNanos, Math.min(timeoutNanos, SPIN_NANOS));
        }
        park(timeoutNanos == Long.MAX_VALUE ? timeoutNanos : timeoutNanos - (clock.nanoTime() - startNanos));
        soonOver = clock.nanoTime() - startNanos < SPIN_NANOS;
        return 0;
    }

    private void spin(long startNanos, long atMostNanos) {
        for (int spins = 0; spins < SPINS && !woken; spins++) {
            Thread.onSpinWait();
            if (spins % SPINS_PER_CLOCK == 0 && clock.nanoTime() - startNanos >= atMostNanos) {
                return;
            }
        }
    }

    private void park(long atMostNanos) {
        // Pairs with wakeup(): each side writes its own field and then reads the other's, so at least one sees
        // the other.
        waiter = Thread.currentThread();
        if (!woken) {
            if (atMostNanos == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, atMostNanos); // returns at once where nothing is left
            }
        }
        waiter = null;
        woken = false;
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
