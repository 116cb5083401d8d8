package dev.rouse.perf;

import static dev.rouse.perf.Target.atLeast;
import static dev.rouse.perf.Target.atMost;
import static java.util.Map.entry;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The figures to reach: medians on 2 cores.
final class Targets {
    private static final Map<String, Target> BY_BENCH = Map.ofEntries(
            entry("tell-local", atMost(20)),
            entry("ask-local", atMost(400)),
            entry("spawn", atMost(150)),
            entry("await-all-10", atMost(250)),
            entry("await-all-100", atMost(250)),
            entry("await-all-10000", atMost(250)),
            entry("await-all-wakeup-growth", atMost(2)),
            entry("idle-actor", atMost(250)),
            entry("suspended-function", atMost(1_024)),
            entry("blocking", atMost(250)),
            entry("idle-cpu", atMost(0.5)),
            entry("echo-64-ratio", atLeast(0.85)),
            entry("echo-1000-ratio", atLeast(0.85)),
            entry("connections-accept", atLeast(20_000)),
            entry("connections-idle-heap", atMost(2_048)),
            entry("connections-idle-heap-used", atMost(2_048)),
            entry("connections-busy-ratio", atLeast(0.9)),
            entry("overload-wait-goodput-ratio", atLeast(0.9)),
            entry("overload-wait-heap-ratio", atMost(1.1)),
            entry("overload-refuse-goodput-ratio", atLeast(0.9)),
            entry("overload-refuse-heap-ratio", atMost(1.1)));

    private Targets() {}

    static @Nullable Target of(String bench) {
        return BY_BENCH.get(bench);
    }

    static Set<String> benches() {
        return BY_BENCH.keySet();
    }
}
