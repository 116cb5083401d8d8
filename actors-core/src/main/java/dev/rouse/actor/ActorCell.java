package dev.rouse.actor;

import dev.rouse.actor.spi.Effect;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An actor: the [Recipient] of messages and, in its subclasses, the behaviour that handles them. It is its own
/// reference, context and end.
///
/// Any thread may use what [ActorRef] offers; all else is for the owning shard.
///
/// **The end**, in this order: (1) the behaviour has handled its last message, (2) the child actors stop, the newest
/// first, each after the end of the one before, (3) `onStop`, (4) from here on messages are dead letters, and its
/// timers have ended, (5) what waits in the mailbox and before it becomes dead letters, (6) asks that were not answered
/// fail, (7) the child functions of an actor that was stopped from outside, or has failed, are cancelled, (8) when the
/// last child has ended, the actor has [terminated][ActorRef#terminated].
///
/// **A restart** goes through (2) and (3), and then the rest of [#tearDown]: the mailbox is kept. See [Supervised].
abstract sealed class ActorCell<M> extends Recipient<M> implements ActorContext<M>, Timers<M>
        permits MessageCell, DirectCell {
    private @Nullable Annex annex;

    ActorCell(LocalSystem local, @Nullable Cell parent, String name, ActorOptions options) {
        super(local, parent, name, options);
        configure(options);
    }

    // Any thread.

    @Override
    public final void stop() {
        if (local.witness != null) {
            Sightings.stopCalled(this);
        }
        if (Cell.currentOrNull() == this) {
            stopAfterMessage();
        } else {
            cancel();
        }
    }

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"}) // an actor ends with null
    public final Task<Void> terminated() {
        return (Task) this;
    }

    @Override
    public final ActorRef<M> self() {
        return this;
    }

    @Override
    public final ActorSystem system() {
        return local.system;
    }

    // Owning shard only.

    final Annex annex() {
        Annex present = annex;
        if (present == null) {
            present = new Annex();
            annex = present;
        }
        return present;
    }

    @Override
    public final <C> ActorRef<C> spawnActor(String childName, Supplier<? extends Actor<C>> behavior) {
        requireOwnTurn("a context");
        return Rouse.spawnActor(childName, behavior);
    }

    /// Has the actor come to the entry before it comes to its mailbox. Does nothing when the entry waits already,
    /// or the actor has closed.
    final void tellControl(Control entry) {
        if (isClosed() || entry.queued) {
            return;
        }
        annex().add(entry);
        onMessage();
    }

    /// Takes out an entry that is not to be delivered any more; does nothing when it does not wait.
    final void withdraw(Control entry) {
        if (annex != null) {
            annex.withdraw(entry);
        }
    }

    /// Whether anything waits for the actor.
    final boolean hasMore() {
        return !mailbox.isEmpty() || (annex != null && !annex.isEmpty());
    }

    /// The actor is done with the message that it has handled last, and does not ask for another one now.
    final void endsTurn() {
        if (annex != null) {
            annex.handledAll();
        }
    }

    /// What the actor handles next: control, then messages; null when there is nothing. In a turn of the actor.
    @SuppressWarnings("unchecked") // only tell(M) and its like put messages in
    final @Nullable M poll() {
        Annex present = annex;
        if (present != null) {
            Object control = present.poll(mailbox);
            if (control != null) {
                return (M) control;
            }
        }
        Object entry = mailbox.poll();
        return (M) (entry instanceof Ask.Request request ? firstWanted(request) : entry);
    }

    /// @throws ViolationException if the caller is not this actor
    final void requireOwnTurn(String what) {
        if (isClosed()) {
            throw local.system
                    .rules()
                    .refused(Violation.USED_AFTER_STOP, what + " was used after the end of its actor: actor=" + path());
        }
        if (Cell.currentOrNull() != this) {
            throw local.system.rules().refused(Violation.FOREIGN_TOUCH, what + " was used by another: actor=" + path());
        }
    }

    @Override
    public final void stash(M message) {
        requireOwnTurn("a stash");
        annex().stash(this, Objects.requireNonNull(message, "message"));
    }

    @Override
    public final void unstashAll() {
        requireOwnTurn("a stash");
        annex().unstashAll();
    }

    @Override
    public final Timers<M> timers() {
        return this;
    }

    @Override
    public final ActorTimer once(Duration delay, M message) {
        return startTimer(Effect.Rhythm.ONCE, Durations.toNanos(delay), message);
    }

    @Override
    public final ActorTimer atFixedRate(Duration period, M message) {
        return startTimer(Effect.Rhythm.FIXED_RATE, Durations.requirePositive("period", period), message);
    }

    @Override
    public final ActorTimer withFixedDelay(Duration delay, M message) {
        return startTimer(Effect.Rhythm.FIXED_DELAY, Durations.requirePositive("delay", delay), message);
    }

    private ActorTimer startTimer(Effect.Rhythm rhythm, long nanos, M message) {
        Objects.requireNonNull(message, "message");
        requireOwnTurn("a timer");
        MessageTimer timer = new MessageTimer(this, rhythm, nanos, message);
        timer.start();
        annex().add(timer);
        if (local.witness != null) {
            Sightings.saw(this, new Effect.TimerStarted(rhythm, Duration.ofNanos(nanos), message));
        }
        return timer;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // an actor is itself only
    public final Watch watch(ActorRef<?> other, Function<Terminated, ? extends M> message) {
        ActorCell<?> watched = (ActorCell<?>) Objects.requireNonNull(other, "other");
        Objects.requireNonNull(message, "message");
        requireOwnTurn("a watch");
        if (watched == this) {
            throw new IllegalArgumentException(
                    "an actor cannot watch itself: actor=" + path() + "; clean up in onStop instead");
        }
        if (annex().watches() >= local.limits.watchesPerActor()) {
            local.refused("watchesPerActor", local.limits.watchesPerActor(), this);
            throw new LimitExceededException("watchesPerActor", local.limits.watchesPerActor(), path());
        }
        DeathWatch watch = new DeathWatch(this, watched, message);
        annex().add(watch);
        if (local.witness != null) {
            Sightings.saw(this, new Effect.Watched(watched));
        }
        watch.start();
        return watch;
    }

    /// Why the actor has failed; any thread, once it has ended.
    final @Nullable Throwable failureAtEnd() {
        Throwable cutOff = failure();
        return cutOff == null ? failureOfActor() : cutOff;
    }

    /// Ends all timers and watches of the actor; also those whose messages wait.
    private void endTimersAndWatches() {
        if (annex != null) {
            annex.endTimers();
            annex.endWatches();
        }
    }

    /// Ends the actor when the message that it handles is done.
    abstract void stopAfterMessage();

    // Its behaviour, in its turn.

    private void configure(ActorOptions options) {
        if (options.stash() != 0) {
            annex().limitStash(options.stash());
        }
        if (options.supervision() != Supervision.stop()) {
            annex().supervision = options.supervision();
        }
        Duration timeout = options.stopTimeout();
        if (timeout != null) {
            annex().stopNanos = Durations.toNanos(timeout);
        }
    }

    /// How long the end of this actor may hold up that of others.
    final long stopNanos() {
        return annex == null || annex.stopNanos == 0 ? local.stopNanos : annex.stopNanos;
    }

    /// Whether its behaviour must not go on.
    abstract boolean isToStop();

    /// Whether there is a behaviour that could go on after a failure.
    abstract boolean hasState();

    /// Makes a fresh behaviour; there is none.
    abstract void startBehavior() throws Exception;

    /// Takes leave of the behaviour, if there is one.
    abstract void stopBehavior() throws Exception;

    /// After the behaviour has thrown, or the actor was told to leave it: returns when it can go on or is to stop.
    final void settle(@Nullable Throwable thrown) {
        boolean ours = thrown != null && isInterruption(thrown);
        if ((thrown == null || ours) && !isHalted()) {
            return; // it is to stop
        }
        if (thrown != null && !ours) {
            Events.failed(this, thrown);
            if (local.witness != null) {
                Sightings.saw(this, new Effect.Failed(thrown));
            }
        }
        try {
            annex().supervised(this).settle(ours ? null : thrown);
        } catch (Throwable e) {
            fail(e);
            SafeLog.log(
                    local.system.log(),
                    Level.ERROR,
                    "an actor could not be brought back and was stopped: actor=" + path(),
                    e);
        }
        annex().failedMessage = null;
    }

    /// Whether the exception says that this actor was told to end what it does.
    final boolean isInterruption(Throwable thrown) {
        boolean ends =
                thrown instanceof CancelledException || (isInterrupt(thrown) && thrown.getSuppressed().length == 0);
        return ends && (isCancelled() || isHalted());
    }

    /// From here on the actor stops.
    final void fail(Throwable cause) {
        annex().failure = cause;
    }

    @Override
    final boolean hasFailed() {
        return failureOfActor() != null;
    }

    final void escalate(Throwable cause) {
        Objects.requireNonNull(parent).onEscalation(this, cause);
    }

    @Override
    final void onEscalation(ActorCell<?> child, Throwable cause) {
        tellControl(new Escalation(new ChildFailedException(child.path(), cause)));
    }

    final boolean isRoot() {
        return parent == local.guardian;
    }

    /// The actors of the same parent that have not ended, this one among them, in the order of their start.
    final List<ActorCell<?>> siblingActors() {
        List<ActorCell<?>> siblings = parent == null ? new ArrayList<>() : parent.childActors();
        siblings.removeIf(sibling -> sibling.isClosed());
        return siblings.reversed();
    }

    /// Ends what belongs to the behaviour that has failed, in this order: (1) its child functions are cancelled and
    /// its child actors stopped, (2) `onStop`, (3) its timers, watches and stash, (4) the asks that it has taken
    /// and not answered. The mailbox is kept.
    final void tearDown(@Nullable Throwable why) {
        endChildren();
        beginLastCleanup();
        try {
            stopBehavior();
        } catch (Throwable e) {
            if (!isInterruption(e)) {
                SafeLog.log(
                        local.system.log(),
                        Level.WARNING,
                        "an actor failed in onStop, before a restart: actor=" + path(),
                        e);
            }
        }
        endTimersAndWatches();
        if (annex != null) {
            annex.clear(); // failures of children that have ended by now
            annex.drainStash(
                    message -> local.system.deadLetterOffice().add(this, message, DeadLetter.Reason.RESTARTED));
        }
        failTakenAsks(why);
    }

    private void endChildren() {
        List<FunctionCell> functions = cancelChildFunctions();
        OrderlyStop.awaitAll(this);
        for (FunctionCell function : functions) {
            OrderlyStop.await(this, function, stopNanos());
        }
    }

    /// The ask that came with the message whose handling has failed.
    final void failCurrentAsk(Throwable why) {
        if (annex().failedMessage == null || annex().pastMailbox()) {
            return;
        }
        failLastTakenAsk(why);
    }

    /// The end of the actor; see the class. In its turn.
    final void finish() {
        if (parent != null) { // the children of the guardian are roots: they have no order
            OrderlyStop.awaitAll(this);
        }
        endHalt();
        beginLastCleanup();
        try {
            stopBehavior();
        } catch (Throwable e) {
            if (hasFailed()) {
                SafeLog.log(
                        local.system.log(), Level.ERROR, "a failed actor failed again in onStop: actor=" + path(), e);
            } else if (!isInterruption(e)) {
                fail(e);
                SafeLog.log(local.system.log(), Level.ERROR, "an actor failed and was stopped: actor=" + path(), e);
            }
        }
        close();
    }

    @Override
    final @Nullable Throwable failureOfActor() {
        return annex == null ? null : annex.failure;
    }

    private void close() {
        closeMailbox();
        end();
    }

    /// Steps 2 to 4 of the end.
    private void closeMailbox() {
        takeNoMore();
        if (local.shard.isCurrent()) { // else the timers have ended with the shard
            endTimersAndWatches();
        }
        if (annex != null) {
            annex.drainStash(this::count);
        }
        disposeOfRest();
    }

    /// An actor has no end at which to look back, as a function has: what nobody waits for at its end is reported
    /// then.
    @Override
    final void onChildFailed(FunctionCell child) {
        child.leaveToWaiters();
    }

    @Override
    final boolean keeps(FunctionCell producer) {
        return !isClosed() && !isIdle() && annex().keepUnseen(producer);
    }

    /// To be called at the end of each turn.
    final void reportUnseen() {
        if (annex != null) {
            annex.reportUnseen();
        }
    }

    @Override
    final void refuse(RouseException why) {
        if (!isClosed()) {
            annex().failure = why;
            closeMailbox();
        }
        completeRefused(null);
    }

    @Override
    final void onEnded() {
        if (annex != null && annex.member != null) {
            annex.member.hasEnded();
        }
        if (local.witness != null) {
            Sightings.saw(this, new Effect.Stopped(failureOfActor()));
        }
    }

    @Override
    final boolean endsWithParent() {
        return true;
    }

    @Override
    final @Nullable Object result() {
        return null;
    }
}
