package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.sleepFor;

import dev.rouse.actor.Action;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CloseReport;
import dev.rouse.actor.DeadLetter;
import dev.rouse.actor.Limits;
import dev.rouse.dispatch.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/// A whole actor system in virtual time, with everything that could happen in one order or another drawn from a seed:
/// which shard goes on, which of its ready turns, and how many of them before another shard does. The same seed makes
/// the same run.
///
/// ```java
/// try (Simulation simulation = Simulation.of(42)) {
///     simulation.run(() -> {
///         ActorRef<Bank.Command> bank = spawnActor("bank", Bank::new);
///         sleepFor(Duration.ofHours(1)); // costs microseconds
///     });
/// }
/// ```
///
/// It is the real runtime that runs, in either [Engine]. **What is simulated**: time, and the threads of the system.
/// Time stands still while anything can go on (but for a microsecond for each pass of a shard), and then jumps to the
/// next timer. **What is not**: threads that the test starts itself, blocking calls of the JDK in a function
/// (`Thread.sleep`: they take real time, and everything waits for them), `System.nanoTime`, real sockets, and what the
/// garbage collector finds. Sockets are refused; a thread from outside that acts on the system fails [#close].
///
/// Used by the thread that has made it, which takes part in the simulation: it runs while the system stands still, and
/// the system runs while it waits, in [#run], `join` and [#close].
public final class Simulation implements AutoCloseable {
    /// A guess: some screens full.
    private static final int TRACE_LINES = 200;

    private final long seed;
    private final Trace trace = new Trace(TRACE_LINES);
    private final SimulatedWorld world;
    private final ActorSystem system;
    private final List<DeadLetter> deadLetters = new ArrayList<>();
    private boolean leavesAnything;

    private Simulation(long seed, UnaryOperator<ActorSystem.Builder> settings) {
        this.seed = seed;
        this.world = new SimulatedWorld(seed, trace);
        ActorSystem.Builder builder =
                ActorSystem.builder().name("simulation").shards(2).seed(seed).deadLetterListener(deadLetters::add);
        this.system = settings.apply(builder).conductor(world).build();
        world.explainBy(this::explain);
    }

    /// With two shards, the default [Limits] and the preferred [Engine].
    public static Simulation of(long seed) {
        return of(seed, UnaryOperator.identity());
    }

    /// With settings of the system; its clock is the simulation's in any case.
    public static Simulation of(long seed, UnaryOperator<ActorSystem.Builder> settings) {
        return new Simulation(seed, Objects.requireNonNull(settings, "settings"));
    }

    public ActorSystem system() {
        return system;
    }

    public long seed() {
        return seed;
    }

    /// Runs a root function until it has ended, and with it whatever else the system does meanwhile.
    ///
    /// @return what it has returned
    /// @throws StuckException if it can never end
    public <T> T run(Callable<T> body) {
        world.requireMaker();
        return system.spawn(body).join();
    }

    /// As [#run(Callable)], for a function without a result.
    public void run(Action body) {
        world.requireMaker();
        Void _ = system.spawn(body).join();
    }

    private String explain() {
        return "nothing goes on that would end the wait: seed=" + seed + ", turns=" + turns() + "\n" + system.dump()
                + "\nlast turns:\n" + trace;
    }

    /// Lets the system run for this long.
    public void runFor(Duration time) {
        run(() -> sleepFor(time));
    }

    /// The time that has passed since the simulation began.
    public Duration elapsed() {
        return Duration.ofNanos(world.nanoTime());
    }

    /// What reached nobody, so far.
    public List<DeadLetter> deadLetters() {
        return List.copyOf(deadLetters);
    }

    /// The last turns, oldest first, a line each: when, on which shard, and who.
    public String trace() {
        return trace.toString();
    }

    /// A number for all that has run, in its order and with its times: two runs with the same one were the same.
    public long fingerprint() {
        return trace.fingerprint();
    }

    /// Turns that have run.
    public long turns() {
        return trace.turns();
    }

    /// Allows functions that do not end when the system is closed, which else fail [#close].
    public void mayLeaveFunctions() {
        leavesAnything = true;
    }

    /// Closes the system, in virtual time, and accounts for it.
    ///
    /// @throws AssertionError if something had to be cut off, or a thread from outside has acted on the system
    @Override
    public void close() {
        world.requireMaker();
        CompletableFuture<CloseReport> report = system.shutdown();
        system.close();
        List<CloseReport.CutOff> cutOff = report.join().cutOff();
        if (!cutOff.isEmpty() && !leavesAnything) {
            throw new AssertionError("functions did not end when the system was closed: seed=" + seed + ", " + cutOff);
        }
        if (cutOff.isEmpty() && system.alive() != 0) {
            throw new AssertionError(
                    "functions have ended and kept their slots: seed=" + seed + ", slots=" + system.alive());
        }
        String escape = world.escape();
        if (escape != null) {
            throw new AssertionError("the simulation is not a closed one: seed=" + seed + ", " + escape);
        }
    }
}
