package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Shard;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// An actor on one given shard. The system places root functions in turns; this one goes on placing until one is on the
/// shard that the scenario is about, and that function holds the actor as its child until it is closed.
final class Hosted<M> implements AutoCloseable {
    /// Placement in turns meets each shard within one turn; a second one allows for other functions placed
    /// meanwhile.
    private static final int TURNS = 2;

    private final ActorRef<M> actor;
    private final Task<Boolean> host;
    private final CompletableFuture<Boolean> release;

    private Hosted(ActorRef<M> actor, Task<Boolean> host, CompletableFuture<Boolean> release) {
        this.actor = actor;
        this.host = host;
        this.release = release;
    }

    /// @param spawn called in a function on the shard; spawns the actor as that function's child
    /// @throws ExecutionException if that fails, with what it threw as the cause
    /// @throws TimeoutException if a function has said nothing for [Lab#PATIENCE]
    static <M> Hosted<M> on(int shard, ActorSystem system, Callable<ActorRef<M>> spawn)
            throws ExecutionException, TimeoutException, InterruptedException {
        return on(shard, system, spawn, Lab.PATIENCE);
    }

    static <M> Hosted<M> on(int shard, ActorSystem system, Callable<ActorRef<M>> spawn, Duration patience)
            throws ExecutionException, TimeoutException, InterruptedException {
        for (int i = 0; i < TURNS * system.shards(); i++) {
            CompletableFuture<Optional<ActorRef<M>>> placed = new CompletableFuture<>();
            CompletableFuture<Boolean> release = new CompletableFuture<>();
            Task<Boolean> host = system.spawn(() -> {
                if (!isOn(shard)) {
                    placed.complete(Optional.empty());
                    return false;
                }
                try {
                    placed.complete(Optional.of(spawn.call()));
                } catch (Throwable failure) {
                    placed.completeExceptionally(failure); // seen by who waits for it
                    return false;
                }
                return await(release);
            });
            Optional<ActorRef<M>> actor = placedOrCancelled(placed, host, shard, patience);
            if (actor.isPresent()) {
                return new Hosted<>(actor.get(), host, release);
            }
        }
        throw new IllegalStateException("no function was placed there: shard=" + shard);
    }

    private static <T> T placedOrCancelled(CompletableFuture<T> placed, Task<?> host, int shard, Duration patience)
            throws ExecutionException, TimeoutException, InterruptedException {
        try {
            return placed.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            host.cancel();
            throw e;
        } catch (TimeoutException _) {
            host.cancel();
            throw new TimeoutException("no actor was spawned in time: shard=" + shard + ", after=" + patience.toMillis()
                    + "ms; the runtime hangs, or the spawn waits for something");
        }
    }

    /// Runs the body as a root function on the shard and returns its result.
    static <T> T call(int shard, ActorSystem system, Lab lab, Callable<T> body) throws TimeoutException {
        for (int i = 0; i < TURNS * system.shards(); i++) {
            Optional<T> result =
                    lab.join(system.spawn(() -> isOn(shard) ? Optional.of(body.call()) : Optional.empty()));
            if (result.isPresent()) {
                return result.get();
            }
        }
        throw new IllegalStateException("no function was placed there: shard=" + shard);
    }

    private static boolean isOn(int shard) {
        Shard current = Shard.current();
        return current != null && current.index() == shard;
    }

    ActorRef<M> actor() {
        return actor;
    }

    @Override
    public void close() throws TimeoutException {
        release.complete(true);
        host.join(Lab.PATIENCE);
    }
}
