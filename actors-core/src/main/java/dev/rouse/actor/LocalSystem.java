package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Timer;
import java.lang.System.Logger.Level;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// The part of an actor system that lives on one shard: its slots and its root. Owning shard only, except where said.
final class LocalSystem {
    private static final System.Logger LOG = System.getLogger("dev.rouse.actor");

    final ActorSystem system;
    final Shard shard;
    final Limits limits;
    final int turnMessages;
    final long turnNanos;
    final long stopNanos;

    /// For backoff.
    final RandomGenerator random;

    /// The parent of the root functions and actors of this shard. Its mailbox is the spawn queue.
    final ActorCell<Root> guardian;

    /// The functions and actors in the tree; the guardian is not counted.
    private int live;

    LocalSystem(ActorSystem system, Shard shard) {
        this.system = system;
        this.shard = shard;
        this.limits = system.limits();
        this.turnMessages = limits.turnMessages();
        this.turnNanos = Durations.toNanos(limits.turnTime());
        WaitGraph.prepare();
        Where.prepare();
        this.stopNanos = Durations.toNanos(limits.stopTimeout());
        this.random = new SplittableRandom(system.seed() + shard.index());
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

    /// Fails whatever has not ended by the end of the shard. Any thread, once the shard is to end.
    void cutOff() {
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
    }

    private void startRoot(Root root, ActorContext<Root> context) {
        try {
            guardian.start(root.cell());
        } catch (LimitExceededException e) {
            root.cell().refuse(e);
            if (root.cell() instanceof ActorCell<?> actor) { // nobody else is told; who has a Task is
                LOG.log(Level.ERROR, "an actor could not be started: actor=" + actor.path(), e);
            }
        }
    }

    /// A root function or actor on its way to its shard.
    record Root(Cell cell) {}

    /// Takes one of the slots of this shard for a child of `owner`.
    void acquireSlot(Cell owner) {
        if (live >= limits.functionsPerShard()) {
            throw new LimitExceededException("functionsPerShard", limits.functionsPerShard(), owner.path());
        }
        live++;
    }

    void releaseSlot() {
        live--;
    }

    /// Starts a timer `afterNanos` from now.
    void schedule(Timer timer, long afterNanos, Outcome<?> owner) {
        if (!shard.schedule(timer, Durations.deadlineNanos(shard.clock().nanoTime(), afterNanos))) {
            throw noTimerFor(owner);
        }
    }

    LimitExceededException noTimerFor(Outcome<?> owner) {
        return new LimitExceededException("timersPerShard", limits.timersPerShard(), owner.path());
    }

    /// The outcome itself if it belongs to this shard, else one that follows it here.
    Outcome<?> here(Outcome<?> outcome) {
        return outcome.local.shard == shard ? outcome : RemoteAwait.of(outcome, this);
    }
}
