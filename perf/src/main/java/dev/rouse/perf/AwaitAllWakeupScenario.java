package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.spawn;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Signal;
import dev.rouse.actor.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// What one wakeup costs while many siblings wait.
final class AwaitAllWakeupScenario implements Scenario {
    private static final int[] CHILDREN = {10, 100, 1_000, 10_000};

    /// Fixed, so that runs fire in the same order.
    private static final long SEED = 42;

    private static final Description DESCRIPTION = new Description(
            "await-all-wakeup",
            "a parent awaits K pending children that become ready one by one, in random order",
            List.of(
                    "await-all-wakeup-10",
                    "await-all-wakeup-100",
                    "await-all-wakeup-1000",
                    "await-all-wakeup-10000",
                    "await-all-wakeup-growth"),
            """
            [shard 0: parent awaits K children, each suspended on its own signal
                      driver --fire--> child --acknowledge--> driver --fire--> next child ...]
            """,
            """
            From the driver's first fire to the last acknowledgement, per wakeup. The driver fires the next child once it
            has resumed with the acknowledgement, so two functions resume per wakeup. Spawning is not included.
            growth: the dearest K over K = 10, which shows whether siblings that wait cost anything.
            """,
            """
            Children that become ready together (see await-all), or through I/O or timers.
            """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        List<Samples> byChildren = new ArrayList<>();
        try (ActorSystem system = lab.system(1)) {
            for (int children : CHILDREN) {
                List<Integer> order = new ArrayList<>(
                        Stream.iterate(0, i -> i + 1).limit(children).toList());
                Collections.shuffle(order, new Random(SEED));
                String bench = "await-all-wakeup-" + children;
                Samples nanos =
                        lab.time(bench, children, rounds -> lab.join(system.spawn(() -> nanosOfRounds(rounds, order))));
                lab.report(bench, "ns/wakeup", nanos);
                byChildren.add(nanos);
            }
        }
        double few = byChildren.getFirst().median();
        double dearest = byChildren.stream().mapToDouble(Samples::median).max().orElse(few);
        lab.report("await-all-wakeup-growth", "ratio", Samples.of(dearest / few));
    }

    private static long nanosOfRounds(int rounds, List<Integer> order) {
        long nanos = 0;
        for (int round = 0; round < rounds; round++) {
            nanos += nanosOfRound(order);
        }
        return nanos;
    }

    private static long nanosOfRound(List<Integer> order) {
        int children = order.size();
        List<Signal> gates = new ArrayList<>(children);
        List<Task<Integer>> tasks = new ArrayList<>(children);
        Countdown waiting = new Countdown(children);
        Signal acknowledged = new Signal();
        for (int i = 0; i < children; i++) {
            Signal gate = new Signal();
            gates.add(gate);
            tasks.add(spawn(() -> {
                waiting.count();
                gate.await();
                acknowledged.fire();
                return 1;
            }));
        }
        Task<Long> driver = spawn(() -> {
            waiting.await();
            long startNanos = System.nanoTime();
            for (int next : order) {
                gates.get(next).fire();
                acknowledged.await();
            }
            return System.nanoTime() - startNanos;
        });
        Lab.requireDone("children", children, awaitAll(tasks).size());
        return await(driver);
    }
}
