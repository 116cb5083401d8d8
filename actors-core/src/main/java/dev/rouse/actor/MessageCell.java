package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;
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

    /// Whether no further message is to be handled in this turn: it is to stop, or halted.
    private boolean leaving;

    MessageCell(
            LocalSystem local,
            @Nullable Cell parent,
            String name,
            ActorOptions options,
            Supplier<? extends Actor<M>> factory) {
        super(local, parent, name, options);
        this.factory = factory;
    }

    @Override
    boolean isIdle() {
        return !scheduled;
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
        leaving = true;
    }

    @Override
    void onCancel() {
        stopAfterMessage();
        onMessage();
    }

    @Override
    void halt() {
        super.halt();
        leaving = true;
        onMessage();
    }

    @Override
    void endHalt() {
        super.endHalt();
        leaving = stopping;
    }

    @Override
    boolean isToStop() {
        return stopping || hasFailed();
    }

    @Override
    protected void run() {
        Throwable thrown = null;
        try {
            if (behavior == null && !leaving) {
                startBehavior();
            }
            receive();
        } catch (Throwable e) {
            thrown = e;
        }
        if (thrown != null || leaving) {
            settle(thrown);
        }
        reportUnseen();
        if (isToStop()) {
            finish();
            return;
        }
        endsTurn();
        if (hasMore()) {
            local.shard.ready(this);
        } else {
            scheduled = false;
            mailbox.trim();
        }
    }

    @Override
    boolean hasState() {
        return behavior != null;
    }

    @Override
    void startBehavior() throws Exception {
        Actor<M> made = Objects.requireNonNull(factory.get(), "behavior");
        FaultSource faults = local.faults;
        Actor<M> started = faults == null || isOfTheRuntime(made) ? made : new FaultyActor<>(made, faults);
        started.onStart(this);
        behavior = started;
    }

    private boolean isOfTheRuntime(Actor<M> made) {
        return parent == null || made instanceof ShardExecutor.Starter;
    }

    @Override
    void stopBehavior() throws Exception {
        Actor<M> actor = behavior;
        behavior = null;
        if (actor != null) {
            actor.onStop(this);
        }
    }

    private void receive() throws Exception {
        Actor<M> actor = behavior;
        if (actor == null) {
            return;
        }
        int handled = 0;
        long startNanos = 0; // read only once a turn has turned out to be a long one
        for (int budget = local.turnMessages; handled < budget && !leaving; handled++) {
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
            try {
                actor.receive(message, this);
            } catch (Throwable e) {
                annex().failedMessage = message;
                throw e;
            }
        }
    }
}
