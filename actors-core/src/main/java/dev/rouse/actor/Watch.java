package dev.rouse.actor;

/// One watch of an actor by another: see [ActorContext#watch]. For use inside the actor that watches only.
public sealed interface Watch permits DeathWatch {
    /// Ends the watch: no message comes of it any more, even if one was waiting already. Does nothing when the
    /// message has been delivered.
    void cancel();
}
