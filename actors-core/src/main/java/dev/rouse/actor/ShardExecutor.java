package dev.rouse.actor;

import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/// A shard, as an `Executor` for callbacks of other libraries: each command is a function.
///
/// Behind it is an actor with a mailbox as large as the spawn queue. It starts the commands in the order in which they
/// came, as children of its own, so they end with the system as everything does.
final class ShardExecutor implements Executor {
    /// What it fails of, it fails of between two commands, and an error is not resumed: then those that run are
    /// cancelled, and those that wait are kept. An executor that has stopped all the same is replaced.
    private static final Supervision SUPERVISION = Supervision.resume().on(Error.class, Supervision.Decision.RESTART);

    private final ActorCell<Runnable> starter;

    private ShardExecutor(ActorCell<Runnable> starter) {
        this.starter = starter;
    }

    /// Owning shard only.
    ///
    /// @throws LimitExceededException if the shard has no slot for its actor
    static ShardExecutor start(LocalSystem local) {
        MessageCell<Runnable> starter = new MessageCell<>(
                local,
                local.guardian,
                "executor",
                ActorOptions.defaults().withMailbox(local.limits.spawnQueue()).withSupervision(SUPERVISION),
                Starter::new);
        if (!local.guardian.tryStart(starter)) {
            local.refused("functionsPerShard", local.limits.functionsPerShard(), starter);
            throw new LimitExceededException("functionsPerShard", local.limits.functionsPerShard(), starter.path());
        }
        return new ShardExecutor(starter);
    }

    /// No fault is for it: it is a part of the runtime.
    static final class Starter implements Actor<Runnable> {
        @Override
        public void receive(Runnable command, ActorContext<Runnable> context) {
            begin(command);
        }
    }

    /// In a function of its own or, while the shard has no slot for one, in the turn of this actor: what was
    /// accepted is run.
    private static void begin(Runnable command) {
        ActorCell<?> starter = (ActorCell<?>) Cell.current("execute");
        if (Rouse.startIfRoom(starter, Rouse.callable(command::run)).isEmpty()) {
            runHere(starter, command);
        }
    }

    private static void runHere(ActorCell<?> starter, Runnable command) {
        try {
            command.run();
        } catch (Throwable e) {
            if (starter.isInterruption(e)) {
                throw e;
            }
            Events.failed(starter, e);
            starter.local.shard.report(
                    starter.local.system.log(), Level.WARNING, "a command failed: executor=" + starter.path(), e);
        }
    }

    /// Owning shard only.
    boolean hasStopped() {
        return starter.isEnding();
    }

    @Override
    public void execute(Runnable command) {
        Objects.requireNonNull(command, "command");
        switch (starter.offer(command)) {
            case ACCEPTED -> {}
            case FULL -> {
                starter.local.refused("spawnQueue", starter.mailbox.capacity(), starter);
                throw new RejectedExecutionException("too many commands wait for their start: shard="
                        + starter.local.shard + ", limit=spawnQueue, value=" + starter.mailbox.capacity()
                        + "; raise Limits.spawnQueue or offer less work");
            }
            case STOPPED -> throw new RejectedExecutionException(whyStopped());
        }
    }

    private String whyStopped() {
        ActorSystem system = starter.local.system;
        return system.isClosed()
                ? "actor system is closed: name=" + system.name() + ", shard=" + starter.local.shard
                        + "; it runs no further commands"
                : "the executor has stopped: shard=" + starter.local.shard
                        + "; it failed too often, which the log shows, and Rouse.executor() gives another one";
    }

    @Override
    public String toString() {
        return "executor of " + starter.local.shard;
    }
}
