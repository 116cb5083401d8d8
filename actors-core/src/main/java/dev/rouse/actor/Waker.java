package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// Ends one wait in [Rouse#suspend], once. Any thread may use it, also inside the call that registers it.
///
/// The first call of either method wins; each later one is refused, as is one that comes after the function has given
/// up, because it was cancelled or its deadline has passed. Keeping a waker that was used or given up keeps nothing
/// else alive. One that is dropped unused, so that the function can never go on, is [Violation#WAKER_DROPPED].
public sealed interface Waker<T extends @Nullable Object> permits WakerHandle {
    /// Resumes the function with this value. Returns whether it takes it: after `false` the value is still the
    /// caller's, to be given to somebody else or released. After `true` the function gets it, also if it is
    /// cancelled meanwhile, unless its system is cut off first.
    boolean wake(T value);

    /// As [#wake], with a failure, which is thrown where the function waits.
    boolean fail(Throwable failure);
}
