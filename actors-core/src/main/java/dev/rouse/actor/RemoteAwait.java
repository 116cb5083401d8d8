package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import org.jspecify.annotations.Nullable;

/// Stands on the awaiting shard for an outcome of another shard.
final class RemoteAwait extends Promise<Object> implements Waiter {
    private final Outcome<?> remote;
    private LongWaits.@Nullable Entry entry;

    private RemoteAwait(Outcome<?> remote, LocalSystem local) {
        super(local);
        this.remote = remote;
    }

    static RemoteAwait of(Outcome<?> remote, LocalSystem local) {
        RemoteAwait await = new RemoteAwait(remote, local);
        await.entry = local.longWaits.add(await);
        remote.whenDone(await);
        return await;
    }

    Outcome<?> remote() {
        return remote;
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
        super.observed();
        remote.observed();
    }

    /// The only waiter has given up: nothing must be left behind with a remote outcome that may live on for long,
    /// and a failure that comes too late is not seen here.
    @Override
    void removeWaiter(Waiter waiter) {
        super.removeWaiter(waiter);
        leaveLongWaits();
        remote.isLeftBy(this);
    }

    private void leaveLongWaits() {
        if (entry != null) {
            local.longWaits.remove(entry);
            entry = null;
        }
    }

    @Override
    void cancelLocally() {
        remote.cancel();
    }

    private final class Arrival extends Command {
        @Override
        protected void execute() {
            leaveLongWaits();
            if (remote.outcome() instanceof Failure failure) {
                completeFailed(failure);
                if (!hasWaiters()) {
                    remote.isLeftBy(RemoteAwait.this);
                }
            } else {
                complete(remote.outcome());
            }
        }

        /// The awaiting shard has terminated: nobody waits any more.
        @Override
        protected void refused() {
            remote.isLeftBy(RemoteAwait.this);
        }
    }
}
