package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An actor: a mailbox and, in its subclasses, the behaviour that empties it. It is its own reference, context and end.
///
/// Any thread may use what [ActorRef] offers; all else is for the owning shard.
///
/// **The end**, in this order: (1) the behaviour's last method has returned or thrown, (2) from here on messages are
/// dead letters, and its timers have ended, (3) what waits in the mailbox and before it becomes dead letters, (4) asks
/// that were not answered fail, (5) the children are stopped, (6) when the last of them has ended, the actor has
/// [terminated][ActorRef#terminated].
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
        return trySend(message, null) ? Delivery.ACCEPTED : Delivery.FULL;
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

    /// Ends all timers of the actor; also those whose messages wait.
    final void endTimers() {
        if (annex != null) {
            annex.endTimers();
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

    /// Logs the failure, once; the actor then stops.
    final void fail(Throwable cause) {
        annex().failure = cause;
        LOG.log(Level.ERROR, "an actor failed and was stopped: actor=" + path(), cause);
    }

    final boolean hasFailed() {
        return failureOfActor() != null;
    }

    private @Nullable Throwable failureOfActor() {
        return annex == null ? null : annex.failure;
    }

    /// See the class.
    final void close() {
        closeMailbox();
        end(hasFailed());
    }

    /// Steps 2 to 4 of the end.
    private void closeMailbox() {
        closed = true;
        if (local.shard.isCurrent()) { // else the timers have ended with the shard
            endTimers();
        }
        for (Object message = mailbox.poll(); message != null; message = mailbox.poll()) {
            deadLetter(message, null);
        }
        for (PendingSend sender = mailbox.pollSender(); sender != null; sender = mailbox.pollSender()) {
            sender.stopped();
        }
        for (Ask<?> ask = newestAsk; ask != null; ask = newestAsk) {
            forget(ask);
            ask.settleFromAnywhere(new Failure(new ActorStoppedException(path(), failureOfActor())));
        }
    }

    @Override
    final void onChildEnded(Cell child, boolean awaited) {
        // An actor has no end at which to look back, as a function has: what nobody waits for now is reported
        // now.
        if (child instanceof FunctionCell function && !awaited) {
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
    final @Nullable Object result() {
        return null;
    }
}
