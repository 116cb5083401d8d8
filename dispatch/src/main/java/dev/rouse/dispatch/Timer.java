package dev.rouse.dispatch;

import org.jspecify.annotations.Nullable;

/// Something that happens at a deadline: an entry of its shard's [TimerWheel], linked into it without any other object.
///
/// Owning shard only. A timer can be scheduled again after it has expired or was cancelled.
public abstract class Timer {
    static final int IDLE = -1;

    long deadlineTick;
    int slot = IDLE;

    /// Whether it takes no place in the limit of its shard.
    boolean uncounted;

    @Nullable
    Timer previous;

    @Nullable
    Timer next;

    /// For subclasses.
    protected Timer() {}

    /// Called once on the owning shard, between turns, never before the deadline. Must not block, suspend or throw.
    protected abstract void onExpiry();

    /// What the account of a simulation says of it.
    @Override
    public String toString() {
        return getClass().getSimpleName();
    }

    /// Whether nothing depends on it any more, so that it needs no account. Any thread, once its shard has ended.
    protected boolean isMoot() {
        return false;
    }

    /// Whether it waits for its deadline.
    public final boolean isScheduled() {
        return slot != IDLE;
    }
}
