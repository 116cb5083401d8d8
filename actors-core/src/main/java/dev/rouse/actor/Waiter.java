package dev.rouse.actor;

/// Who is told when an [Outcome] is there.
interface Waiter {
    /// Called once, on the shard that owns the outcome. Must not block or suspend.
    void onDone(Outcome<?> outcome);
}
