package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;
import dev.rouse.actor.spi.Witness;
import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Timer;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The part of an actor system that lives on one shard: its slots and its root. Owning shard only, except where said.
final class LocalSystem {
    /// In a [CloseReport]: more are counted only. A guess.
    private static final int PATHS = 16;

    final ActorSystem system;
    final Shard shard;
    final Limits limits;
    final Duration askTimeout;
    final int turnMessages;
    final long turnNanos;
    final long stopNanos;

    /// For backoff.
    final RandomGenerator random;
    final long graceNanos;

    /// Null but in simulations.
    final @Nullable FaultSource faults;

    final Slots slots;
    final LongWaits longWaits;
    final Admission admission;

    /// Null but in a test kit.
    final @Nullable Witness witness;

    /// The parent of the root functions and actors of this shard. Its mailbox is the spawn queue.
    final ActorCell<Root> guardian;

    private @Nullable ShardExecutor executor;

    LocalSystem(ActorSystem system, Shard shard) {
        this.system = system;
        this.shard = shard;
        this.limits = system.limits();
        this.witness = system.witness();
        this.askTimeout = limits.askTimeout();
        this.turnMessages = limits.turnMessages();
        this.turnNanos = Durations.toNanos(limits.turnTime());
        WaitGraph.prepare();
        Where.prepare();
        this.stopNanos = Durations.toNanos(limits.stopTimeout());
        this.random = new SplittableRandom(system.seed() + shard.index());
        this.graceNanos = Durations.toNanos(limits.cancelGrace());
        this.longWaits = new LongWaits(this);
        this.faults = shard.conductor() instanceof FaultSource source ? source : null;
        this.slots = faults == null
                ? new Slots(this, limits.functionsPerShard())
                : new FaultySlots(this, limits.functionsPerShard(), faults);
        this.admission = new Admission(this);
        this.guardian = new MessageCell<>(
                this, null, "", ActorOptions.defaults().withMailbox(limits.spawnQueue()), () -> this::startRoot);
    }

    /// Any thread; the first thing that is done with the shard.
    void start() {
        shard.submit(new Command() {
            @Override
            protected void execute() {
                shard.ready(guardian);
            }

            @Override
            protected void refused() {
                throw new IllegalStateException("the shard ended before it began: shard=" + shard);
            }
        });
    }

    /// Fails whatever has not ended by the end of the shard, at once or when its last turn ends. Any thread, once
    /// the shard is to end. Returns what that was.
    Optional<CloseReport.CutOff> cutOff() {
        List<String> paths = new ArrayList<>();
        boolean ended = shard.isTerminated();
        int alive = ended ? slots.taken() : Math.max(1, slots.taken()); // a turn that runs is somebody's
        if (ended) {
            guardian.forEachBelow(cell -> {
                if (paths.size() < PATHS && !cell.isDone()) {
                    paths.add(cell.path());
                }
            });
        }
        shard.submit(new Command() {
            @Override
            protected void execute() {
                shard.submit(this); // its last turn still runs
            }

            @Override
            protected void refused() {
                guardian.cutOffTree(new SystemClosedException(system.name()));
            }
        });
        return alive == 0 ? Optional.empty() : Optional.of(new CloseReport.CutOff(shard.name(), alive, paths, !ended));
    }

    /// While the shard is full the guardian waits, the spawn queue fills up, and so does who spawns wait.
    private void startRoot(Root root, ActorContext<Root> context) {
        Cell cell = root.cell();
        try {
            guardian.start(cell);
        } catch (CancelledException e) {
            cell.refuse(new SystemClosedException(system.name()));
            throw e;
        } catch (Throwable e) { // no memory: that is the affair of this root only
            cell.refuse(new TaskFailedException(cell.path(), e));
            shard.report(system.log(), Level.ERROR, "a root could not be started: root=" + cell.path(), e);
        }
    }

    /// A root function or actor on its way to its shard.
    record Root(Cell cell) {}

    /// Functions and actors that are alive. For other threads a hint, read without a fence.
    int live() {
        return slots.taken();
    }

    /// See [Rouse#executor].
    ShardExecutor executor() {
        if (system.isClosed()) {
            throw new SystemClosedException(system.name());
        }
        ShardExecutor present = executor;
        if (present == null || present.hasStopped()) {
            present = ShardExecutor.start(this);
            executor = present;
        }
        return present;
    }

    /// Starts a timer `afterNanos` from now.
    void schedule(Timer timer, long afterNanos, Outcome<?> owner) {
        scheduleAt(timer, Durations.deadlineNanos(shard.clock().nanoTime(), afterNanos), owner);
    }

    /// Starts a timer that expires at this reading of the clock.
    void scheduleAt(Timer timer, long deadlineNanos, Outcome<?> owner) {
        if (!shard.schedule(timer, deadlineNanos)) {
            throw noTimerFor(owner);
        }
    }

    /// Counts what a limit has refused, and tells who listens. Any thread.
    void refused(String limit, long value, Outcome<?> owner) {
        system.countRefusal();
        Events.overload(limit, value, owner);
    }

    LimitExceededException noTimerFor(Outcome<?> owner) {
        refused("timersPerShard", limits.timersPerShard(), owner);
        return new LimitExceededException("timersPerShard", limits.timersPerShard(), owner.path());
    }

    /// The outcome itself if it belongs to this shard, else one that follows it here.
    Outcome<?> here(Outcome<?> outcome) {
        return outcome.local.shard == shard ? outcome : RemoteAwait.of(outcome, this);
    }
}
