package dev.rouse.actor;

import dev.rouse.actor.spi.Effect;
import dev.rouse.actor.spi.Effect.Rhythm;
import dev.rouse.dispatch.Timer;
import org.jspecify.annotations.Nullable;

/// A timer of one actor, and the message that it sends. Owning shard only.
///
/// It has its place among the shard's timers from its start to its end, also while its message waits: then with a
/// deadline that never comes, unless it is the next tick of a fixed rate. So it can always be started again, and the
/// control that waits for an actor is bounded by the shard's timers.
///
/// | from | to | when |
/// |---|---|---|
/// | waiting for its time | message queued | its time has come |
/// | message queued | message queued | fixed rate: its time has come again, which is counted as missed |
/// | message queued | waiting for its time | fixed rate: the actor has taken the message |
/// | message queued | being handled | fixed delay: the actor has taken the message |
/// | being handled | waiting for its time | the actor has done with it, also by a failure that it survives |
/// | message queued | ended | once: the actor has taken the message |
/// | any | ended | cancelled, or the actor has ended |
final class MessageTimer extends Control implements ActorTimer {
    private final ActorCell<?> actor;
    private final Rhythm rhythm;
    private final long periodNanos;
    private final Object message;
    private final Alarm alarm = new Alarm();
    private long dueNanos;
    private long missed;

    private @Nullable MessageTimer older;
    private @Nullable MessageTimer newer;
    private boolean ended;

    MessageTimer(ActorCell<?> actor, Rhythm rhythm, long periodNanos, Object message) {
        this.actor = actor;
        this.rhythm = rhythm;
        this.periodNanos = periodNanos;
        this.message = message;
    }

    private final class Alarm extends Timer {
        @Override
        protected void onExpiry() {
            onTime();
        }

        @Override
        public String toString() {
            return "timer of " + actor.path() + " for a " + message.getClass().getSimpleName();
        }
    }

    /// @throws LimitExceededException if the shard has no timer left
    void start() {
        dueNanos = after(now());
        if (!schedule(dueNanos)) {
            throw actor.local.noTimerFor(actor);
        }
    }

    private void onTime() {
        // The place of this timer has just become free, so it can be taken again.
        if (rhythm == Rhythm.FIXED_RATE) {
            schedule(nextTick());
        } else {
            schedule(Long.MAX_VALUE);
        }
        if (queued) {
            missed++;
        } else {
            actor.tellControl(this);
        }
    }

    /// The first one of the rhythm that lies ahead; those that do not are missed.
    private long nextTick() {
        long next = after(dueNanos);
        long now = now();
        if (now - next >= 0) {
            long passed = (now - next) / periodNanos + 1;
            missed += passed;
            next += passed * periodNanos;
        }
        dueNanos = next;
        return next;
    }

    @Override
    Object deliver() {
        switch (rhythm) {
            case ONCE -> end();
            case FIXED_RATE -> {}
            case FIXED_DELAY -> actor.annex().handles(this);
        }
        return message;
    }

    /// The actor has done with the last message.
    void startDelay() {
        actor.local.shard.cancel(alarm);
        schedule(after(now()));
    }

    private boolean schedule(long deadlineNanos) {
        return actor.local.shard.schedule(alarm, deadlineNanos);
    }

    private long after(long nanos) {
        return Durations.deadlineNanos(nanos, periodNanos);
    }

    private long now() {
        return actor.local.shard.clock().nanoTime();
    }

    @Override
    public void cancel() {
        actor.requireOwnTurn("a timer");
        if (!ended && actor.local.witness != null) {
            Sightings.saw(actor, new Effect.TimerCancelled(message));
        }
        end();
    }

    /// Does nothing when it has ended.
    void end() {
        if (ended) {
            return;
        }
        ended = true;
        actor.local.shard.cancel(alarm);
        actor.annex().withdraw(this);
        actor.annex().remove(this);
    }

    @Override
    public long missed() {
        return missed;
    }

    // The list of the actor's timers.

    /// Links this timer in front of the newest one; returns the newest one then.
    MessageTimer linkBefore(@Nullable MessageTimer newest) {
        older = newest;
        if (newest != null) {
            newest.newer = this;
        }
        return this;
    }

    /// Takes this timer out; returns the newest one then.
    @Nullable
    MessageTimer unlinkFrom(@Nullable MessageTimer newest) {
        MessageTimer before = newer;
        MessageTimer after = older;
        newer = null;
        older = null;
        if (after != null) {
            after.newer = before;
        }
        if (before != null) {
            before.older = after;
            return newest;
        }
        return after;
    }
}
