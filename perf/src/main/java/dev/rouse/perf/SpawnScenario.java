package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import java.util.ArrayList;
import java.util.List;

/// Functions and actors that live for one turn.
final class SpawnScenario implements Scenario {
    /// So many are spawned before their parent suspends to let them run.
    private static final int WAVE = 1_000;

    private static final Integer RESULT = 1;

    private static final Description DESCRIPTION = new Description(
            "spawn",
            "functions from start to result, and actors that handle one message and stop",
            List.of("spawn", "spawn-rate", "spawn-await", "spawn-all-shards", "spawn-actor", "spawn-actor-rate"),
            """
            spawn         [shard 0: parent --spawn--> 1,000 functions --results--> parent], wave after wave
            spawn-await   [shard 0: parent --spawn--> function --result--> parent], one at a time
            all-shards    [each shard: as in spawn]
            spawn-actor   [shard 0: parent --spawn, tell--> 1,000 actors, each handles its message and stops]
            """,
            """
            Functions do not suspend and are awaited by their parent, which adds up their results: from spawn to result, per
            function. Actors have each their own mailbox, handle one message and stop: from spawn to handled, per actor.
            """,
            """
            Functions that suspend (see await-all). Spawning from outside the runtime.
            """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        try (ActorSystem system = lab.system(1)) {
            Samples waves = lab.time("spawn", WAVE, rounds -> lab.join(system.spawn(() -> nanosOfWaves(rounds))));
            lab.report("spawn", "ns/function", waves);
            lab.report("spawn-rate", "Mfunctions/s", waves.toMillionsPerSecond());
            lab.report(
                    "spawn-await",
                    "ns/function",
                    lab.time("spawn-await", 1, rounds -> lab.join(system.spawn(() -> nanosOneByOne(rounds)))));
        }
        int shards = lab.settings().shards();
        try (ActorSystem system = lab.system(shards)) {
            lab.report(
                    "spawn-all-shards",
                    "Mfunctions/s",
                    lab.time("spawn-all-shards", WAVE * shards, rounds -> nanosOnAllShards(lab, system, rounds))
                            .toMillionsPerSecond());
        }
        try (ActorSystem system = lab.system(1)) {
            Samples actors =
                    lab.time("spawn-actor", WAVE, rounds -> lab.join(system.spawn(() -> nanosOfActors(rounds))));
            lab.report("spawn-actor", "ns/actor", actors);
            lab.report("spawn-actor-rate", "Mactors/s", actors.toMillionsPerSecond());
        }
    }

    private static long nanosOfWaves(int waves) {
        long sum = 0;
        List<Task<Integer>> tasks = new ArrayList<>(WAVE);
        long startNanos = System.nanoTime();
        for (int wave = 0; wave < waves; wave++) {
            tasks.clear();
            for (int i = 0; i < WAVE; i++) {
                tasks.add(spawn(() -> RESULT));
            }
            for (int result : awaitAll(tasks)) {
                sum += result;
            }
        }
        long nanos = System.nanoTime() - startNanos;
        Lab.requireDone("results", (long) waves * WAVE, sum);
        return nanos;
    }

    private static long nanosOneByOne(int functions) {
        long sum = 0;
        long startNanos = System.nanoTime();
        for (int i = 0; i < functions; i++) {
            sum += await(spawn(() -> RESULT));
        }
        long nanos = System.nanoTime() - startNanos;
        Lab.requireDone("results", functions, sum);
        return nanos;
    }

    private static long nanosOnAllShards(Lab lab, ActorSystem system, int waves) throws Exception {
        long startNanos = System.nanoTime();
        List<Task<Long>> parents = new ArrayList<>();
        for (int i = 0; i < system.shards(); i++) {
            parents.add(system.spawn(() -> nanosOfWaves(waves)));
        }
        for (Task<Long> parent : parents) {
            lab.join(parent);
        }
        return System.nanoTime() - startNanos;
    }

    private enum Work {
        WORK
    }

    /// Handles one message and stops.
    private record OneShot(Countdown handled) implements Actor<Work> {
        @Override
        public void receive(Work message, ActorContext<Work> context) {
            handled.count();
            context.stop();
        }
    }

    private static long nanosOfActors(int waves) {
        long startNanos = System.nanoTime();
        for (int wave = 0; wave < waves; wave++) {
            Countdown handled = new Countdown(WAVE);
            for (int i = 0; i < WAVE; i++) {
                spawnActor("one-shot", () -> new OneShot(handled)).tell(Work.WORK);
            }
            handled.await();
        }
        return System.nanoTime() - startNanos;
    }
}
