package dev.rouse.actor.spi;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Something that an actor has done which others can notice, or that has become of it.
public sealed interface Effect {

    /// It has sent a message, perhaps to itself. One that `tryTell` could not deliver is none.
    record Told(ActorRef<?> target, Object message) implements Effect {}

    /// It has sent a message that carries a `ReplyTo`.
    record Asked(ActorRef<?> target, Object message, Duration timeout) implements Effect {}

    /// It has spawned an actor.
    record Spawned(String name, ActorOptions options, ActorRef<?> child) implements Effect {}

    /// It has begun to watch another actor.
    record Watched(ActorRef<?> other) implements Effect {}

    /// It has cancelled a watch before that came to its end.
    record Unwatched(ActorRef<?> other) implements Effect {}

    /// It has started a timer.
    ///
    /// @param delay the period, for one that goes on
    record TimerStarted(Rhythm rhythm, Duration delay, Object message) implements Effect {}

    /// It has cancelled a timer before that came to its end.
    record TimerCancelled(Object message) implements Effect {}

    /// It has called for the end of an actor, perhaps its own.
    record StopCalled(ActorRef<?> target) implements Effect {}

    /// It has thrown; its supervision decides what comes of that.
    record Failed(Throwable why) implements Effect {}

    /// It has begun anew after a failure.
    record Restarted() implements Effect {}

    /// It has ended, and all below it.
    ///
    /// @param failure null if it was stopped
    record Stopped(@Nullable Throwable failure) implements Effect {}

    /// How often a timer sends its message, and from when on it counts.
    enum Rhythm {
        /// Once.
        ONCE,
        /// At every further period.
        FIXED_RATE,
        /// Each time when so long has passed since the actor was done with the last one.
        FIXED_DELAY
    }
}
