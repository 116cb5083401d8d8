package dev.rouse.perf;

import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.spawn;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Turns that block without telling the runtime.
final class BlockingScenario implements Scenario {
    private static final int FUNCTIONS = 1_000;
    private static final int SLEEP_MILLIS = 100;

    private static final Description DESCRIPTION = new Description(
            "blocking", "1,000 functions on one shard, each in Thread.sleep(100)", List.of("blocking"), """
                [shard 0: parent --spawn--> 1,000 functions, each Thread.sleep(100) --results--> parent]
                """, """
                    From the first spawn until the parent has the last result, wall time. A shard that stalled at each would take
                    100 s.
                    """, """
                        Turns that keep the processor busy, or pin their carrier: those do hold up their shard.
                        """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public Optional<String> obstacle(Settings settings) {
        return settings.engine() == Engine.CARRIER
                ? Optional.empty()
                : Optional.of("the portable engine runs turns that block silently one after the other");
    }

    @Override
    public void run(Lab lab) throws Exception {
        int functions = lab.settings().scaled(FUNCTIONS);
        double[] millis = new double[lab.settings().repetitions()];
        try (ActorSystem system = lab.system(1)) {
            lab.phase("blocking: warm-up");
            lab.join(system.spawn(() -> nanos(functions)));
            for (int i = 0; i < millis.length; i++) {
                lab.phase("blocking: " + (i + 1) + " of " + millis.length);
                millis[i] = lab.join(system.spawn(() -> nanos(functions))) / 1e6;
            }
        }
        lab.report("blocking", "ms", Samples.of(millis));
    }

    private static long nanos(int functions) {
        long startNanos = System.nanoTime();
        List<Task<Integer>> tasks = new ArrayList<>(functions);
        for (int i = 0; i < functions; i++) {
            tasks.add(spawn(() -> {
                Thread.sleep(SLEEP_MILLIS);
                return 1;
            }));
        }
        Lab.requireDone("functions", functions, awaitAll(tasks).size());
        return System.nanoTime() - startNanos;
    }
}
