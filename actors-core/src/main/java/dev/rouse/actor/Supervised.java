package dev.rouse.actor;

import dev.rouse.actor.Supervision.Decision;
import dev.rouse.actor.Supervision.Scope;
import dev.rouse.actor.spi.Effect;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/// Brings an actor back to work after a failure, or to its end. Owning shard only.
///
/// All of it happens in the turn in which the behaviour has thrown: the turn suspends while children stop and while the
/// actor waits before a restart, so that the mailbox keeps what comes meanwhile. Whatever may have happened during such
/// a wait is looked at afterwards: the actor may have been stopped, or [halted][GroupRestart] for a sibling.
final class Supervised {
    private final ActorCell<?> cell;
    private final Supervision supervision;
    private final Restarts restarts;

    /// What it is about to be restarted for; kept since a sibling may halt it first.
    private @Nullable Throwable handled;

    /// The restart of several that this actor leads.
    private @Nullable GroupRestart led;

    Supervised(ActorCell<?> cell, Supervision supervision) {
        this.cell = cell;
        this.supervision = supervision;
        this.restarts = new Restarts(supervision);
    }

    /// Returns when the actor can go on or is to stop.
    ///
    /// @param thrown what the behaviour has thrown; null if it has not, but the actor was halted
    void settle(@Nullable Throwable thrown) {
        Throwable failure = thrown;
        try {
            while (!cell.isToStop()) {
                if (cell.isHalted()) {
                    failure = follow(failure);
                } else if (failure != null) {
                    failure = handle(failure);
                } else {
                    return;
                }
            }
        } finally {
            handled = null;
            if (led != null) {
                led.dissolve();
                led = null;
            }
        }
        if (failure != null) {
            cell.fail(failure);
            SafeLog.log(
                    cell.local.system.log(),
                    Level.ERROR,
                    "an actor failed and was stopped: actor=" + cell.path(),
                    failure);
        }
    }

    /// Returns what has failed next, if anything has.
    private @Nullable Throwable handle(Throwable failure) {
        handled = failure;
        Decision decision = decide(failure);
        log(decision, failure);
        switch (decision) {
            case RESUME -> cell.failCurrentAsk(failure);
            case RESTART -> {
                return cell.isToStop() || cell.isHalted() ? null : restart(failure);
            }
            case STOP -> cell.fail(failure);
            case ESCALATE -> {
                cell.fail(failure);
                cell.escalate(failure);
            }
        }
        return null;
    }

    private Decision decide(Throwable failure) {
        Decision decision = supervision.decide(failure);
        if (decision == Decision.RESUME && !cell.hasState()) {
            decision = Decision.STOP;
        } else if (decision == Decision.RESTART && !restarts.take(now())) {
            decision = supervision.whenSpent();
        }
        return decision == Decision.ESCALATE && cell.isRoot() ? Decision.STOP : decision;
    }

    private void log(Decision decision, Throwable failure) {
        String what = switch (decision) {
            case RESUME -> "an actor failed and goes on: actor=" + cell.path();
            case RESTART ->
                "an actor failed and is restarted: actor=" + cell.path() + ", restarts in a row=" + restarts.inARow();
            case STOP -> "an actor failed and was stopped: actor=" + cell.path() + spent(failure);
            case ESCALATE -> "an actor failed and escalated: actor=" + cell.path() + spent(failure);
        };
        boolean goesOn = decision == Decision.RESUME || decision == Decision.RESTART;
        if (goesOn && !restarts.mayLog(now())) {
            return;
        }
        int leftOut = restarts.takeLeftOut();
        SafeLog.log(
                cell.local.system.log(),
                goesOn ? Level.WARNING : Level.ERROR,
                leftOut == 0 ? what : what + ", failures left out=" + leftOut,
                failure);
    }

    private String spent(Throwable failure) {
        return supervision.decide(failure) == Decision.RESTART
                ? ", the budget of restarts is spent: restarts=" + supervision.restarts() + ", within="
                        + supervision.within()
                : "";
    }

    private @Nullable Throwable restart(Throwable failure) {
        try {
            if (supervision.scope() == Scope.ONE || cell.isRoot()) {
                restartAlone(failure);
                return null;
            }
            if (led == null) {
                led = GroupRestart.form(cell, supervision.scope());
            }
            return led == null ? null : led.run(this, failure);
        } catch (Throwable e) {
            return cell.isInterruption(e) ? null : e;
        }
    }

    private void restartAlone(Throwable failure) throws Exception {
        cell.tearDown(failure);
        awaitBackoff();
        start();
    }

    /// Waits before the restart; not to the end when the actor is to stop, or to restart with others.
    void awaitBackoff() {
        cell.awaitRegardless(() -> cell.isToStop() || cell.isHalted(), restarts.backoffNanos(cell.local.random));
    }

    void start() throws Exception {
        if (!cell.isToStop() && !cell.isHalted()) {
            cell.startBehavior();
            restarts.done(now());
            if (cell.local.witness != null) {
                Sightings.saw(cell, new Effect.Restarted());
            }
        }
    }

    /// Restarts as a sibling wants it. Returns what has failed if that is this actor's own affair.
    private @Nullable Throwable follow(@Nullable Throwable failure) {
        if (failure != null) {
            SafeLog.log(
                    cell.local.system.log(),
                    Level.WARNING,
                    "an actor failed when it was about to be restarted with others: actor=" + cell.path(),
                    failure);
        }
        cell.tearDown(failure == null ? handled : failure);
        handled = null;
        GroupRestart.Member member = awaitRelease();
        cell.endHalt();
        Throwable failed = null;
        try {
            start();
        } catch (Throwable e) {
            failed = cell.isInterruption(e) ? null : e;
        }
        if (member == null) {
            return failed;
        }
        if (failed != null) {
            return member.hasFailed(failed) ? null : failed;
        }
        member.hasStarted();
        return null;
    }

    /// Waits until it may start again. Returns its part in the group that has released it; null if that has given
    /// up.
    @SuppressWarnings("ReferenceEquality") // a member is itself only
    private GroupRestart.@Nullable Member awaitRelease() {
        GroupRestart.Member member = cell.annex().member;
        GroupRestart.Member released = null;
        while (member != null && member != released) { // another group may have halted it before it came to its release
            member.awaitRelease();
            released = member;
            member = cell.annex().member;
        }
        return member;
    }

    private long now() {
        return cell.local.shard.clock().nanoTime();
    }
}
