package dev.rouse.dispatch;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// The right to act on a shard, as it passes from one thread to another.
///
/// Who holds the baton owns the shard. [#pass] is the last thing the old holder does with the shard's state, [#take]
/// the first of the new one: the volatile write of `granted` in the one happens before the read in the other.
final class Baton {
    private final Thread holder;
    private volatile boolean granted;

    /// @param holder the only thread that may [#take] it
    Baton(Thread holder) {
        this.holder = holder;
    }

    /// Hands the shard to this baton's thread. The caller must not touch the shard afterwards.
    void pass() {
        granted = true;
        LockSupport.unpark(holder);
    }

    /// As [#take], and looks around after each time of this length meanwhile. Returns false, without the shard,
    /// when a look says that it is to wait no longer.
    boolean take(long lookNanos, BooleanSupplier look) {
        while (!granted) {
            LockSupport.parkNanos(this, lookNanos);
            if (!granted && !look.getAsBoolean()) {
                return false;
            }
        }
        take();
        return true;
    }

    /// Waits until the shard is handed to the calling thread. An interrupt does not end the wait and is kept.
    ///
    /// Nor does an error of the JVM: who waits has handed the shard on and must not go on without it. A stack that
    /// is too deep to be set aside keeps its thread, and this loop looks again and again.
    void take() {
        boolean interrupted = false;
        while (!granted) {
            try {
                LockSupport.park(this);
                // Cleared, since parking returns at once while it is set, and that would be a busy
                // loop.
                interrupted |= Thread.interrupted();
            } catch (StackOverflowError | OutOfMemoryError _) {
                // Not even a call here: it could fail in the same way.
            }
        }
        granted = false;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
