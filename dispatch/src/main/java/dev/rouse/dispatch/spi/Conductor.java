package dev.rouse.dispatch.spi;

import java.util.concurrent.CountDownLatch;

/// Decides when each thread of a system goes on and what time it is; for simulations in which only one of them runs at
/// a time. Without one, the machine decides.
///
/// A conductor that blocks a thread here has to let it go on some day, or the system stands still.
public interface Conductor extends TurnOrder {

    /// What every clock of the system shows; see `Clock`. Any thread.
    long nanoTime();

    /// Called by a shard's thread before each of its passes, in no turn. May block.
    ///
    /// @return how many turns the pass may begin or go on with at most; at least 1
    int beforePass(int shard);

    /// How many of those things the shard takes in at most in the pass that begins; at least 0, and above 0 some
    /// day. They come in their order; what is left waits, as it does when the shard is busy while others hand it
    /// something.
    int entriesInPass();

    /// Something has been handed to a shard, by whatever thread. Must not block.
    void entered(int shard);

    /// What a shard waits in until it gets a poller with sockets.
    Poller poller(int shard);

    /// The shard has ended: the last that its thread does.
    void ended(int shard);

    /// Starts a thread that works for the system beside the shards.
    void start(String name, Runnable work);

    /// As [CountDownLatch#await(long, java.util.concurrent.TimeUnit)], by a thread that is on no shard; in
    /// nanoseconds, `Long.MAX_VALUE` for ever.
    boolean await(CountDownLatch latch, long atMostNanos) throws InterruptedException;
}
