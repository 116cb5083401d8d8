package dev.rouse.actor;

import java.util.function.Function;
import java.util.function.Supplier;

/// What an actor may do besides handling its message. For use inside that actor only.
public interface ActorContext<M> {
    ActorRef<M> self();

    /// Its place in the tree, such as `/chat/room-7`.
    String path();

    ActorSystem system();

    /// Stops this actor after the current message.
    void stop();

    /// Starts a child on the same shard, which is stopped when this actor stops. Suspends this actor while there is
    /// no room, as [Rouse#spawn] does.
    ///
    /// @throws LimitExceededException if there would never be room
    <C> ActorRef<C> spawnActor(String name, Supplier<? extends Actor<C>> behavior);

    /// The timers of this actor.
    Timers<M> timers();

    /// Has this actor told of the end of another one, on whatever shard or system: exactly one message comes of
    /// each watch, at once if the other has ended already. It goes before the messages in the mailbox and takes no
    /// slot there; so it may come before messages that the other has sent.
    ///
    /// ```java
    /// record RoomClosed(Terminated why) implements Lobby {}
    /// context.watch(room, RoomClosed::new);
    /// ```
    ///
    /// A restart is no end: the reference lives on. Watches end with the actor that watches, and when it is
    /// restarted.
    ///
    /// @param message makes the message, in a turn of this actor
    /// @throws IllegalArgumentException if an actor watches itself
    /// @throws LimitExceededException if it has as many watches as [Limits#watchesPerActor] allows
    /// @throws ViolationException if called by anybody but the actor itself
    Watch watch(ActorRef<?> other, Function<Terminated, ? extends M> message);

    /// Puts a message aside, usually the one that is being handled, until [#unstashAll]. A message of an ask stays
    /// unanswered meanwhile; it is delivered later even if its asker has given up by then.
    ///
    /// What is stashed when the actor stops or is restarted becomes dead letters, and asks among it fail.
    ///
    /// @throws StashFullException if as many wait there as [ActorOptions#stash] allows; the exception hands the
    ///     message back
    void stash(M message);

    /// Has the actor handle what was stashed, before what is in the mailbox, in the order in which it was stashed.
    void unstashAll();
}
