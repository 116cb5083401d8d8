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
    private static final System.Logger LOG = System.getLogger("dev.rouse.actor");

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
                ActorOptions.defaults().withMailbox(local.limits.spawnQueue()),
                () -> (command, _) -> begin(command));
        if (!local.guardian.tryStart(starter)) {
            local.refused("functionsPerShard", local.limits.functionsPerShard(), starter);
            throw new LimitExceededException("functionsPerShard", local.limits.functionsPerShard(), starter.path());
        }
        return new ShardExecutor(starter);
    }

    /// In a function of its own or, while the shard has no slot for one, in the turn of this actor: what was
    /// accepted is run.
    private static void begin(Runnable command) {
        if (Rouse.trySpawn(command::run).isEmpty()) {
            runHere(command);
        }
    }

    private static void runHere(Runnable command) {
        try {
            command.run();
        } catch (CancelledException e) {
            throw e;
        } catch (Throwable e) {
            Cell starter = Cell.current("execute");
            Events.failed(starter, e);
            starter.local.shard.report(LOG, Level.WARNING, "a command failed: executor=" + starter.path(), e);
        }
    }

    @Override
    public void execute(Runnable command) {
        Objects.requireNonNull(command, "command");
        switch (starter.tryTell(command)) {
            case ACCEPTED -> {}
            case FULL -> {
                starter.local.refused("spawnQueue", starter.mailbox.capacity(), starter);
                throw new RejectedExecutionException("too many commands wait for their start: shard="
                        + starter.local.shard + ", limit=spawnQueue, value=" + starter.mailbox.capacity()
                        + "; raise Limits.spawnQueue or offer less work");
            }
            case STOPPED ->
                throw new RejectedExecutionException("actor system is closed: name=" + starter.local.system.name()
                        + ", shard=" + starter.local.shard + "; it runs no further commands");
        }
    }

    @Override
    public String toString() {
        return "executor of " + starter.local.shard;
    }
}
