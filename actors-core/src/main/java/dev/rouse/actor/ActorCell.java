package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An actor: a mailbox and, in its subclasses, the behaviour that empties it. It is its own reference, context and end.
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
abstract sealed class ActorCell<M> extends Cell implements ActorRef<M>, ActorContext<M>, Timers<M>
        permits MessageCell, DirectCell {
    static final System.Logger LOG = System.getLogger("dev.rouse.actor");

    private final String name;
    final Mailbox mailbox;
    private @Nullable Ask<?> newestAsk;
    private @Nullable Annex annex;

    /// Written by the owner; others read it for an early answer only and are told for certain on the owning shard.
    private volatile boolean closed;

    ActorCell(LocalSystem local, @Nullable Cell parent, String name, int capacity) {
        super(local);
        this.parent = parent;
        this.name = name;
        this.mailbox = new Mailbox(capacity);
    }

    // Any thread.

    @Override
    final String name() {
        return name;
    }

    @Override
    public final void tell(M message) {
        send(Objects.requireNonNull(message, "message"), null);
    }

    @Override
    public final Delivery tryTell(M message) {
        Objects.requireNonNull(message, "message");
        if (closed) {
            return Delivery.STOPPED;
        }
        if (trySend(message, null)) {
            return Delivery.ACCEPTED;
        }
        local.refused("mailbox", mailbox.capacity(), this);
        return Delivery.FULL;
    }

    @Override
    public final <R> Task<R> ask(Function<ReplyTo<R>, ? extends M> message) {
        return ask(local.limits.askTimeout(), message);
    }

    @Override
    public final <R> Task<R> ask(Duration timeout, Function<ReplyTo<R>, ? extends M> message) {
        Cell sender = Cell.currentOrNull();
        LocalSystem owner = sender == null ? local : sender.local;
        Ask<R> ask = new Ask<>(owner, this, timeout);
        M asked = Objects.requireNonNull(message.apply(ask), "message");
        ask.start(asked);
        try {
            send(asked, ask);
        } catch (RouseException e) {
            ask.cancel();
            throw e;
        }
        return ask;
    }

    private void send(Object message, @Nullable Ask<?> ask) {
        if (!trySend(message, ask)) {
            Cell sender = Cell.currentOrNull();
            if (sender == this) {
                throw new MailboxFullException(
                        path(), message, mailbox.capacity(), "the actor cannot wait for itself to make room");
            }
            new PendingSend(this, message, ask, sender).await();
        }
    }

    /// Delivers the message, or to the dead letters once the actor has stopped; false when the mailbox is full.
    private boolean trySend(Object message, @Nullable Ask<?> ask) {
        if (local.shard.isCurrent()) {
            return trySendHere(message, ask);
        }
        if (!mailbox.admit()) {
            return false;
        }
        local.shard.submit(new Arrival(this, message, ask));
        return true;
    }

    private boolean trySendHere(Object message, @Nullable Ask<?> ask) {
        if (closed) {
            deadLetter(message, ask);
            return true;
        }
        if (!mailbox.offer(message)) {
            return false;
        }
        if (ask != null) {
            track(ask);
        }
        onMessage();
        return true;
    }

    /// A message on its way through the inbox lane, in a slot of the mailbox.
    private static final class Arrival extends Command {
        private final ActorCell<?> target;
        private final Object message;
        private final @Nullable Ask<?> ask;

        Arrival(ActorCell<?> target, Object message, @Nullable Ask<?> ask) {
            this.target = target;
            this.message = message;
            this.ask = ask;
        }

        @Override
        protected void execute() {
            if (target.closed) {
                refused();
                return;
            }
            target.mailbox.arrive(message);
            if (ask != null) {
                target.track(ask);
            }
            target.onMessage();
        }

        @Override
        protected void refused() {
            target.mailbox.giveBack();
            target.deadLetter(message, ask);
        }
    }

    @Override
    public final void stop() {
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

    /// Counts a message that reaches nobody, and fails the ask that it belongs to.
    final void deadLetter(Object message, @Nullable Ask<?> ask) {
        if (message instanceof LocalSystem.Root root) {
            root.cell().refuse(new SystemClosedException(local.system.name()));
            return;
        }
        local.system.deadLetter(this, message);
        if (ask != null) {
            ask.settleFromAnywhere(new Failure(new ActorStoppedException(path(), failureOfActor())));
        }
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

    /// A message has come into the mailbox, or control.
    abstract void onMessage();

    /// Has the actor come to the entry before it comes to its mailbox. Does nothing when the entry waits already,
    /// or the actor has closed.
    final void tellControl(Control entry) {
        if (closed || entry.queued) {
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
        return (M) mailbox.poll();
    }

    /// @throws ViolationException if the caller is not this actor
    final void requireOwnTurn(String what) {
        if (closed) {
            throw local.system
                    .rules()
                    .refused(Violation.USED_AFTER_STOP, what + " was used after the end of its actor: actor=" + path());
        }
        if (Cell.currentOrNull() != this) {
            throw local.system.rules().refused(Violation.FOREIGN_TOUCH, what + " was used by another: actor=" + path());
        }
    }

    @Override
    public final Timers<M> timers() {
        return this;
    }

    @Override
    public final ActorTimer once(Duration delay, M message) {
        return startTimer(MessageTimer.Rhythm.ONCE, Durations.toNanos(delay), message);
    }

    @Override
    public final ActorTimer atFixedRate(Duration period, M message) {
        return startTimer(MessageTimer.Rhythm.FIXED_RATE, Durations.requirePositive("period", period), message);
    }

    @Override
    public final ActorTimer withFixedDelay(Duration delay, M message) {
        return startTimer(MessageTimer.Rhythm.FIXED_DELAY, Durations.requirePositive("delay", delay), message);
    }

    private ActorTimer startTimer(MessageTimer.Rhythm rhythm, long nanos, M message) {
        Objects.requireNonNull(message, "message");
        requireOwnTurn("a timer");
        MessageTimer timer = new MessageTimer(this, rhythm, nanos, message);
        timer.start();
        annex().add(timer);
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
            throw new LimitExceededException("watchesPerActor", local.limits.watchesPerActor(), path());
        }
        DeathWatch watch = new DeathWatch(this, watched, message);
        annex().add(watch);
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

    /// Lets a sender wait for room; there may be some by now.
    final void enqueue(PendingSend sender) {
        if (closed) {
            sender.stopped();
        } else if (mailbox.offer(sender.message())) {
            sender.accepted();
            onMessage();
        } else {
            mailbox.enqueue(sender);
        }
    }

    /// Remembers an ask whose message is in the mailbox, to fail it if the actor stops before it has answered.
    final void track(Ask<?> ask) {
        newestAsk = ask.linkBefore(newestAsk);
    }

    final void forget(Ask<?> ask) {
        newestAsk = ask.unlinkFrom(newestAsk);
    }

    // Its behaviour, in its turn.

    /// By whoever makes the actor, before anybody else knows it.
    final void configure(ActorOptions options) {
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
        }
        try {
            annex().supervised(this).settle(ours ? null : thrown);
        } catch (Throwable e) {
            fail(e);
            log(Level.ERROR, "an actor could not be brought back and was stopped: actor=" + path(), e);
        }
        annex().failedMessage = null;
    }

    /// Whether the exception says that this actor was told to end what it does.
    final boolean isInterruption(Throwable thrown) {
        return thrown instanceof CancelledException && (isCancelled() || isHalted());
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
        siblings.removeIf(sibling -> sibling.closed);
        return siblings.reversed();
    }

    /// Ends what belongs to the behaviour that has failed, in this order: (1) its child functions are cancelled and
    /// its child actors stopped, (2) `onStop`, (3) its timers and watches, (4) the asks that it has taken and not
    /// answered. The mailbox is kept.
    final void tearDown(@Nullable Throwable why) {
        endChildren();
        try {
            stopBehavior();
        } catch (Throwable e) {
            if (!isInterruption(e)) {
                log(Level.WARNING, "an actor failed in onStop, before a restart: actor=" + path(), e);
            }
        }
        endTimersAndWatches();
        if (annex != null) {
            annex.clear(); // failures of children that have ended by now
        }
        failTakenAsks(why);
    }

    private void endChildren() {
        List<FunctionCell> functions = cancelChildFunctions();
        OrderlyStop.awaitAll(this);
        for (FunctionCell function : functions) {
            OrderlyStop.await(this, function, stopNanos());
            function.reportUnlessObserved();
        }
    }

    private void failTakenAsks(@Nullable Throwable why) {
        Set<Object> waiting = Collections.newSetFromMap(new IdentityHashMap<>());
        mailbox.forEach(waiting::add);
        Ask<?> next;
        for (Ask<?> ask = newestAsk; ask != null; ask = next) {
            next = ask.older();
            Object message = ask.message();
            if (message != null && !waiting.contains(message)) {
                failAsk(ask, why);
            }
        }
    }

    /// The ask that came with the message whose handling has failed.
    @SuppressWarnings("ReferenceEquality") // that very message, not one like it
    final void failCurrentAsk(Throwable why) {
        Object failed = annex().failedMessage;
        for (Ask<?> ask = newestAsk; failed != null && ask != null; ask = ask.older()) {
            if (ask.message() == failed) {
                failAsk(ask, why);
                return;
            }
        }
    }

    private void failAsk(Ask<?> ask, @Nullable Throwable why) {
        forget(ask);
        ask.settleFromAnywhere(new Failure(new ActorStoppedException(path(), why)));
    }

    /// In a turn, where a log handler may block. What it throws must not end the actor's turn.
    final void log(Level level, String what, Throwable failure) {
        try {
            LOG.log(level, what, failure);
        } catch (Throwable _) {
            // there is no second place to report to
        }
    }

    /// The end of the actor; see the class. In its turn.
    final void finish() {
        if (parent != null) { // the children of the guardian are roots: they have no order
            OrderlyStop.awaitAll(this);
        }
        if (isCancelled()) {
            beginCleanup();
        }
        try {
            stopBehavior();
        } catch (Throwable e) {
            if (hasFailed()) {
                log(Level.ERROR, "a failed actor failed again in onStop: actor=" + path(), e);
            } else if (!isInterruption(e)) {
                fail(e);
                log(Level.ERROR, "an actor failed and was stopped: actor=" + path(), e);
            }
        }
        close();
    }

    private @Nullable Throwable failureOfActor() {
        return annex == null ? null : annex.failure;
    }

    private void close() {
        closeMailbox();
        end();
    }

    /// Steps 2 to 4 of the end.
    private void closeMailbox() {
        closed = true;
        if (local.shard.isCurrent()) { // else the timers have ended with the shard
            endTimersAndWatches();
        }
        for (Object message = mailbox.poll(); message != null; message = mailbox.poll()) {
            deadLetter(message, null);
        }
        for (PendingSend sender = mailbox.pollSender(); sender != null; sender = mailbox.pollSender()) {
            sender.stopped();
        }
        for (Ask<?> ask = newestAsk; ask != null; ask = newestAsk) {
            failAsk(ask, failureOfActor());
        }
    }

    @Override
    final void onChildEnded(Cell child) {
        // An actor has no end at which to look back, as a function has: what nobody waits for now is reported
        // now.
        if (child instanceof FunctionCell function && !function.hasEndedAwaited()) {
            function.reportUnlessObserved();
        }
    }

    @Override
    final void refuse(RouseException why) {
        if (!closed) {
            annex().failure = why;
            closeMailbox();
        }
        completeRefused(null);
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
