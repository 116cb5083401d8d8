package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.Poller;

/// A real shard for Lincheck's model checker, whose carrier is a thread of the model. Here and not in the dispatcher's
/// own tests, since those are not on the class path of this module's.
///
/// The carrier waits in a spinning poller, so that a lost wake-up is a thread that spins forever, and runs each turn as
/// a plain call: the model checker cannot run virtual threads of ours, so there are no drivers, and a turn that would
/// suspend fails. Suspending and resuming is for the tests of the engines.
public final class ModelShard {
    public final Shard shard = new Shard(
            0,
            new DispatchOptions("model", 1, Engine.PORTABLE, () -> 0, null, null, 16, System::getLogger),
            new SpinningPoller());

    /// Starts the carrier, which is on the shard while it runs this.
    public Thread carry(Runnable body) {
        Thread carrier = new CarrierThread(shard, body);
        carrier.start();
        return carrier;
    }

    // The carrier.

    /// Executes what has come, but runs nothing.
    public void takeIn() {
        shard.drainLane();
    }

    /// Executes what has come, and then runs all that is ready.
    public void pass() {
        takeIn();
        for (Object entry = shard.runQueue.peek(); entry != null; entry = shard.runQueue.peek()) {
            shard.runQueue.remove();
            ((Turn) entry).run();
        }
    }

    /// Waits until another thread has something for it.
    public void idle() {
        shard.idle();
    }

    public void terminate() {
        shard.terminated(0);
    }

    /// As the one of the dispatcher's own model tests: parking may end for no reason, and so would hide a wake-up
    /// that is lost.
    private static final class SpinningPoller implements Poller {
        private volatile boolean woken;

        @Override
        public int poll(long timeoutNanos) {
            while (timeoutNanos > 0 && !woken) {
                Thread.onSpinWait();
            }
            woken = false;
            return 0;
        }

        @Override
        public void wakeup() {
            woken = true;
        }

        @Override
        public void close() {}
    }
}
