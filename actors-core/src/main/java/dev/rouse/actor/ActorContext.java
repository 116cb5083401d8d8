package dev.rouse.actor;

import java.util.function.Supplier;

/// What an actor may do besides handling its message. For use inside that actor only.
public interface ActorContext<M> {
    ActorRef<M> self();

    /// Its place in the tree, such as `/chat/room-7`.
    String path();

    ActorSystem system();

    /// Stops this actor after the current message.
    void stop();

    /// Starts a child on the same shard, which is stopped when this actor stops.
    ///
    /// @throws LimitExceededException if the shard has as many functions and actors as [Limits#functionsPerShard]
    ///     allows
    <C> ActorRef<C> spawnActor(String name, Supplier<? extends Actor<C>> behavior);

    Timers<M> timers();
}
