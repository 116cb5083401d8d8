package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// How a task has ended: what [Rouse#awaitAllSettled] returns for each.
public sealed interface Settled<T> {

    /// It has returned a value, which is null for a `Task<Void>`.
    record Succeeded<T>(@Nullable T value) implements Settled<T> {}

    /// It has failed, with a [CancelledException] if it was cancelled.
    record Failed<T>(Throwable cause) implements Settled<T> {}
}
