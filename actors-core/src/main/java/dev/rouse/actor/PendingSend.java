package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// A message whose sender waits for room in the mailbox: a function that is suspended, or a plain thread that is
/// blocked.
///
/// The target's shard settles it; the sender sees that in `state`, written before it is woken. After the end of that
/// shard any number of threads may come with the end at once, the sender among them: a compare-and-set lets one of them
/// settle it, so that there is one dead letter.
///
/// | from | to | when |
/// |---|---|---|
/// | WAITING | ACCEPTED | there was room: the message is in the mailbox |
/// | WAITING | STOPPED | the target has stopped: the message is a dead letter |
/// | WAITING | WITHDRAWN | the sender was cancelled or interrupted first, or its ask has ended |
final class PendingSend implements BlockedThread, WaitingSender {
    enum State {
        WAITING,
        ACCEPTED,
        STOPPED,
        WITHDRAWN
    }

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(PendingSend.class, "state", State.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Recipient<?> target;
    private final Object message;
    private final @Nullable Ask<?> ask;
    private final @Nullable Cell sender;
    private volatile State state = State.WAITING;
    private volatile boolean systemClosed;

    /// What a blocked sender waits for; null before it does, and for a function. It puts a new one here, and then
    /// looks at what it waits for; who changes that does so first, and then counts down the one that is here.
    private volatile @Nullable CountDownLatch news;

    /// @param message the message, or the request of an ask
    PendingSend(Recipient<?> target, Object message, @Nullable Cell sender) {
        this.target = target;
        this.message = message;
        this.ask = message instanceof Ask.Request request ? request.ask() : null;
        this.sender = sender;
    }

    Recipient<?> target() {
        return target;
    }

    /// Who waits; null if it is a plain thread.
    @Nullable
    Cell sender() {
        return sender;
    }

    /// Whether it waits for room, and does not want to leave. Exact on the target's shard.
    boolean isWaiting() {
        return state == State.WAITING && !askHasEnded();
    }

    @Override
    public String toString() {
        return "room in the mailbox of " + target.path();
    }

    @Override
    public Object message() {
        return message;
    }

    // The sender's side.

    /// Waits until the message is in the mailbox or a dead letter.
    ///
    /// @throws CancelledException if the sender was cancelled or interrupted first; the message is then not sent
    /// @throws MailboxFullException if that would close a cycle; likewise
    void await() {
        if (sender == null) {
            awaitBlocked();
        } else {
            awaitSuspended(sender);
        }
    }

    private void awaitSuspended(Cell cell) {
        cell.throwIfInterrupted();
        ViolationException cycle = WaitGraph.beforeSend(cell, this);
        if (cycle != null) {
            throw new MailboxFullException(
                    target.path(), Recipient.messageIn(message), target.mailbox.capacity(), cycle);
        }
        if (ask != null) {
            ask.addWaiter(cell);
        }
        LongWaits.Entry entry = cell.isOnShardOf(target) ? null : cell.local.longWaits.add(this);
        enqueue();
        ViolationException refused;
        try {
            refused = awaitSettled(cell);
        } finally {
            if (entry != null) {
                cell.local.longWaits.remove(entry);
            }
            if (ask != null) {
                ask.removeWaiter(cell);
            }
        }
        if (state == State.WITHDRAWN && !askHasEnded()) {
            cell.throwIfInterrupted();
            if (refused != null) {
                throw new MailboxFullException(
                        target.path(), Recipient.messageIn(message), target.mailbox.capacity(), refused);
            }
        }
    }

    /// Returns the violation for which it was withdrawn, if it was.
    private @Nullable ViolationException awaitSettled(Cell cell) {
        boolean withdrawing = false;
        CycleFound cycle = null;
        while (state == State.WAITING) {
            if (!withdrawing && (cycle != null || cell.isInterrupted() || askHasEnded())) {
                withdrawing = true;
                withdraw();
                continue;
            }
            CycleFound found = cell.suspend(this);
            if (withdrawing || !isWaiting() || cell.isInterrupted()) {
                continue;
            }
            if (found == null) { // see Cell.waitAgain
                ViolationException refused = WaitGraph.beforeSend(cell, this);
                if (refused != null) {
                    withdraw(); // at once, since that has looked at one shard only
                    return refused;
                }
            } else if (found.isReportedOnly(cell)) {
                found.report(cell);
            } else {
                cycle = found; // it counts once the message cannot be accepted any more
            }
        }
        return cycle == null || state != State.WITHDRAWN || askHasEnded() || cell.isInterrupted()
                ? null
                : refusal(cell, cycle);
    }

    private static @Nullable ViolationException refusal(Cell cell, CycleFound cycle) {
        try {
            cycle.report(cell);
            return null;
        } catch (ViolationException refused) {
            return refused;
        }
    }

    /// The ask's deadline runs while its message waits for room.
    private boolean askHasEnded() {
        return ask != null && ask.isDone();
    }

    private void awaitBlocked() {
        ActorSystem system = target.local.system;
        system.blockedThreads().add(this);
        boolean interrupted = false;
        try {
            if (ask != null) {
                ask.whenDone(_ -> wakeThread());
            }
            enqueue();
            if (system.isTerminated()) {
                onSystemClosed();
            }
            interrupted = block();
        } finally {
            system.blockedThreads().remove(this);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (state == State.WAITING) {
            if (target.local.shard.isTerminated()) {
                stopped();
            } // else its last turn still runs: whoever ends the shard then settles this
        } else if (state == State.WITHDRAWN && !askHasEnded()) {
            throw new CancelledException("interrupted while the mailbox was full: target=" + target.path() + ", limit="
                    + target.mailbox.capacity() + "; the message was not sent");
        }
    }

    /// Returns whether the thread was interrupted meanwhile.
    private boolean block() {
        boolean interrupted = false;
        boolean withdrawing = false;
        while (state == State.WAITING && !systemClosed) {
            CountDownLatch next = new CountDownLatch(1);
            news = next;
            interrupted |= Thread.interrupted();
            if (!withdrawing && (interrupted || askHasEnded())) {
                withdrawing = true;
                withdraw();
            } else if (state == State.WAITING && !systemClosed) {
                interrupted |= isInterruptedDuring(next);
            }
        }
        return interrupted;
    }

    private boolean isInterruptedDuring(CountDownLatch next) {
        try {
            boolean _ = target.local.system.await(next, Long.MAX_VALUE);
            return false;
        } catch (InterruptedException _) {
            return true;
        }
    }

    private void wakeThread() {
        CountDownLatch waited = news;
        if (waited != null) {
            waited.countDown();
        }
    }

    @Override
    public void onSystemClosed() {
        systemClosed = true;
        wakeThread();
    }

    private void enqueue() {
        onTargetShard(() -> target.enqueue(this));
    }

    private void withdraw() {
        onTargetShard(() -> {
            if (state == State.WAITING) {
                target.mailbox.withdraw(this);
                settle(State.WITHDRAWN);
            }
        });
    }

    private void onTargetShard(Runnable step) {
        if (target.local.shard.isCurrent()) {
            step.run();
        } else {
            target.local.shard.submit(new Step(step));
        }
    }

    private final class Step extends Command {
        private final Runnable step;

        Step(Runnable step) {
            this.step = step;
        }

        @Override
        protected void execute() {
            step.run();
        }

        @Override
        protected void refused() {
            stopped();
        }
    }

    // The target's side.

    @Override
    public void accepted() {
        target.track(message);
        settle(State.ACCEPTED);
    }

    @Override
    public void stopped() {
        if (becomes(State.STOPPED)) {
            target.deadLetter(message);
            tellSender();
        }
    }

    private void settle(State settled) {
        if (becomes(settled)) {
            tellSender();
        }
    }

    /// Returns whether this call has settled it.
    private boolean becomes(State settled) {
        return STATE.compareAndSet(this, State.WAITING, settled);
    }

    private void tellSender() {
        if (sender == null) {
            wakeThread();
        } else if (sender.local.shard.isCurrent()) {
            sender.wake();
        } else {
            sender.local.shard.submit(new Wake(sender));
        }
    }

    private static final class Wake extends Command {
        private final Cell sender;

        Wake(Cell sender) {
            this.sender = sender;
        }

        @Override
        protected void execute() {
            sender.wake();
        }

        @Override
        protected void refused() {
            // the sender's shard has terminated: it never goes on
        }
    }
}
