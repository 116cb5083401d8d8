package dev.rouse.actor;

/// A timer that an actor has started: see [Timers]. For use inside that actor only.
public sealed interface ActorTimer permits MessageTimer {
    /// Stops it. A message of this timer that waits already is not delivered. Does nothing when the timer has
    /// ended.
    void cancel();

    /// The times at which it should have sent its message and did not, because the one before was still waiting or
    /// the shard was late; see [Timers#atFixedRate].
    long missed();
}
