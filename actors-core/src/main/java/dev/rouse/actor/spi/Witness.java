package dev.rouse.actor.spi;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Sees what the actors of a system do, and may have others play the part of those that they spawn; for test kits.
///
/// It is called in the turn of the actor, before what that does next, and must not wait. What it throws is thrown in
/// that turn. A system has the one in whose scope it was built, mostly none: then each of these things costs one look
/// whether there is one.
public interface Witness {

    /// That of the calling code, by which it was [called][#call]; null if there is none.
    static @Nullable Witness current() {
        return WitnessScope.CURRENT.isBound() ? WitnessScope.CURRENT.get() : null;
    }

    /// Calls code, in whose systems this sees all.
    default <T, X extends Throwable> T call(ScopedValue.CallableOp<? extends T, X> body) throws X {
        return ScopedValue.where(WitnessScope.CURRENT, this).call(body);
    }

    /// What plays the part of an actor that is about to be spawned by another; null for the actor itself.
    <M> @Nullable Supplier<? extends Actor<M>> standIn(ActorRef<?> parent, String name, ActorOptions options);

    /// An actor, or a function below it, has done something, or something has become of the actor.
    void saw(ActorRef<?> actor, Effect effect);
}
