package dev.rouse.actor;

import java.time.Duration;
import java.util.function.Function;

/// The address of an actor. Safe for use by any thread; valid as long as anybody holds it, also after the actor has
/// stopped.
///
/// Messages of one sender to one actor arrive in the order in which they were sent. What the sender did before a tell
/// is visible to the receiver.
public sealed interface ActorRef<M> permits Recipient {
    /// Sends a message. When the mailbox is full, a function is suspended and a plain thread blocked until there is
    /// room, unless the actor's [Overflow] says otherwise. When the actor has stopped, the message becomes a
    /// [DeadLetter].
    ///
    /// @throws CancelledException if the sender is cancelled, or its thread interrupted, while it waits; the
    ///     message is then not sent
    /// @throws DeadlineExceededException if a deadline around the sender passes while it waits; likewise
    /// @throws MailboxFullException if the mailbox is full and [rejects][Overflow#REJECT] what it has no room for,
    ///     or an actor waits for room in its own mailbox or would close a cycle; the exception hands the message
    ///     back
    void tell(M message);

    /// Offers a message; never waits.
    Delivery tryTell(M message);

    /// Sends a message that carries a [ReplyTo] and returns the reply as a task, with the deadline
    /// [Limits#askTimeout].
    ///
    /// ```java
    /// record Balance(ReplyTo<Long> replyTo) implements Bank {}
    /// long balance = await(account.ask(Balance::new));
    /// ```
    ///
    /// The task fails with [AskTimeoutException] at the deadline, with [ActorStoppedException] as soon as the actor
    /// has stopped, with [ReplyDroppedException] once the garbage collector has found that nobody holds the
    /// [ReplyTo] any more, and with [MailboxFullException] if the full mailbox [drops][Overflow] the message. A
    /// message whose task has ended before its turn comes is not delivered. Waits as [#tell] does when the mailbox
    /// is full; the deadline runs from the call. A [deadline][Rouse#withTimeout] around the asker that passes
    /// earlier is that of the ask, too.
    <R> Task<R> ask(Function<ReplyTo<R>, ? extends M> message);

    /// As [#ask(Function)], with a deadline of its own.
    <R> Task<R> ask(Duration timeout, Function<ReplyTo<R>, ? extends M> message);

    /// Stops the actor after its current turn; a turn that is suspended is cancelled. Messages that wait become
    /// dead letters.
    void stop();

    /// Ends, with null, when the actor has stopped, whether or not it had failed. Cancelling this task stops the
    /// actor, and so does an `awaitAny` that another task wins.
    Task<Void> terminated();

    /// Its place in the tree, such as `/chat/room-7`.
    String path();
}
