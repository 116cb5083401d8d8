package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// The end of an actor, as its watchers learn of it: see [ActorContext#watch].
///
/// @param actor the one that has ended
/// @param failure why, if it has failed or its system was closed before it could end; null if it was stopped
public record Terminated(ActorRef<?> actor, @Nullable Throwable failure) {}
