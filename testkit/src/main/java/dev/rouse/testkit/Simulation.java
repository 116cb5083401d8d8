package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.sleepFor;

import dev.rouse.actor.Action;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CloseReport;
import dev.rouse.actor.DeadLetter;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import dev.rouse.actor.TaskFailedException;
import dev.rouse.dispatch.Engine;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/// A whole actor system in virtual time, with everything that could happen in one order or another drawn from a seed:
/// which shard goes on, which of its ready turns, how many of them before another shard does, and in which order it
/// sees what others have handed to it. A turn runs to its next wait before another one does anything. The same seed
/// makes the same run.
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
/// (`Thread.sleep`: they take real time, everything waits for them, and they fail the test unless it
/// [allows][#mayBlock] them), `System.nanoTime`, files, and what the garbage collector finds. Sockets are those of a
/// [SimulatedNetwork]; a thread from outside that acts on a system fails [#close].
///
/// Used by the thread that has made it, which takes part in the simulation: it runs while the system stands still, and
/// the system runs while it waits, in [#run], `join` and [#close].
public final class Simulation implements AutoCloseable {
    /// A guess: some screens full.
    private static final int TRACE_LINES = 200;

    private final long seed;
    private final Trace trace = new Trace(TRACE_LINES);
    private final SimulatedWorld world;
    private final SimulatedNetwork network;
    private final ActorSystem system;
    private final List<ActorSystem> others = new ArrayList<>();
    private final List<DeadLetter> deadLetters = new ArrayList<>();
    private final LogExpectations logs = new LogExpectations();
    private boolean leavesAnything;

    /// @param seed for what the runtime itself draws
    Simulation(long seed, Choices choices, UnaryOperator<ActorSystem.Builder> settings) {
        this.seed = seed;
        this.world = new SimulatedWorld(choices, trace);
        this.network = new SimulatedNetwork(this, world);
        this.system = network.host("simulation")
                .call(() -> settings.apply(settingsOf("simulation").shards(2)).build());
        world.explainBy(this::explain);
        world.settle();
        choices.begin();
    }

    private ActorSystem.Builder settingsOf(String host) {
        return ActorSystem.builder().name(host).deadLetterListener(deadLetters::add);
    }

    /// With two shards, the default [Limits] and the preferred [Engine].
    public static Simulation of(long seed) {
        return of(seed, UnaryOperator.identity());
    }

    /// With settings of the system; its clock is the simulation's in any case.
    public static Simulation of(long seed, UnaryOperator<ActorSystem.Builder> settings) {
        return new Simulation(seed, Choices.ofSeed(seed), Objects.requireNonNull(settings, "settings"));
    }

    /// That of the host `simulation`.
    public ActorSystem system() {
        return system;
    }

    public SimulatedNetwork network() {
        return network;
    }

    /// For a host, in its scope.
    ActorSystem systemOf(String host) {
        ActorSystem added = settingsOf(host).shards(1).build();
        others.add(added);
        return added;
    }

    /// One that can't be closed, since its host has crashed.
    void forget(ActorSystem crashed) {
        others.remove(crashed);
    }

    public long seed() {
        return seed;
    }

    /// Runs a root function until it has ended, and with it whatever else the system does meanwhile.
    ///
    /// @return what it has returned
    /// @throws StuckException if it can never end, or did not in more turns than a test takes
    public <T> T run(Callable<T> body) {
        world.requireMaker();
        return result(system.spawn(body));
    }

    /// As [#run(Callable)], for a function without a result.
    public void run(Action body) {
        world.requireMaker();
        Void _ = result(system.spawn(body));
    }

    /// A function may have failed before anybody was seen to wait for it, and the runtime says so.
    private <T> T result(Task<T> task) {
        try {
            return task.join();
        } catch (RuntimeException | Error e) {
            logs.isSeen(e instanceof TaskFailedException failed ? failed.getCause() : e);
            throw e;
        }
    }

    private String explain(String why) {
        return why + ": seed=" + seed + ", turns=" + turns() + "\n" + system.dump() + "\nlast turns:\n" + trace;
    }

    /// Has one wait of the test take no more turns than this.
    void limitTurns(long turns) {
        world.limitTurns(turns);
    }

    /// Has the simulation look after each turn whether something holds; the call in which the test waits then fails
    /// with the turns that led to it. The condition must only look, at state of the test or its actors, which
    /// stand still meanwhile.
    public void invariant(String what, BooleanSupplier holds) {
        world.requireMaker();
        world.invariants().keep(Objects.requireNonNull(what, "what"), Objects.requireNonNull(holds, "holds"));
    }

    /// What is to go wrong.
    public Faults faults() {
        return world.faults();
    }

    /// Lets the system run for this long.
    public void runFor(Duration time) {
        run(() -> sleepFor(time));
    }

    /// For so long, and then whatever goes on without more time.
    ///
    /// @return false, and everything stands still, if that would take more turns
    boolean pass(Duration time, long turns) {
        world.requireMaker();
        return world.pass(time.toNanos(), turns);
    }

    /// The time that has passed since the simulation began.
    public Duration elapsed() {
        return Duration.ofNanos(world.nanoTime());
    }

    /// What reached nobody, so far.
    public List<DeadLetter> deadLetters() {
        return List.copyOf(deadLetters);
    }

    /// What its systems log: each warning and error that is neither expected nor allowed fails [#close].
    public LogExpectations logs() {
        return logs;
    }

    /// The last turns, oldest first, a line each: when, on which shard, and who; below it which messages the turn
    /// takes, and what it waits for at its end. A message is shown by its type and, if it is a text, a number or an
    /// enum, its value.
    public String trace() {
        return trace.toString();
    }

    /// A number for all the lines that [#trace] has had: when which turn ran on which shard, which messages it took
    /// and what it waited for. Two runs with different ones were different.
    public long fingerprint() {
        return trace.fingerprint();
    }

    /// Turns that have run.
    public long turns() {
        return trace.turns();
    }

    /// Allows functions that do not end when the system is closed, their timers, sockets that are open when their
    /// shard ends, and bytes that were written and whose way is cut for good, all of which else fail [#close].
    public void mayLeaveFunctions() {
        leavesAnything = true;
    }

    /// Has a turn wait no longer than this, in real time, for a lock and in a call that it may block in.
    void limitBlocking(Duration forLock, Duration forCall) {
        world.escapes().limit(forLock, forCall);
    }

    /// Allows turns that block in a call of the JDK, such as `Thread.sleep`, from here on. They take real time, in
    /// which the whole simulation waits. Else such a turn fails the test.
    public void mayBlock() {
        world.escapes().mayBlock();
    }

    /// Closes the systems, in virtual time, and accounts for them.
    ///
    /// @throws AssertionError if something had to be cut off or was left open, a thread from outside has acted on a
    ///     system, an invariant was broken, or something was [logged][#logs] that is not expected; by then all has
    ///     ended nevertheless
    @Override
    public void close() {
        world.requireMaker();
        world.choices().end();
        world.escapes().end();
        if (world.escapes().hasGivenUp()) { // what can't end then is no news
            leavesAnything = true;
            logs.allow(Level.WARNING, "functions did not end in time");
            logs.allow(Level.WARNING, "actor system was cut off");
        }
        List<String> left = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        world.faults().end().forEach(fault -> left.add("a fault has not come about: " + fault));
        others.reversed().forEach(each -> end(each, left, failures));
        end(system, left, failures);
        for (SimulatedHost host : network.hosts()) {
            host.killShards().forEach(shard -> left.add("a system was not closed: shard=" + shard));
            host.openSockets().forEach(socket -> left.add("a socket was not closed: " + socket));
        }
        world.settle();
        AssertionError broken = world.invariants().take();
        if (broken != null) {
            failures.add(broken);
        }
        if (!leavesAnything) {
            left.addAll(world.left());
        }
        String blocked = world.escapes().takeBlocked();
        if (blocked != null) {
            left.add(blocked);
        }
        String escape = world.escapes().foreign();
        if (escape != null) {
            left.add("the simulation is not a closed one: " + escape);
        }
        String interrupted = world.escapes().blockedTurn();
        if (interrupted != null) { // its failure comes of that
            logs.allow(Level.WARNING, "a function failed and nobody awaited it: function=" + interrupted);
        }
        left.addAll(logs.complaints());
        if (!left.isEmpty()) {
            AssertionError failed = new AssertionError(
                    "the simulation has not ended cleanly: seed=" + seed + "\n" + String.join("\n", left));
            logs.explain(failed);
            failures.add(failed);
        }
        throwFirst(failures);
    }

    private static void throwFirst(List<Throwable> failures) {
        if (failures.isEmpty()) {
            return;
        }
        Throwable first = failures.removeFirst();
        failures.forEach(first::addSuppressed);
        switch (first) {
            case RuntimeException failure -> throw failure;
            case Error error -> throw error;
            default -> throw new AssertionError(first);
        }
    }

    /// What fails here is told when all has ended: the other systems are closed all the same, and of this one
    /// whatever still runs is killed.
    private void end(ActorSystem each, List<String> left, List<Throwable> failures) {
        try {
            close(each, left);
        } catch (RuntimeException | Error e) {
            failures.add(e);
        }
    }

    private void close(ActorSystem each, List<String> left) {
        CompletableFuture<CloseReport> report = each.shutdown();
        each.close();
        List<CloseReport.CutOff> cutOff = report.join().cutOff();
        if (!cutOff.isEmpty() && !leavesAnything) {
            left.add("functions did not end when the system was closed: " + cutOff);
        }
        if (cutOff.isEmpty() && each.alive() != 0) {
            left.add("functions have ended and kept their slots: slots=" + each.alive());
        }
    }
}
