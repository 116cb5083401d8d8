package dev.rouse.perf;

import java.util.Optional;

/// One question about the runtime's speed or size, answered by running it.
///
/// A scenario is bounded in count and time, stops by itself, and closes the actor systems it creates.
interface Scenario {
    Description description();

    /// Measures and hands each bench of [Description#benches()] to the lab once, for each peer that takes part.
    void run(Lab lab) throws Exception;

    /// Why this scenario says nothing under these settings, as a sentence, or nothing when it can run.
    default Optional<String> obstacle(Settings settings) {
        return Optional.empty();
    }
}
