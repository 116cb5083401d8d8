package dev.rouse.dispatch;

/// Something that can be given a turn: one uninterrupted run on its shard, as a plain call by a driver.
///
/// A turn may suspend or block; its stack then waits with its driver while the shard goes on with others. The owner
/// sees to it that a turn is made [ready][Shard#ready] only once until it has begun to run.
public abstract class Turn {

    /// For subclasses.
    protected Turn() {}

    /// What a [TurnOrder][dev.rouse.dispatch.spi.TurnOrder] is told of it.
    @Override
    public String toString() {
        return getClass().getSimpleName();
    }

    /// Runs the turn. What it throws is logged by the shard as a defect of the caller: the shard lives on.
    protected abstract void run();

    /// Called when the turn has waited with a native frame on its stack, and so has held its carrier meanwhile: by
    /// the turn itself, after the wait. [Engine#CARRIER] only.
    protected void onPinned() {}

    /// Called between turns, on the shard, when a JDK call has parked this turn; carrier engine only. Must not
    /// block, suspend or throw. What should not wait can be [interrupted][Shard#interruptIfBlocked] from here.
    protected void onBlocked() {}

    /// Called in the place of [#run] when the shard has ended while the turn was ready; by the last thread that is
    /// on the shard, which must not be held up.
    protected void refused() {}
}
