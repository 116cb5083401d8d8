package dev.rouse.dispatch.spi;

/// Decides which of several ready turns runs next; for simulations that search interleavings.
///
/// Without one, a shard takes them first in, first out. Called by the owning shard only.
@FunctionalInterface
public interface TurnOrder {

    /// The position, from 0 to `ready - 1`, of the turn to take next; 0 is the one that has waited longest.
    int pick(int ready);

    /// Told of each turn that is taken, before it runs; what its `toString` says names it.
    default void taken(Object turn) {}
}
