package dev.rouse.actor;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A message actor: each turn hands waiting messages to its behaviour, one at a time, as many as its budget allows.
final class MessageCell<M> extends ActorCell<M> {
    /// Messages between two readings of the clock, which costs as much as handling one. A guess.
    private static final int MESSAGES_PER_CLOCK = 16;

    private final Supplier<? extends Actor<M>> factory;
    private @Nullable Actor<M> behavior;

    /// Whether it is in the run queue or has a turn. True from the start: the first turn starts it.
    private boolean scheduled = true;

    private boolean stopping;

    MessageCell(
            LocalSystem local, @Nullable Cell parent, String name, int capacity, Supplier<? extends Actor<M>> factory) {
        super(local, parent, name, capacity);
        this.factory = factory;
    }

    @Override
    void onMessage() {
        if (!scheduled) {
            schedule();
        }
    }

    private void schedule() {
        scheduled = true;
        local.shard.ready(this);
    }

    @Override
    void stopAfterMessage() {
        stopping = true;
    }

    @Override
    void onCancel() {
        stopping = true;
        onMessage();
    }

    @Override
    protected void run() {
        try {
            if (behavior == null) {
                start();
            }
            receive();
        } catch (CancelledException e) {
            if (!isCancelled()) {
                fail(e); // it has awaited something that was cancelled
            }
        } catch (Throwable e) {
            fail(e);
        }
        if (stopping || hasFailed()) {
            stopBehavior();
            close();
        } else if (hasMore()) {
            local.shard.ready(this);
        } else {
            scheduled = false;
            mailbox.trim();
        }
    }

    private void start() throws Exception {
        if (stopping) {
            return;
        }
        Actor<M> started = Objects.requireNonNull(factory.get(), "behavior");
        started.onStart(this);
        behavior = started;
    }

    private void receive() throws Exception {
        Actor<M> actor = behavior;
        if (actor == null) {
            return;
        }
        int handled = 0;
        long startNanos = 0; // read only once a turn has turned out to be a long one
        for (int budget = local.turnMessages; handled < budget && !stopping; handled++) {
            if (handled > 0 && handled % MESSAGES_PER_CLOCK == 0) {
                long now = local.shard.clock().nanoTime();
                if (handled == MESSAGES_PER_CLOCK) {
                    startNanos = now;
                } else if (now - startNanos >= local.turnNanos) {
                    return;
                }
            }
            M message = poll();
            if (message == null) {
                return;
            }
            actor.receive(message, this);
        }
    }

    private void stopBehavior() {
        Actor<M> actor = behavior;
        if (actor == null) {
            return;
        }
        try {
            actor.onStop(this);
        } catch (Throwable e) {
            if (hasFailed()) {
                LOG.log(System.Logger.Level.ERROR, "a failed actor failed again in onStop: actor=" + path(), e);
            } else if (!(e instanceof CancelledException && isCancelled())) {
                fail(e);
            }
        }
    }
}
