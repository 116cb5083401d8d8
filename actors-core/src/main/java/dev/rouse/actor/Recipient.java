package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;
import dev.rouse.dispatch.Command;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The part of an actor that takes messages in: its mailbox, what becomes of a message that is sent to it, and of the
/// ask that has brought it.
///
/// Any thread may send; all else is for the owning shard. A sender on another shard takes its place in the mailbox
/// first and then goes through the inbox lane ([Arrival]), so that the lane holds no more than the mailboxes allow.
///
/// | the mailbox | a message |
/// |---|---|
/// | has room | is in it, in the order of sending |
/// | is full | waits with its sender ([PendingSend]), is refused or is dropped: see [Overflow] |
/// | is of an actor that has stopped | is a dead letter; an ask fails at once |
abstract sealed class Recipient<M> extends Cell implements ActorRef<M> permits ActorCell {
    private final String name;
    final Mailbox mailbox;
    private @Nullable Ask<?> newestAsk;

    /// Null where senders wait for room.
    private final @Nullable Shedding shedding;

    /// Written by the owner; others read it for an early answer only and are told for certain on the owning shard.
    private volatile boolean closed;

    Recipient(LocalSystem local, @Nullable Cell parent, String name, ActorOptions options) {
        super(local);
        this.parent = parent;
        this.name = name;
        int capacity = options.mailbox() == 0 ? local.limits.mailbox() : options.mailbox();
        FaultSource faults = parent == null ? null : local.faults; // not for the guardian
        this.mailbox = faults == null ? new Mailbox(capacity) : new FaultyMailbox(capacity, faults, this);
        this.shedding = options.overflow() == Overflow.SUSPEND ? null : new Shedding(options.overflow());
    }

    /// A message has come into the mailbox, or control.
    abstract void onMessage();

    /// Why the actor has failed; null if it has not.
    abstract @Nullable Throwable failureOfActor();

    // Any thread.

    @Override
    final String name() {
        return name;
    }

    @Override
    public final void tell(M message) {
        Objects.requireNonNull(message, "message");
        if (local.witness != null) {
            Sightings.told(this, message);
        }
        send(message);
    }

    @Override
    public final Delivery tryTell(M message) {
        Delivery delivery = offer(Objects.requireNonNull(message, "message"));
        if (delivery == Delivery.FULL) {
            local.refused("mailbox", mailbox.capacity(), this);
        } else if (delivery == Delivery.ACCEPTED && local.witness != null) {
            Sightings.told(this, message);
        }
        return delivery;
    }

    /// As [#tryTell], but a refusal is for the caller to count.
    final Delivery offer(M message) {
        if (closed) {
            return Delivery.STOPPED;
        }
        return trySend(message) || (dropsOldest() && trySendAside(message)) ? Delivery.ACCEPTED : Delivery.FULL;
    }

    @Override
    public final <R> Task<R> ask(Function<ReplyTo<R>, ? extends M> message) {
        return ask(local.askTimeout, message);
    }

    @Override
    public final <R> Task<R> ask(Duration timeout, Function<ReplyTo<R>, ? extends M> message) {
        Cell sender = Cell.currentOrNull();
        LocalSystem owner = sender == null ? local : sender.local;
        Ask<R> ask = new Ask<>(owner, this, sender == null ? timeout : sender.withinDeadlines(timeout));
        M asked = Objects.requireNonNull(message.apply(replyTo(ask)), "message");
        if (local.witness != null) {
            Sightings.asked(this, asked, timeout);
        }
        Ask.Request request = sender == null ? ask.startFromOutside(asked) : ask.start(asked);
        try {
            send(request);
        } catch (RouseException e) {
            ask.cancel();
            throw e;
        }
        return ask;
    }

    private <R> ReplyTo<R> replyTo(Ask<R> ask) {
        ReplyHandle<R> handle = ask.handle();
        return local.faults == null ? handle : new FaultyReply<>(handle, local.faults, this);
    }

    // What is sent, and what is in the mailbox, is a message or the request of an ask, which carries one.

    private void send(Object entry) {
        if (!trySend(entry)) {
            sendToFull(entry);
        }
    }

    /// Delivers it, or to the dead letters once the actor has stopped; false when the mailbox is full.
    private boolean trySend(Object entry) {
        if (local.shard.isCurrent()) {
            return trySendHere(entry);
        }
        if (closed) {
            neverDelivered(entry);
            return true;
        }
        if (!mailbox.admit()) {
            return false;
        }
        local.shard.submit(new Arrival(this, entry));
        return true;
    }

    private boolean trySendHere(Object entry) {
        if (closed) {
            neverDelivered(entry);
            return true;
        }
        if (!mailbox.offer(entry)) {
            return false;
        }
        track(entry);
        onMessage();
        return true;
    }

    /// What is on its way through the inbox lane, in a slot of the mailbox.
    private static final class Arrival extends Command {
        private final Recipient<?> target;
        private final Object entry;

        Arrival(Recipient<?> target, Object entry) {
            this.target = target;
            this.entry = entry;
        }

        @Override
        protected void execute() {
            if (target.closed) {
                refused();
                return;
            }
            if (target.dropsOldest() && target.mailbox.isFull()) {
                target.dropOldest();
            }
            target.mailbox.arrive(entry);
            target.track(entry);
            target.onMessage();
        }

        @Override
        protected void refused() {
            target.mailbox.giveBack();
            target.deadLetter(entry);
        }
    }

    // A full mailbox.

    private void sendToFull(Object entry) {
        switch (overflow()) {
            case SUSPEND -> waitForRoom(entry);
            case REJECT -> {
                local.refused("mailbox", mailbox.capacity(), this);
                throw full(shedNewest(entry, DeadLetter.Reason.REJECTED), Shedding.remedy(Overflow.REJECT));
            }
            case DROP_NEWEST -> dropNewest(entry);
            case DROP_OLDEST -> {
                if (!trySendAside(entry)) {
                    new PendingSend(this, entry, Cell.currentOrNull()).await();
                }
            }
        }
    }

    private Overflow overflow() {
        return shedding == null ? Overflow.SUSPEND : shedding.policy;
    }

    private boolean dropsOldest() {
        return overflow() == Overflow.DROP_OLDEST;
    }

    private void waitForRoom(Object entry) {
        Cell sender = Cell.currentOrNull();
        if (sender == this) {
            throw full(messageIn(entry), "the actor cannot wait for itself to make room");
        }
        new PendingSend(this, entry, sender).await();
    }

    private void dropNewest(Object entry) {
        Object message = shedNewest(entry, DeadLetter.Reason.DROPPED_NEWEST);
        if (entry instanceof Ask.Request request) {
            failAsk(request, full(message, Shedding.remedy(Overflow.DROP_NEWEST)));
        }
    }

    /// By the sender. Returns the message.
    private Object shedNewest(Object entry, DeadLetter.Reason reason) {
        Object message = messageIn(entry);
        countShed();
        local.system.deadLetterOffice().atSender(this, message, reason);
        return message;
    }

    private void countShed() {
        if (shedding != null) {
            shedding.count();
        }
    }

    /// Messages that this actor has refused or dropped since its mailbox was full. Any thread.
    final long shed() {
        return shedding == null ? 0 : shedding.shed();
    }

    private MailboxFullException full(Object message, String why) {
        return new MailboxFullException(path(), message, mailbox.capacity(), why);
    }

    /// Delivers to a mailbox that drops its oldest; false when as many as it holds are on their way to it.
    private boolean trySendAside(Object entry) {
        if (local.shard.isCurrent()) {
            if (putAside(entry)) {
                track(entry);
                onMessage();
            } else {
                deadLetter(entry);
            }
            return true;
        }
        if (!mailbox.admitAside()) {
            return false;
        }
        local.shard.submit(new Arrival(this, entry));
        return true;
    }

    /// Adds to a mailbox that drops its oldest. A loop, since to report one that is dropped may block for a moment,
    /// and others add theirs meanwhile.
    ///
    /// @return false if the actor has ended meanwhile, and the message is not in its mailbox
    private boolean putAside(Object entry) {
        while (!closed) {
            if (mailbox.offerAside(entry)) {
                return true;
            }
            dropOldest();
        }
        return false;
    }

    private void dropOldest() {
        Object oldest = mailbox.drop();
        if (oldest == null) {
            return;
        }
        countShed();
        Object message = messageIn(oldest);
        local.system.deadLetterOffice().add(this, message, DeadLetter.Reason.DROPPED_OLDEST);
        if (oldest instanceof Ask.Request request) {
            forget(request.ask());
            failAsk(request, full(message, Shedding.remedy(Overflow.DROP_OLDEST)));
        }
    }

    // What is not delivered.

    /// The message, which must not be delivered any more.
    static Object messageIn(Object entry) {
        return entry instanceof Ask.Request request ? request.take() : entry;
    }

    private static void failAsk(Object entry, RouseException why) {
        if (entry instanceof Ask.Request request) {
            request.ask().settleFromAnywhere(new Failure(why));
        }
    }

    /// By the sender, for a message to an actor that has stopped.
    private void neverDelivered(Object entry) {
        if (isRefusedRoot(entry)) {
            return;
        }
        local.system.deadLetterOffice().atSender(this, messageIn(entry), reasonOfEnd());
        failAsk(entry, new ActorStoppedException(path(), failureOfActor()));
    }

    /// Counts a message that reaches nobody, and fails the ask that it belongs to. The shard or, after its end, any
    /// thread.
    final void deadLetter(Object entry) {
        if (!isRefusedRoot(entry)) {
            count(entry);
            failAsk(entry, new ActorStoppedException(path(), failureOfActor()));
        }
    }

    final void count(Object entry) {
        local.system.deadLetterOffice().add(this, messageIn(entry), reasonOfEnd());
    }

    private boolean isRefusedRoot(Object entry) {
        if (entry instanceof LocalSystem.Root root) {
            root.cell().refuse(new SystemClosedException(local.system.name()));
            return true;
        }
        return false;
    }

    private DeadLetter.Reason reasonOfEnd() {
        return local.system.isClosed() ? DeadLetter.Reason.SYSTEM_CLOSED : DeadLetter.Reason.STOPPED;
    }

    // Owning shard only.

    /// Lets a sender wait for room; there may be some by now.
    final void enqueue(PendingSend sender) {
        if (closed) {
            sender.stopped();
        } else if (dropsOldest()) {
            if (putAside(sender.message())) {
                sender.accepted();
                onMessage();
            } else {
                sender.stopped();
            }
        } else if (mailbox.offerWaiting(sender.message())) {
            sender.accepted();
            onMessage();
        } else {
            mailbox.enqueue(sender);
        }
    }

    /// Remembers an ask whose message is in the mailbox, to fail it if the actor stops before it has answered.
    final void track(Object entry) {
        if (entry instanceof Ask.Request request) {
            newestAsk = request.ask().linkBefore(newestAsk);
        }
    }

    final void forget(Ask<?> ask) {
        newestAsk = ask.unlinkFrom(newestAsk);
    }

    private void failAsk(Ask<?> ask, @Nullable Throwable why) {
        forget(ask);
        ask.settleFromAnywhere(new Failure(new ActorStoppedException(path(), why)));
    }

    /// Those whose messages the actor has taken, and not answered.
    final void failTakenAsks(@Nullable Throwable why) {
        Ask<?> ask = newestAsk;
        while (ask != null) {
            if (ask.isTaken()) {
                failAsk(ask, why); // which may let others run: the list is another one then
                ask = newestAsk;
            } else {
                ask = ask.older();
            }
        }
    }

    /// The ask that came with the message that was taken last.
    final void failLastTakenAsk(Throwable why) {
        for (Ask<?> ask = newestAsk; ask != null; ask = ask.older()) {
            if (ask.isLastTaken()) {
                failAsk(ask, why);
                return;
            }
        }
    }

    /// Opens the request, or passes it and those behind it over, as far as their askers have given up.
    final @Nullable Object firstWanted(Ask.Request first) {
        Object entry = first;
        while (entry instanceof Ask.Request request) {
            Object message = request.take();
            if (!request.ask().isExpired()) {
                return message;
            }
            local.system.deadLetterOffice().add(this, message, DeadLetter.Reason.EXPIRED);
            entry = mailbox.poll();
        }
        return entry;
    }

    final boolean isClosed() {
        return closed;
    }

    /// From here on messages are dead letters.
    final void takeNoMore() {
        closed = true;
    }

    /// What waits in the mailbox and before it becomes dead letters, and the asks that were not answered fail.
    final void disposeOfRest() {
        for (Object entry = mailbox.poll(); entry != null; entry = mailbox.poll()) {
            if (!isRefusedRoot(entry)) {
                count(entry); // its ask, if it has one, is among those below
            }
        }
        for (WaitingSender sender = mailbox.pollSender(); sender != null; sender = mailbox.pollSender()) {
            sender.stopped();
        }
        for (Ask<?> ask = newestAsk; ask != null; ask = newestAsk) {
            failAsk(ask, failureOfActor());
        }
    }
}
