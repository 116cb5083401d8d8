package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.Signal;
import dev.rouse.actor.Task;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What waiting costs in memory.
final class IdleMemoryScenario implements Scenario {
    private static final int COUNT = 1_000_000;

    /// What one of them may take at most for the measurement to fit: several times the target, since garbage comes
    /// on top.
    private static final int ROOM_BYTES = 4_096;

    /// So many actors get their message before they get to handle it.
    private static final int WAVE = 1_000;

    private static final Description DESCRIPTION = new Description(
            "idle-memory",
            "live heap of an actor and of a function that only wait, 1,000,000 of each",
            List.of("idle-actor", "idle-actor-after-message", "idle-direct-actor", "suspended-function"),
            """
            [shard 0: parent --spawn--> 1,000,000 message actors                (idle-actor)
                                        the same, one message each handled      (idle-actor-after-message)
                                        direct-style actors in inbox.receive()  (idle-direct-actor)
                                        functions awaiting their own signal     (suspended-function)]
            """,
            """
            Live heap after garbage collection, less what it was before they were spawned, per actor or function: whatever
            the runtime keeps for it. The actor has no state of its own, and all share one name. The heap may allow for fewer
            than 1,000,000.
            """,
            """
            Memory outside the heap. What a deep stack or an actor's own state adds.
            """);

    /// Spawns so many children of the current function and returns once they wait.
    private interface Population {
        void spawn(int count) throws Exception;
    }

    private enum Work {
        WORK
    }

    private record Idler(@Nullable Countdown handled) implements Actor<Work> {
        @Override
        public void receive(Work message, ActorContext<Work> context) {
            if (handled != null) {
                handled.count();
            }
        }
    }

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        measure(lab, "idle-actor", IdleMemoryScenario::spawnIdleActors);
        measure(lab, "idle-actor-after-message", IdleMemoryScenario::spawnActorsAndTell);
        measure(lab, "idle-direct-actor", IdleMemoryScenario::spawnDirectActors);
        measure(lab, "suspended-function", IdleMemoryScenario::spawnSuspendedFunctions);
    }

    private static void measure(Lab lab, String bench, Population population) throws Exception {
        long fitting = Runtime.getRuntime().maxMemory() / ROOM_BYTES;
        int count = (int) Math.min(fitting, lab.settings().scaled(COUNT));
        double[] bytes = new double[lab.settings().heavyRepetitions()];
        for (int i = 0; i < bytes.length; i++) {
            lab.phase(bench + ": " + (i + 1) + " of " + bytes.length);
            bytes[i] = bytesEach(lab, population, count);
        }
        lab.report(bench, "bytes", Samples.of(bytes));
    }

    private static double bytesEach(Lab lab, Population population, int count) throws Exception {
        try (ActorSystem system = lab.system(1)) {
            // The first of them loads classes and starts threads: those belong to nobody.
            populate(system, population, 1).cancel();
            long before = LiveHeap.bytes();
            Task<Void> parent = populate(system, population, count);
            double bytesEach = (LiveHeap.bytes() - before) / (double) count;
            parent.cancel();
            return bytesEach;
        }
    }

    /// Returns, once all of them wait, the parent that ends them when it is cancelled.
    private static Task<Void> populate(ActorSystem system, Population population, int count) throws Exception {
        CompletableFuture<Boolean> waiting = new CompletableFuture<>();
        Task<Void> parent = system.spawn(() -> {
            try {
                population.spawn(count);
                waiting.complete(true);
            } catch (Exception failure) {
                waiting.completeExceptionally(failure);
                throw failure;
            }
            await(new CompletableFuture<Boolean>());
        });
        waiting.get(Lab.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        return parent;
    }

    private static void spawnIdleActors(int count) {
        for (int i = 0; i < count; i++) {
            spawnActor("idler", () -> new Idler(null));
        }
        awaitTurnOfAll();
    }

    private static void spawnActorsAndTell(int count) {
        for (int told = 0; told < count; ) {
            int wave = Math.min(WAVE, count - told);
            Countdown handled = new Countdown(wave);
            for (int i = 0; i < wave; i++) {
                spawnActor("idler", () -> new Idler(handled)).tell(Work.WORK);
            }
            handled.await();
            told += wave;
        }
    }

    private static void spawnDirectActors(int count) {
        for (int i = 0; i < count; i++) {
            spawnActor("idler", (Inbox<Work> inbox) -> inbox.receive());
        }
        awaitTurnOfAll();
    }

    private static void spawnSuspendedFunctions(int count) {
        Countdown started = new Countdown(count);
        for (int i = 0; i < count; i++) {
            spawn(() -> {
                started.count();
                new Signal().await();
            });
        }
        started.await();
    }

    /// Turns are taken in order, so when a new function has had its turn, all that were spawned before it have had
    /// theirs.
    private static void awaitTurnOfAll() {
        await(spawn(() -> List.of()));
    }
}
