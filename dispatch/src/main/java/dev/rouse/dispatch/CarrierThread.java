package dev.rouse.dispatch;

/// A platform thread on which a shard lives, so that the shard is found from the thread.
final class CarrierThread extends Thread {
    final Shard shard;

    CarrierThread(Shard shard, Runnable loop) {
        super(null, loop, shard.name(), 0, false);
        this.shard = shard;
    }
}
