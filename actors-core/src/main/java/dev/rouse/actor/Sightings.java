package dev.rouse.actor;

import dev.rouse.actor.spi.Effect;
import dev.rouse.actor.spi.Witness;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What the [Witness] of a system is told of, and whose doing it is: that of the actor whose turn it is or, in the turn
/// of a function, of the nearest one above. What nobody's turn does, nobody sees.
///
/// In a turn. Callers look first whether there is a witness, so that a system without one pays for no more than that.
final class Sightings {
    private Sightings() {}

    static void told(Recipient<?> target, Object message) {
        if (target.parent != null) { // what goes to the guardian is a root on its way
            saw(target.local, new Effect.Told(target, message));
        }
    }

    static void asked(Recipient<?> target, Object message, Duration timeout) {
        saw(target.local, new Effect.Asked(target, message, timeout));
    }

    static void spawned(ActorCell<?> child, ActorOptions options) {
        saw(child.local, new Effect.Spawned(child.name(), options, child));
    }

    static void stopCalled(ActorCell<?> target) {
        saw(target.local, new Effect.StopCalled(target));
    }

    private static void saw(LocalSystem local, Effect effect) {
        ActorCell<?> actor = nearestActor(Cell.currentOrNull());
        if (actor != null) {
            saw(local, actor, effect);
        }
    }

    /// What becomes of an actor, or what it alone can do.
    static void saw(ActorCell<?> actor, Effect effect) {
        if (actor.parent != null) {
            saw(actor.local, actor, effect);
        }
    }

    private static void saw(LocalSystem local, ActorCell<?> actor, Effect effect) {
        Objects.requireNonNull(local.witness).saw(actor, effect);
    }

    /// Null if there is none but the guardian.
    private static @Nullable ActorCell<?> nearestActor(@Nullable Cell from) {
        for (Cell cell = from; cell != null; cell = cell.parent) {
            if (cell instanceof ActorCell<?> actor && actor.parent != null) {
                return actor;
            }
        }
        return null;
    }

    /// Who plays the part of an actor that is about to be spawned; null for the actor itself.
    static <M> @Nullable Supplier<? extends Actor<M>> standIn(Cell parent, String name, ActorOptions options) {
        Witness witness = parent.local.witness;
        ActorCell<?> actor = witness == null ? null : nearestActor(parent);
        return witness == null || actor == null ? null : witness.standIn(actor, name, options);
    }
}
