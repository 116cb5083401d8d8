package dev.rouse.actor;

import dev.rouse.dispatch.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// A function: runs its body in one turn, which may suspend any number of times.
final class FunctionCell extends Cell {
    /// A parent remembers this many children that failed while nobody awaited them, since it may do so yet; the
    /// failure of one more is logged at once. A guess.
    private static final int UNAWAITED_FAILURES = FurtherFailures.MOST;

    /// The body, a `Callable`; when that has ended, its result, or [Ended] with that in it; in the end null or,
    /// where a message may want the name, the class that the body was written in.
    private @Nullable Object bodyThenResult;

    /// Children that have failed and that nobody has awaited yet.
    private @Nullable List<FunctionCell> unawaited;

    private boolean observed;

    /// Whether its parent does not look after its failure: who waits for it does, or it is reported at its end.
    private boolean leftToWaiters;

    FunctionCell(LocalSystem local, Callable<?> body) {
        super(local);
        this.bodyThenResult = body;
    }

    @Override
    String name() {
        return switch (bodyThenResult) {
            case Escalated escalated -> Names.ofBody(Names.origin(escalated.body()));
            case Callable<?> body -> Names.ofBody(Names.origin(body));
            case Ended ended -> Names.ofBody(ended.origin());
            case Class<?> origin -> Names.ofBody(origin);
            case null, default -> "function";
        };
    }

    /// What a body has ended with, and the class that it was written in.
    private record Ended(@Nullable Object result, Class<?> origin) {}

    @Override
    protected void run() {
        Callable<?> body = (Callable<?>) Objects.requireNonNull(bodyThenResult);
        Object result;
        if (isCancelled()) {
            result = cancelledBeforeStart();
        } else {
            try {
                result = body.call();
            } catch (Throwable e) {
                result = failed(e);
            }
        }
        endWith(body, result);
    }

    private void endWith(Callable<?> body, @Nullable Object returned) {
        Object result = returned;
        if (bodyThenResult instanceof Escalated(Callable<?> _, Throwable cause)) {
            if (result instanceof Failure(Throwable own)) {
                FurtherFailures.add(cause, own);
            }
            result = new Failure(cause);
        }
        if (result instanceof Failure || hasChildren()) {
            bodyThenResult = new Ended(result, Names.origin(body));
            endWithChildren();
        } else {
            bodyThenResult = result;
            end();
            if (body instanceof Sequence.Body<?>) {
                bodyThenResult = Names.origin(body); // else nobody asks for the name of one that has ended well
            }
        }
    }

    private void endWithChildren() {
        if (hasChildren()) {
            if (hasFailed() || isCancelled()) {
                cancelChildFunctions();
            }
            OrderlyStop.awaitYounger(this);
        }
        end();
    }

    private Failure failed(Throwable thrown) {
        RouseException behind = interruptionBehind(thrown);
        Throwable failure = behind == null ? thrown : behind;
        Events.failed(this, failure);
        return new Failure(failure);
    }

    /// In the place of the body, once a child actor has failed the function.
    private record Escalated(Callable<?> body, Throwable cause) {}

    @Override
    void onEscalation(ActorCell<?> child, Throwable failure) {
        switch (bodyThenResult) {
            case Callable<?> body -> {
                bodyThenResult = new Escalated(body, failure);
                cancelLocally();
            }
            case Escalated(Callable<?> _, Throwable first) -> FurtherFailures.add(first, failure);
            case Ended(Failure(Throwable first), Class<?> _) -> FurtherFailures.add(first, failure);
            case Ended(Object _, Class<?> origin) -> { // its actors stop, one after the other
                bodyThenResult = new Ended(new Failure(failure), origin);
                cancelLocally();
            }
            case null, default -> {}
        }
    }

    private Failure cancelledBeforeStart() {
        return new Failure(new CancelledException("cancelled before it ran: path=" + path()));
    }

    @Override
    boolean hasFailed() {
        return bodyThenResult instanceof Ended(Failure _, Class<?> _);
    }

    @Override
    void onCancel() {}

    @Override
    boolean endsWithParent() {
        return bodyThenResult instanceof Sequence.Body<?> producer && producer.endsWithParent();
    }

    @Override
    void refuse(RouseException why) {
        completeRefused(new Failure(why));
    }

    @Override
    @Nullable
    Object result() {
        Object result = bodyThenResult;
        if (!(result instanceof Ended ended)) {
            bodyThenResult = null;
            return result;
        }
        bodyThenResult = ended.origin();
        if (ended.result() instanceof Failure(Throwable cause)) {
            takeAlong(cause);
        }
        return ended.result();
    }

    /// Failures of children that nobody has awaited travel with this function's own.
    private void takeAlong(Throwable own) {
        if (unawaited != null) {
            FurtherFailures further = new FurtherFailures(own);
            for (FunctionCell child : unawaited) {
                if (!child.observed) {
                    further.add(child);
                }
            }
            further.close();
        }
    }

    @Override
    void onChildFailed(FunctionCell child) {
        if (!child.observed && !keep(child)) {
            child.leaveToWaiters();
        }
    }

    @Override
    boolean keeps(FunctionCell producer) {
        return !isDone() && keep(producer);
    }

    /// Once, also when it is both the parent and the consumer.
    private boolean keep(FunctionCell failed) {
        if (unawaited == null) {
            unawaited = new ArrayList<>(1);
        }
        return unawaited.contains(failed) || (unawaited.size() < UNAWAITED_FAILURES && unawaited.add(failed));
    }

    /// The parent does not look after the failure with which it has ended.
    void leaveToWaiters() {
        leftToWaiters = true;
    }

    @Override
    void onEnded() {
        if (leftToWaiters && !hasWaiters()) {
            reportUnlessObserved();
        }
        List<FunctionCell> failed = unawaited;
        if (failed != null) {
            unawaited = null;
            failed.forEach(FunctionCell::reportUnlessObserved);
        }
    }

    @Override
    void observed() {
        observed = true;
        super.observed();
    }

    /// The last of those who were to see the failure, and leaves it, has it reported.
    @Override
    void removeWaiter(Waiter waiter) {
        super.removeWaiter(waiter);
        if (leftToWaiters && !hasWaiters() && !observed) {
            if (Cell.currentOrNull() != null) {
                reportUnlessObserved();
            } else {
                reportInTurn();
            }
        }
    }

    /// In a thread of its own: this may be the carrier of another shard.
    @Override
    void isLeftAfterEnd(Waiter waiter) {
        if (takeOutLast(waiter) && leftToWaiters && !observed) {
            reportElsewhere();
        }
    }

    /// At once where the shard is conducted, since no thread of the machine has a place there.
    private void reportElsewhere() {
        if (local.shard.conductor() == null) {
            Thread.ofPlatform().daemon().name("rouse-report").start(this::reportUnlessObserved);
        } else {
            reportUnlessObserved();
        }
    }

    /// For a command, which may be on the carrier, where nothing is logged.
    private void reportInTurn() {
        local.shard.ready(new Turn() {
            @Override
            protected void run() {
                reportUnlessObserved();
            }

            @Override
            protected void refused() {
                reportElsewhere();
            }
        });
    }

    /// Logs the failure unless somebody has awaited it, or it is but a cancellation.
    void reportUnlessObserved() {
        Throwable failure = failure();
        if (!observed && failure != null && !FurtherFailures.isMereCancellation(failure)) {
            observed = true;
            local.system.rules().unawaited(path(), failure);
        }
    }
}
