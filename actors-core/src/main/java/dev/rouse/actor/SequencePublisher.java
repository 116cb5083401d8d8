package dev.rouse.actor;

import dev.rouse.dispatch.Turn;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A [Sequence] as a `Flow.Publisher`, and the one subscription to it.
///
/// A function on the sequence's shard sends all signals, one after the other: a subscriber that calls back from within
/// a signal only changes the state below, so there is no recursion. The subscriber's threads write that state, and then
/// tell the function through [#tell], which has at most one command on its way: `told` is set by who submits it and
/// cleared by the command before it fires.
final class SequencePublisher<T> implements Flow.Publisher<T>, Flow.Subscription {
    private static final long UNBOUNDED = Long.MAX_VALUE;

    private final Sequence<T> sequence;
    private final LocalSystem local;

    // Written by any thread.
    private final AtomicReference<Flow.@Nullable Subscriber<? super T>> subscriber = new AtomicReference<>();
    private final AtomicBoolean subscribed = new AtomicBoolean();
    private final AtomicLong requested = new AtomicLong();
    private final AtomicBoolean told = new AtomicBoolean();
    private volatile boolean cancelled;

    /// The first request that was not above zero, or 1.
    private volatile long wrongRequest = 1;

    /// Whether the function has ended: what comes later waits for nothing.
    private volatile boolean ended;

    SequencePublisher(Sequence<T> sequence, LocalSystem local) {
        this.sequence = sequence;
        this.local = local;
    }

    /// Starts the function that sends the signals, and returns it.
    Cell start(Cell parent) {
        FunctionCell sender = new FunctionCell(local, Rouse.callable(this::send));
        sender.addWaiter(new SenderEnd());
        parent.start(sender);
        return sender;
    }

    /// Also where it was cancelled before it began. Sees no failure: what a subscriber throws is for nobody else.
    private final class SenderEnd implements Waiter {
        @Override
        public void onDone(Outcome<?> sender) {
            ended = true;
            if (local.shard.isCurrent()) {
                sequence.leave();
            }
            Flow.Subscriber<? super T> late = subscriber.getAndSet(null);
            if (late != null) {
                refuseLate(late);
            }
        }

        @Override
        public boolean takes(Outcome<?> failed) {
            return false;
        }
    }

    /// Elsewhere, since this may be the carrier. Not on a virtual thread: that would live on this shard, and may
    /// never run when that is about to end. Where the shard is conducted no thread of the machine has a place:
    /// there it is a turn of the shard or, when that ends, at once.
    private void refuseLate(Flow.Subscriber<?> late) {
        if (local.shard.conductor() == null) {
            ForkJoinPool.commonPool().execute(() -> refuse(late, subscribedTooLate()));
        } else if (local.shard.isCurrent()) {
            local.shard.ready(new LateRefusal(late));
        } else {
            refuse(late, subscribedTooLate());
        }
    }

    private static final class LateRefusal extends Turn {
        private final Flow.Subscriber<?> late;

        LateRefusal(Flow.Subscriber<?> late) {
            this.late = late;
        }

        @Override
        protected void run() {
            refuse(late, subscribedTooLate());
        }

        @Override
        protected void refused() {
            refuse(late, subscribedTooLate());
        }
    }

    private static CancelledException subscribedTooLate() {
        return new CancelledException("the sequence had ended before it was subscribed to");
    }

    // Any thread.

    @Override
    public void subscribe(Flow.Subscriber<? super T> wanted) {
        Objects.requireNonNull(wanted, "subscriber");
        if (!subscribed.compareAndSet(false, true)) {
            refuse(
                    wanted,
                    new IllegalStateException("a sequence has one subscriber: refused="
                            + wanted.getClass().getName()
                            + "; start another sequence, or let the one subscriber hand the values on"));
            return;
        }
        subscriber.set(wanted);
        tell();
        if (ended && subscriber.getAndSet(null) != null) {
            refuse(wanted, subscribedTooLate());
        }
    }

    private static void refuse(Flow.Subscriber<?> refused, Throwable why) {
        refused.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long n) {}

            @Override
            public void cancel() {}
        });
        refused.onError(why);
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            if (wrongRequest > 0) {
                wrongRequest = n;
            }
        } else {
            requested.accumulateAndGet(n, (have, more) -> have + more < 0 ? UNBOUNDED : have + more);
        }
        tell();
    }

    @Override
    public void cancel() {
        cancelled = true;
        tell();
    }

    private void tell() {
        if (ended) {
            return;
        }
        if (local.shard.isCurrent()) {
            sequence.news().fire();
        } else if (told.compareAndSet(false, true)) {
            local.shard.submit(new Outcome.OwnerCommand() {
                @Override
                protected void execute() {
                    told.set(false); // first: what is written after it is told again
                    sequence.news().fire();
                }
            });
        }
    }

    // The function that sends the signals.

    private void send() {
        try {
            Flow.Subscriber<? super T> receiver = awaitSubscriber();
            if (receiver != null) {
                receiver.onSubscribe(this);
                sendTo(receiver);
            }
        } finally {
            sequence.close();
        }
    }

    /// Returns null when the sequence is closed first.
    private Flow.@Nullable Subscriber<? super T> awaitSubscriber() {
        while (true) {
            Flow.Subscriber<? super T> receiver = subscriber.getAndSet(null);
            if (receiver != null || sequence.isClosed()) {
                return receiver;
            }
            sequence.news().await();
        }
    }

    /// What the subscriber throws ends this function, without another signal.
    private void sendTo(Flow.Subscriber<? super T> receiver) {
        while (true) {
            switch (awaitNext(receiver)) {
                case VALUE -> {
                    requested.getAndUpdate(have -> have == UNBOUNDED ? have : have - 1);
                    receiver.onNext(sequence.takeValue());
                }
                case END -> {
                    sendEnd(receiver);
                    return;
                }
                case WRONG_REQUEST -> {
                    receiver.onError(new IllegalArgumentException("a request must be above zero: requested="
                            + wrongRequest + " (Flow.Subscription.request)"));
                    return;
                }
                case CANCELLED -> {
                    return;
                }
            }
        }
    }

    private enum Next {
        VALUE,
        END,
        WRONG_REQUEST,
        CANCELLED
    }

    private Next awaitNext(Flow.Subscriber<? super T> receiver) {
        try {
            while (true) {
                Next next = next();
                if (next != null) {
                    return next;
                }
                sequence.news().await();
            }
        } catch (CancelledException | DeadlineExceededException e) {
            if (!cancelled) {
                receiver.onError(e);
            }
            throw e;
        }
    }

    private @Nullable Next next() {
        if (cancelled) {
            return Next.CANCELLED;
        }
        if (wrongRequest <= 0) {
            return Next.WRONG_REQUEST;
        }
        if (sequence.hasEnded()) {
            return Next.END;
        }
        return requested.get() > 0 && sequence.hasValue() ? Next.VALUE : null;
    }

    private void sendEnd(Flow.Subscriber<? super T> receiver) {
        try {
            sequence.requireSuccess(Cell.current("publisher"));
        } catch (Throwable e) {
            receiver.onError(e);
            return;
        }
        receiver.onComplete();
    }
}
