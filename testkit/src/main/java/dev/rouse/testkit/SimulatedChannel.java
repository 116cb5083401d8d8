package dev.rouse.testkit;

import org.jspecify.annotations.Nullable;

/// A channel of the simulation, as a selector sees it.
interface SimulatedChannel {

    /// What it is ready for, as a selection key says it.
    int readyOps();

    /// The selector that is to be told of changes; null for none.
    void watchedBy(SimulatedSelector.@Nullable Key key);
}
