package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Timer;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A request that waits for its reply. Belongs to the asker's shard or, when a plain thread asks, to the target's.
///
/// The target knows the asks that it has not answered yet, as a doubly linked list through the asks: the links belong
/// to the target's shard.
final class Ask<R> extends Outcome<R> implements ReplyTo<R> {
    private final ActorCell<?> target;
    private final Duration timeout;
    private @Nullable Expiry expiry;

    /// Written by the asker before it is sent.
    private @Nullable Object message;

    private @Nullable Ask<?> older;
    private @Nullable Ask<?> newer;
    private boolean linked;

    /// Where the message was put into the mailbox; see [Mailbox#polled].
    private int position;

    private boolean forgotten;

    Ask(LocalSystem local, ActorCell<?> target, Duration timeout) {
        super(local);
        this.target = target;
        this.timeout = timeout;
    }

    /// Starts the deadline. By the asker, before the message is sent.
    void start(Object asked) {
        message = asked;
        if (local.shard.isCurrent()) {
            startDeadline();
        } else {
            local.shard.submit(new OwnerCommand() {
                @Override
                protected void execute() {
                    try {
                        startDeadline();
                    } catch (LimitExceededException e) {
                        giveUp(e); // an ask without a deadline could wait forever
                    }
                }
            });
        }
    }

    private void startDeadline() {
        if (isDone()) {
            return;
        }
        Expiry started = new Expiry();
        local.schedule(started, Durations.toNanos(timeout), this);
        expiry = started;
    }

    private final class Expiry extends Timer {
        @Override
        protected void onExpiry() {
            giveUp(new AskTimeoutException(
                    target.path(),
                    Objects.requireNonNull(message),
                    timeout,
                    target.mailbox.depth(),
                    target.mailbox.capacity()));
        }
    }

    @Override
    public String path() {
        return "ask of " + target.path();
    }

    @Override
    public void reply(R value) {
        answer(value);
    }

    @Override
    public void fail(Throwable cause) {
        answer(new Failure(Objects.requireNonNull(cause, "cause")));
    }

    private void answer(@Nullable Object result) {
        forgetAtTarget();
        settleFromAnywhere(result);
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
            local.system.deadLetter(this, result == null ? "null" : result);
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
        if (expiry != null) {
            local.shard.cancel(expiry);
            expiry = null;
        }
        return true;
    }

    /// The target's shard, once the message has come there.
    @Nullable
    Object message() {
        return message;
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

    ActorCell<?> target() {
        return target;
    }

    // The target's shard.

    /// Whether the message waits in the mailbox, or is the last one that was taken out, and was not answered. The
    /// difference counts, since positions wrap.
    boolean isOwedByTurn() {
        return linked && position - target.mailbox.polled() >= -1;
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
