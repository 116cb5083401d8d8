package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.spawn;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Signal;
import dev.rouse.actor.Task;
import java.util.ArrayList;
import java.util.List;

/// A parent that fans out and collects.
final class AwaitAllScenario implements Scenario {
    private static final int[] CHILDREN = {10, 100, 10_000};
    private static final Integer RESULT = 1;

    private static final Description DESCRIPTION = new Description(
            "await-all",
            "a parent spawns K children and awaits them all: children that suspend once, and that do not",
            List.of(
                    "await-all-10",
                    "await-all-100",
                    "await-all-10000",
                    "await-all-suspending-10",
                    "await-all-suspending-100",
                    "await-all-suspending-10000"),
            """
            [shard 0: parent --spawn--> K children --results--> parent]
            suspending: each child first awaits its own signal; one more child, the opener, runs last and fires them all
            """,
            """
            From the first spawn until the parent has the last result, per child, spawning included; K = 10, 100, 10,000.
            The results are added up and checked.
            """,
            """
            Children that become ready one at a time, each waking the shard (see await-all-wakeup). Children on other shards.
            """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        try (ActorSystem system = lab.system(1)) {
            for (int children : CHILDREN) {
                measure(
                        lab,
                        "await-all-" + children,
                        children,
                        rounds -> lab.join(system.spawn(() -> nanos(rounds, children))));
            }
            for (int children : CHILDREN) {
                measure(
                        lab,
                        "await-all-suspending-" + children,
                        children,
                        rounds -> lab.join(system.spawn(() -> nanosSuspending(rounds, children))));
            }
        }
    }

    private static void measure(Lab lab, String bench, int children, Batch batch) throws Exception {
        lab.report(bench, "ns/child", lab.time(bench, children, batch));
    }

    private static long nanos(int rounds, int children) {
        long sum = 0;
        long startNanos = System.nanoTime();
        for (int round = 0; round < rounds; round++) {
            List<Task<Integer>> tasks = new ArrayList<>(children);
            for (int i = 0; i < children; i++) {
                tasks.add(spawn(() -> RESULT));
            }
            sum += sum(awaitAll(tasks));
        }
        long nanos = System.nanoTime() - startNanos;
        Lab.requireDone("results", (long) rounds * children, sum);
        return nanos;
    }

    private static long nanosSuspending(int rounds, int children) {
        long sum = 0;
        long startNanos = System.nanoTime();
        for (int round = 0; round < rounds; round++) {
            List<Signal> gates = new ArrayList<>(children);
            List<Task<Integer>> tasks = new ArrayList<>(children);
            for (int i = 0; i < children; i++) {
                Signal gate = new Signal();
                gates.add(gate);
                tasks.add(spawn(() -> {
                    gate.await();
                    return RESULT;
                }));
            }
            Task<?> opener = spawn(() -> gates.forEach(Signal::fire));
            sum += sum(awaitAll(tasks));
            await(opener);
        }
        long nanos = System.nanoTime() - startNanos;
        Lab.requireDone("results", (long) rounds * children, sum);
        return nanos;
    }

    private static long sum(List<Integer> results) {
        long sum = 0;
        for (int result : results) {
            sum += result;
        }
        return sum;
    }
}
