package dev.rouse.actor;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A direct-style actor: its whole life is one turn, which suspends whenever its inbox is empty.
final class DirectCell<M> extends ActorCell<M> implements Inbox<M> {
    private final DirectActor<M> body;
    private boolean receiving;
    private int budget;

    DirectCell(LocalSystem local, @Nullable Cell parent, String name, ActorOptions options, DirectActor<M> body) {
        super(local, parent, name, options);
        this.body = body;
        this.budget = local.turnMessages;
    }

    @Override
    void onMessage() {
        if (receiving) {
            receiving = false;
            wake();
        }
    }

    @Override
    void stopAfterMessage() {
        cancelLocally();
    }

    @Override
    void onCancel() {}

    @Override
    boolean isToStop() {
        return isCancelled() || hasFailed();
    }

    @Override
    protected void run() {
        boolean again = true;
        while (again && !isToStop()) {
            Throwable thrown = null;
            try {
                if (!isHalted()) {
                    body.run(local.faults == null ? this : new FaultyInbox<>(this, local.faults));
                }
            } catch (Throwable e) {
                thrown = e;
            }
            again = thrown != null || isHalted();
            if (again) {
                settle(thrown);
            }
        }
        reportUnseen();
        finish();
    }

    @Override
    boolean hasState() {
        return false;
    }

    /// The body begins when [#run] comes back to it.
    @Override
    void startBehavior() {}

    @Override
    void stopBehavior() {}

    @Override
    public M receive() {
        requireOwnTurn("an inbox");
        while (true) {
            M message = next();
            if (message != null) {
                return message;
            }
            mailbox.trim();
            awaitMore();
        }
    }

    @Override
    public @Nullable M tryReceive() {
        requireOwnTurn("an inbox");
        return next();
    }

    @Override
    public @Nullable M receive(Duration atMost) {
        requireOwnTurn("an inbox");
        M message = next();
        if (message != null || atMost.isZero() || atMost.isNegative()) {
            return message;
        }
        Patience patience = new Patience(this);
        local.schedule(patience, Durations.toNanos(atMost), this);
        try {
            while (true) {
                message = next();
                if (message != null || patience.isOver()) {
                    return message;
                }
                awaitMore();
            }
        } finally {
            local.shard.cancel(patience);
        }
    }

    /// Looks first: to pass a request over that has expired may have let others run, which have told this actor
    /// something.
    private void awaitMore() {
        if (hasMore()) {
            return;
        }
        receiving = true;
        suspend(this);
        receiving = false;
    }

    private @Nullable M next() {
        throwIfInterrupted();
        if (--budget <= 0) {
            budget = local.turnMessages;
            yieldTurn();
            throwIfInterrupted();
        }
        return poll();
    }
}
