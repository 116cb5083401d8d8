package dev.rouse.actor;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// A function: runs its body in one turn, which may suspend any number of times.
final class FunctionCell extends Cell {
    /// A parent remembers this many children that failed while nobody awaited them, since it may do so yet; the
    /// failure of one more is logged at once. A guess.
    private static final int UNAWAITED_FAILURES = 8;

    /// The body; once it has ended, what it has ended with.
    private @Nullable Object bodyThenResult;

    /// Children that have failed and that nobody has awaited yet.
    private @Nullable List<FunctionCell> unawaited;

    private boolean observed;
    private boolean forgottenByParent;

    FunctionCell(LocalSystem local, Callable<?> body) {
        super(local);
        this.bodyThenResult = body;
    }

    @Override
    String name() {
        Object body = bodyThenResult instanceof Escalated(Object escalated, Throwable _) ? escalated : bodyThenResult;
        return body instanceof Callable<?> callable ? Names.ofBody(callable) : "function";
    }

    @Override
    protected void run() {
        boolean failed = false;
        if (isCancelled()) {
            bodyThenResult = cancelledBeforeStart();
            failed = true;
        } else {
            Object result;
            try {
                result = ((Callable<?>) Objects.requireNonNull(bodyThenResult)).call();
            } catch (Throwable e) {
                failed = true;
                result = new Failure(e);
                Events.failed(this, e);
            }
            if (bodyThenResult instanceof Escalated(Object _, Throwable cause)) {
                failed = true;
                result = new Failure(cause);
            }
            bodyThenResult = result;
        }
        if (hasChildren()) {
            if (failed || isCancelled()) {
                cancelChildFunctions();
            }
            OrderlyStop.awaitYounger(this);
        }
        end(failed);
    }

    /// In the place of the body, once a child actor has failed the function.
    private record Escalated(@Nullable Object body, Throwable cause) {}

    @Override
    @SuppressWarnings("ReferenceEquality") // an exception cannot be suppressed by itself
    void onEscalation(ActorCell<?> child, Throwable failure) {
        if (bodyThenResult instanceof Callable<?> body) {
            bodyThenResult = new Escalated(body, failure);
            cancelLocally();
        } else if (bodyThenResult instanceof Escalated(Object _, Throwable first) && first != failure) {
            first.addSuppressed(failure);
        }
    }

    private Failure cancelledBeforeStart() {
        return new Failure(new CancelledException("cancelled before it ran: path=" + path()));
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
        bodyThenResult = null;
        return result;
    }

    @Override
    void onChildEnded(Cell child, boolean awaited) {
        if (child instanceof FunctionCell function && function.failure() != null && !function.observed) {
            if (unawaited == null) {
                unawaited = new ArrayList<>(1);
            }
            if (unawaited.size() < UNAWAITED_FAILURES) {
                unawaited.add(function);
            } else {
                function.forgottenByParent = !awaited;
            }
        }
    }

    @Override
    void onEnded() {
        if (forgottenByParent) {
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
    }

    /// Logs the failure unless somebody has awaited it, or it is but a cancellation.
    void reportUnlessObserved() {
        Throwable failure = failure();
        if (!observed && failure != null && !(failure instanceof CancelledException)) {
            observed = true;
            local.system.rules().unawaited(path(), failure);
        }
    }
}
