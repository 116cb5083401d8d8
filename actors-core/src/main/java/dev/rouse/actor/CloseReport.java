package dev.rouse.actor;

import java.util.List;

/// What the end of an actor system has cut off: see [ActorSystem#shutdown].
///
/// @param cutOff one for each shard on which something had not ended in time
public record CloseReport(List<CutOff> cutOff) {
    public CloseReport {
        cutOff = List.copyOf(cutOff);
    }

    /// Whether everything has ended in time.
    public boolean isClean() {
        return cutOff.isEmpty();
    }

    /// What was cut off on one shard.
    ///
    /// @param shard its name
    /// @param alive functions and actors that had not ended, those included that only waited for their children
    /// @param paths of the first 16 of them, as far as they can be told: not while a turn still runs
    /// @param runsOn whether a turn of it still runs; its thread ends when that does
    public record CutOff(String shard, int alive, List<String> paths, boolean runsOn) {
        public CutOff {
            paths = List.copyOf(paths);
        }
    }
}
