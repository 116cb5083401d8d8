package dev.rouse.dispatch;

/// A platform thread on which a shard lives, so that the shard is found from the thread.
final class CarrierThread extends Thread {
    final Shard shard;

    CarrierThread(Shard shard, Runnable loop) {
        super(null, loop, shard.name(), 0, false);
        this.shard = shard;
        // Said, not inherited: a shard lives as long whoever has started it, and a substitute carrier is
        // started by a virtual thread, which would make it a daemon.
        setDaemon(false);
    }
}
