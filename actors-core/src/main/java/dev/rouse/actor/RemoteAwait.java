package dev.rouse.actor;

import dev.rouse.dispatch.Command;

/// Stands on the awaiting shard for an outcome of another shard.
final class RemoteAwait extends Promise<Object> implements Waiter {
    private final Outcome<?> remote;

    private RemoteAwait(Outcome<?> remote, LocalSystem local) {
        super(local);
        this.remote = remote;
    }

    static RemoteAwait of(Outcome<?> remote, LocalSystem local) {
        RemoteAwait await = new RemoteAwait(remote, local);
        remote.whenDone(await);
        return await;
    }

    /// On the remote shard.
    @Override
    public void onDone(Outcome<?> outcome) {
        local.shard.submit(new Arrival());
    }

    @Override
    public String path() {
        return remote.path();
    }

    @Override
    void observed() {
        remote.observed();
    }

    /// The only waiter has given up: nothing must be left behind with a remote outcome that may live on for long.
    @Override
    void removeWaiter(Waiter waiter) {
        super.removeWaiter(waiter);
        if (!remote.isDone()) {
            remote.local.shard.submit(new Withdrawal());
        }
    }

    private final class Withdrawal extends OwnerCommand {
        @Override
        protected void execute() {
            remote.removeWaiter(RemoteAwait.this);
        }
    }

    @Override
    void cancelLocally() {
        remote.cancel();
    }

    private final class Arrival extends Command {
        @Override
        protected void execute() {
            complete(remote.outcome());
        }

        @Override
        protected void refused() {
            // the awaiting shard has terminated: nobody waits any more
        }
    }
}
