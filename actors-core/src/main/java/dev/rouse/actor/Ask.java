package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Timer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A request that waits for its reply. Belongs to the asker's shard or, when a plain thread asks, to the target's.
///
/// The target knows the asks that it has not answered yet, as a doubly linked list through the asks: the links belong
/// to the target's shard.
///
/// Who holds what: the target and its message hold the [ReplyHandle], which holds the ask. The ask holds its handle
/// only for the first [#ARM_AFTER_NANOS]; nearly all are answered by then, and nothing was spent on the garbage
/// collector. Then a [DroppedReply] takes its place.
final class Ask<R> extends Outcome<R> {
    /// How long an ask waits before it has the garbage collector watch its handle. A guess: far longer than a busy
    /// actor takes to answer, and far shorter than until the next collection.
    private static final long ARM_AFTER_NANOS = 10_000_000;

    private static final VarHandle ANSWERED;

    static {
        try {
            ANSWERED = MethodHandles.lookup().findVarHandle(Ask.class, "answered", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Recipient<?> target;
    private final Duration timeout;

    /// The handle, then what watches it; null once the ask has ended. Owning shard only.
    private @Nullable Object watched;

    /// Null once the ask has ended. Owning shard only.
    private @Nullable Request request;

    private @Nullable Ask<?> older;
    private @Nullable Ask<?> newer;
    private boolean linked;

    /// Where the message was put into the mailbox; see [Mailbox#newest].
    private int position;

    private boolean forgotten;

    /// Set by whoever answers first. Any thread.
    @SuppressWarnings("unused") // through ANSWERED
    private volatile boolean answered;

    Ask(LocalSystem local, Recipient<?> target, Duration timeout) {
        super(local);
        this.target = target;
        this.timeout = timeout;
    }

    /// What the message of this ask is to carry. By the asker, once.
    ReplyHandle<R> handle() {
        ReplyHandle<R> handle = new ReplyHandle<>(this);
        watched = handle;
        return handle;
    }

    /// Starts the deadline and returns what is to be sent. By the asker, in a turn.
    Request start(Object message) {
        Request starting = new Request(this, message);
        startDeadline(starting);
        return starting;
    }

    /// As [#start], by an asker that is no actor.
    Request startFromOutside(Object message) {
        Request starting = new Request(this, message);
        if (local.shard.isCurrent()) {
            startDeadline(starting);
        } else {
            local.shard.submit(new OwnerCommand() {
                @Override
                protected void execute() {
                    try {
                        startDeadline(starting);
                    } catch (LimitExceededException e) {
                        giveUp(e); // an ask without a deadline could wait forever
                    }
                }
            });
        }
        return starting;
    }

    private void startDeadline(Request starting) {
        if (isDone()) {
            return;
        }
        starting.startDeadline();
        request = starting;
    }

    /// The message of an ask, as it is in the mailbox, and the deadline of the ask.
    ///
    /// As a message it belongs to the target once it was sent; as a timer, to the asker's shard.
    static final class Request extends Timer {
        private final Ask<?> ask;

        /// The message and, when the target has taken it, its class: the ask must not hold the handle through
        /// it. The asker's shard reads it for a message only, and may see either.
        private Object message;

        private long deadlineNanos;

        Request(Ask<?> ask, Object message) {
            this.ask = ask;
            this.message = message;
        }

        Ask<?> ask() {
            return ask;
        }

        // The sender, then the target's shard.

        /// The message, which is the caller's from now on.
        Object take() {
            Object taken = message;
            message = taken.getClass();
            return taken;
        }

        private String messageName() {
            Object present = message;
            Class<?> type = present instanceof Class<?> taken ? taken : present.getClass();
            return type.getSimpleName();
        }

        // The asker's shard.

        private void startDeadline() {
            long now = ask.local.shard.clock().nanoTime();
            deadlineNanos = Durations.deadlineNanos(now, Durations.toNanos(ask.timeout));
            ask.local.scheduleAt(this, now + Math.min(deadlineNanos - now, ARM_AFTER_NANOS), ask);
        }

        /// An answer that its shard has refused at its end leaves the timer to end with that.
        @Override
        protected boolean isMoot() {
            return ask.isDone();
        }

        @Override
        public String toString() {
            return "deadline of the " + ask.path();
        }

        @Override
        protected void onExpiry() {
            boolean isLong = Durations.toNanos(ask.timeout) > ARM_AFTER_NANOS;
            if (isLong && ask.watched instanceof ReplyHandle<?> handle) {
                ask.watched = ask.local.system.isConducted() ? null : new DroppedReply(handle, ask);
                ask.becomesLong();
                // The place of this timer has just become free, so it can be taken again. The deadline
                // may have passed by now, and then comes after those before it.
                ask.local.shard.schedule(this, deadlineNanos);
            } else {
                ask.giveUp(ask.timedOut(messageName()));
            }
        }
    }

    /// From here on a cycle that it is a part of is looked for.
    @SuppressWarnings("ReferenceEquality") // there is one for each shard
    private void becomesLong() {
        if (local != target.local) {
            local.longWaits.add(this); // leaves when it is found to have ended
        }
    }

    private AskTimeoutException timedOut(String message) {
        return new AskTimeoutException(
                target.path(), message, timeout, target.mailbox.depth(), target.mailbox.capacity());
    }

    /// Any thread.
    void onReplyDropped() {
        if (!isDone()) {
            local.shard.submit(new OwnerCommand() {
                @Override
                protected void execute() {
                    Request open = request;
                    if (open != null) {
                        giveUp(new ReplyDroppedException(target.path(), open.messageName()));
                    }
                }
            });
        }
    }

    @Override
    public String path() {
        return "ask of " + target.path();
    }

    /// Any thread.
    @SuppressWarnings("ReferenceEquality") // there is one for each shard
    void answer(@Nullable Object result) {
        if (!ANSWERED.compareAndSet(this, false, true)) {
            replyUsedTwice(result);
            return;
        }
        if (target.local == local && local.shard.isCurrent()) {
            target.forget(this);
            settleOrDeadLetter(result);
        } else {
            forgetAtTarget();
            settleFromAnywhere(result);
        }
    }

    /// As [#answer], but the answer gets lost on its way to the asker, which waits for its deadline; see
    /// [FaultyReply].
    void loseAnswer(@Nullable Object result) {
        if (ANSWERED.compareAndSet(this, false, true)) {
            forgetAtTarget();
        } else {
            replyUsedTwice(result);
        }
    }

    private void replyUsedTwice(@Nullable Object result) {
        Object second = result instanceof Failure(Throwable cause) ? cause : result;
        String what = "a ReplyTo was used twice: target=" + target.path() + ", second reply="
                + (second == null ? "null" : second.getClass().getSimpleName());
        local.system.rules().broken(target.path(), new ViolationException(Violation.REPLIED_TWICE, what));
    }

    /// Whether the asker has given up: nobody waits for an answer, and there was none. Any thread.
    boolean isExpired() {
        return isDone() && !(boolean) ANSWERED.getVolatile(this);
    }

    /// Ends the ask, which the target does not know any more. What comes too late is a dead letter.
    void settleFromAnywhere(@Nullable Object result) {
        if (local.shard.isCurrent()) {
            settleOrDeadLetter(result);
        } else {
            local.shard.submit(new Command() {
                @Override
                protected void execute() {
                    settleOrDeadLetter(result);
                }

                @Override
                protected void refused() {
                    completeRefused(result); // the timers have ended with the shard
                }
            });
        }
    }

    private void settleOrDeadLetter(@Nullable Object result) {
        if (!settle(result)) {
            Object reply = result instanceof Failure(Throwable cause) ? cause : result;
            local.system.deadLetterOffice().add(this, reply == null ? "null" : reply, DeadLetter.Reason.LATE_REPLY);
        }
    }

    /// Gives up, for a reason on the asker's side. Owning shard only.
    void giveUp(Throwable why) {
        if (settle(new Failure(why))) {
            forgetAtTarget();
        }
    }

    private boolean settle(@Nullable Object result) {
        if (!complete(result)) {
            return false;
        }
        watched = null;
        if (request != null) {
            local.shard.cancel(request);
            request = null;
        }
        return true;
    }

    /// The one that was linked before this one.
    @Nullable
    Ask<?> older() {
        return older;
    }

    @Override
    void cancelLocally() {
        giveUp(new CancelledException("cancelled: task=" + path()));
    }

    @Override
    protected void run() {
        throw new IllegalStateException("an ask is never given a turn: ask=" + path());
    }

    Recipient<?> target() {
        return target;
    }

    // The target's shard.

    /// Whether the message waits in the mailbox, or is the last one that the target has taken, and was not
    /// answered.
    boolean isOwedByTurn() {
        return linked
                && (target.mailbox.isWaiting(position) || target.mailbox.isLastTaken(position))
                && !(boolean) ANSWERED.getVolatile(this);
    }

    /// Whether the target has taken the message out of its mailbox, and not answered it.
    boolean isTaken() {
        return linked && !target.mailbox.isWaiting(position);
    }

    /// Whether that was the last one that the target has taken.
    boolean isLastTaken() {
        return linked && target.mailbox.isLastTaken(position);
    }

    private void forgetAtTarget() {
        if (target.local.shard.isCurrent()) {
            target.forget(this);
        } else {
            target.local.shard.submit(new OwnerCommand() {
                @Override
                protected void execute() {
                    target.forget(Ask.this);
                }
            });
        }
    }

    /// Links this ask in front of the newest one; returns the newest one then. An ask that has ended is left out,
    /// and so is one that was answered before its message came: its answer may still be on its way to the asker.
    @Nullable
    Ask<?> linkBefore(@Nullable Ask<?> newest) {
        if (forgotten || isDone()) {
            return newest;
        }
        linked = true;
        position = target.mailbox.newest();
        older = newest;
        if (newest != null) {
            newest.newer = this;
        }
        return this;
    }

    /// Takes this ask out; returns the newest one then. Does nothing when it is not in.
    @Nullable
    Ask<?> unlinkFrom(@Nullable Ask<?> newest) {
        forgotten = true;
        if (!linked) {
            return newest;
        }
        linked = false;
        Ask<?> before = newer;
        Ask<?> after = older;
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
