package dev.rouse.actor;

import dev.rouse.dispatch.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A direct-style actor: its whole life is one turn, which suspends whenever its inbox is empty.
final class DirectCell<M> extends ActorCell<M> implements Inbox<M> {
    private final DirectActor<M> body;
    private boolean receiving;
    private int budget;

    DirectCell(LocalSystem local, @Nullable Cell parent, String name, int capacity, DirectActor<M> body) {
        super(local, parent, name, capacity);
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
    protected void run() {
        try {
            if (!isCancelled()) {
                body.run(this);
            }
        } catch (CancelledException e) {
            if (!isCancelled()) {
                fail(e); // it has awaited something that was cancelled
            }
        } catch (Throwable e) {
            fail(e);
        }
        close();
    }

    @Override
    public M receive() {
        requireOwnTurn("an inbox");
        while (true) {
            M message = next();
            if (message != null) {
                return message;
            }
            mailbox.trim();
            receiving = true;
            suspend(this);
            receiving = false;
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
        Patience patience = new Patience();
        local.schedule(patience, Durations.toNanos(atMost), this);
        try {
            while (true) {
                message = next();
                if (message != null || patience.isOver) {
                    return message;
                }
                receiving = true;
                suspend(this);
                receiving = false;
            }
        } finally {
            local.shard.cancel(patience);
        }
    }

    /// Wakes the actor when it has waited long enough.
    private final class Patience extends Timer {
        private boolean isOver;

        @Override
        protected void onExpiry() {
            isOver = true;
            wake();
        }
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
