package dev.rouse.dispatch;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// The loop of one shard: takes what is ready and gives it a driver. One subclass for each [Engine].
///
/// Owning shard only, except for [#start].
abstract sealed class Loop permits CarrierLoop, PortableLoop {
    /// Spare drivers kept for reuse; more than these end when they have nothing to do. Chosen from
    /// processor time per child of a fan-out of 10,000, on a busy machine: 16 to 1,024 did alike and better than
    /// 16,384, and 0 made each ask start a thread. Not yet confirmed on an idle one.
    static final int SPARE_DRIVERS = 256;

    final Shard shard;

    /// What each turn begins with.
    final @Nullable ClassLoader contextClassLoader = Thread.currentThread().getContextClassLoader();

    final ArrayDeque<Driver> spares = new ArrayDeque<>();

    /// Drivers whose thread has not ended.
    int drivers;

    Loop(Shard shard) {
        this.shard = shard;
    }

    /// Starts the shard's own thread.
    abstract void start();

    /// See [Driver#suspend].
    abstract void suspend(Driver driver);

    /// See [Shard#interruptIfBlocked]. A turn that blocks on a shard whose loop cannot see that holds the shard: no
    /// other code is there that could call this.
    void interruptIfBlocked(Turn turn) {}

    // The life of a driver, on its own thread.

    /// Called first. Returns whether the driver is to run turns, and not to end at once.
    abstract boolean begins(Driver driver);

    /// Called when it has run what there was for it: keeps it as a spare until there is more. Returns false if it
    /// is to end instead.
    abstract boolean keeps(Driver driver);

    /// Called last, whatever happens.
    abstract void ends();

    /// Drivers that hold the stack of a turn, suspended or blocked. Exact while no turn runs.
    final int occupiedDrivers() {
        return drivers - spares.size();
    }

    final @Nullable Driver pollSpare() {
        return spares.pollLast();
    }

    /// Keeps the driver for reuse, last in, first out, so that the warmest stack goes first; false when there are
    /// enough.
    final boolean offerSpare(Driver driver) {
        if (spares.size() >= SPARE_DRIVERS) {
            return false;
        }
        spares.addLast(driver);
        return true;
    }
}
