package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Timer;

/// The part of an actor system that lives on one shard: its slots and its root. Owning shard only, except where said.
final class LocalSystem {
    final ActorSystem system;
    final Shard shard;
    final Limits limits;
    final long turnNanos;

    /// The parent of the root functions and actors of this shard. Its mailbox is the spawn queue.
    final ActorCell<Root> guardian;

    private int live = 1; // the guardian

    LocalSystem(ActorSystem system, Shard shard) {
        this.system = system;
        this.shard = shard;
        this.limits = system.limits();
        this.turnNanos = Durations.toNanos(limits.turnTime());
        this.guardian = new MessageCell<>(this, null, "", limits.spawnQueue(), () -> this::startRoot);
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

    private void startRoot(Root root, ActorContext<Root> context) {
        try {
            guardian.start(root.cell());
        } catch (LimitExceededException e) {
            root.cell().refuse(e);
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
            throw new LimitExceededException("timersPerShard", limits.timersPerShard(), owner.path());
        }
    }

    /// The outcome itself if it belongs to this shard, else one that follows it here.
    Outcome<?> here(Outcome<?> outcome) {
        return outcome.local.shard == shard ? outcome : RemoteAwait.of(outcome, this);
    }
}
