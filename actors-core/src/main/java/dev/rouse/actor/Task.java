package dev.rouse.actor;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/// The handle of something that ends with a value or a failure: a function, an ask, the end of an actor.
///
/// Safe for use by any thread. Inside a function, [await][Rouse#await] it; [#join] is for plain threads, such as `main`
/// and tests.
///
/// **A failure** is for whoever awaits or joins the task, then or later. It is also reported once, as
/// [Violation#UNAWAITED_FAILURE], when nobody has awaited it by the end of the function above or, for a root function
/// or one of an actor, by its own end: so a `join` that comes after that throws what has been logged already. Who
/// begins to wait first, as `system.spawn(…).join()` mostly does, sees it alone. Those who wait for such a one and give
/// up without having seen the failure, by a cancellation or a timeout, leave it to be reported.
public sealed interface Task<T> permits Outcome {
    /// Whether it has ended, in whatever way.
    boolean isDone();

    /// Blocks the calling thread until it has ended, and returns its value. Throws what [Rouse#await] would throw.
    ///
    /// @throws ViolationException if called on a shard
    /// @throws SystemClosedException if the system ends first
    /// @throws CancelledException if the calling thread is interrupted, whose interrupt status is then set
    T join();

    /// As [#join()], for a limited time. The function goes on when it runs out.
    ///
    /// @throws TimeoutException if it has not ended in time
    T join(Duration atMost) throws TimeoutException;

    /// Asks it to end: a function sees this at its next suspension point, once, as a [CancelledException], and so
    /// do the functions below it; a result that is there first wins. See [Rouse] for what its cleanup may do. Does
    /// nothing when it has ended.
    void cancel();

    /// A future that completes as this task does, on a thread of the common pool: with the value, with the failure
    /// as it is, also a checked one, or as cancelled when the task was. Whoever has the future is taken to see the
    /// failure: it is reported nowhere else. Cancelling or completing the future does nothing to the task.
    CompletableFuture<T> toCompletableFuture();
}
