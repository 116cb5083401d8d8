package dev.rouse.actor;

/// The behaviour of a message actor: handles one message at a time, always on its own shard.
///
/// Its methods may suspend, by `await` or by any blocking call; the actor then takes no further message until they
/// return. An exception that leaves one of them is logged and stops the actor.
@FunctionalInterface
public interface Actor<M> {
    void receive(M message, ActorContext<M> context) throws Exception;

    /// Called once, before the first message.
    default void onStart(ActorContext<M> context) throws Exception {}

    /// Called once, after the last message, also when the actor has failed, but not when [#onStart] has. An actor
    /// that was stopped from outside is cancelled, as is one that restarts since a sibling has failed; it may wait
    /// in here for [Limits#cancelGrace], whatever its last message has taken, and then each wait throws
    /// [CancelledException].
    default void onStop(ActorContext<M> context) throws Exception {}
}
