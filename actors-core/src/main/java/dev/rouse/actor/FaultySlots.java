package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;

/// Slots that refuse a child where their [FaultSource] says so. Loaded as a [FaultyMailbox] is.
final class FaultySlots extends Slots {
    private final FaultSource faults;

    FaultySlots(LocalSystem local, int limit, FaultSource faults) {
        super(local, limit);
        this.faults = faults;
    }

    /// The guardian's children are those that a test starts: it could not do without them.
    @Override
    void take(Cell owner) {
        if (isRefused(owner)) {
            throw stuck(owner);
        }
        super.take(owner);
    }

    @Override
    boolean tryTake(Cell owner) {
        return !isRefused(owner) && super.tryTake(owner);
    }

    private boolean isRefused(Cell owner) {
        return owner.parent != null && faults.refusesChild(owner.path());
    }
}
