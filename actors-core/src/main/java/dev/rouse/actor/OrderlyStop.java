package dev.rouse.actor;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;

/// Stops the child actors of a cell whose own work is done: the newest first, each after the end of the one before. In
/// a turn of the cell, which it suspends.
///
/// A child that takes longer than its [ActorOptions#stopTimeout] is reported, and the next one is stopped meanwhile;
/// the parent still ends after it. Nothing that happens to the parent cuts the waiting short.
final class OrderlyStop {
    private OrderlyStop() {}

    /// Stops them and waits for them all.
    static void awaitAll(Cell parent) {
        stop(parent, 0);
    }

    /// Stops them and waits for all but the oldest, which nothing has to wait for.
    static void awaitYounger(Cell parent) {
        stop(parent, 1);
    }

    private static void stop(Cell parent, int unawaited) {
        List<ActorCell<?>> actors = parent.childActors();
        for (int i = 0; i < actors.size(); i++) {
            ActorCell<?> child = actors.get(i);
            child.cancelLocally();
            if (i < actors.size() - unawaited) {
                await(parent, child, child.stopNanos());
            }
        }
    }

    /// Waits for the end of a child that was stopped.
    static void await(Cell parent, Cell child, long nanos) {
        boolean ended;
        try {
            ended = parent.awaitEnd(child, nanos);
        } catch (LimitExceededException | OutOfMemoryError | StackOverflowError e) {
            // No timer or no memory to wait with: then the order is not kept, but the end comes.
            parent.local.shard.report(
                    parent.local.system.log(),
                    Level.WARNING,
                    "could not wait for the end of a child: child=" + child.path(),
                    e);
            return;
        }
        if (!ended) {
            parent.local.shard.report(
                    parent.local.system.log(),
                    Level.WARNING,
                    "a child did not stop in time: child=" + child.path() + ", stopTimeout=" + Duration.ofNanos(nanos)
                            + "; what comes after it goes on",
                    null);
        }
    }
}
