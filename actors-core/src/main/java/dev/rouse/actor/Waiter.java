package dev.rouse.actor;

/// Who is told when an [Outcome] is there.
interface Waiter {
    /// Called once, on the shard that owns the outcome. Must not block or suspend.
    void onDone(Outcome<?> outcome);

    /// Whether who was just told is to see the failure that the outcome has ended with. It owes that one of the two
    /// then: to [see it][Outcome#observed], or to [leave it][Outcome#removeWaiter] to be reported.
    default boolean takes(Outcome<?> failed) {
        return true;
    }
}
