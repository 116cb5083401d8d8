package dev.rouse.actor;

import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The receiving end of a direct-style actor's mailbox. For that actor's own function only.
public interface Inbox<M> {
    /// Takes the next message; suspends until there is one.
    ///
    /// @throws CancelledException once the actor is stopped: let it unwind
    M receive();

    /// Takes the next message, or returns null at once when there is none.
    @Nullable
    M tryReceive();

    /// Takes the next message, or returns null when none has come in time.
    ///
    /// @throws CancelledException once the actor is stopped
    @Nullable
    M receive(Duration atMost);

    ActorRef<M> self();

    /// The timers of this actor.
    Timers<M> timers();

    /// As [ActorContext#watch]: the message comes with the next `receive`.
    Watch watch(ActorRef<?> other, Function<Terminated, ? extends M> message);
}
