package dev.rouse.actor.spi;

import dev.rouse.actor.ActorRef;

/// Decides what fails in a system although nothing is wrong, so that tests see what becomes of it. A
/// [Conductor][dev.rouse.dispatch.spi.Conductor] that is one, too, is asked by the systems that it conducts; no other
/// system is.
///
/// Called where the fault would occur: on the shard or by the thread that sends, and never for what the runtime itself
/// is made of. Must not block or suspend.
public interface FaultSource {
    /// An actor is about to handle a message. What this throws comes as if the actor had thrown it.
    void onMessage(ActorRef<?> actor, Object message);

    /// The turn that runs is about to wait; nothing can fail here.
    ///
    /// @param awaited what for, in words
    void onSuspend(String awaited);

    /// Whether the reply to an ask of this actor gets lost on its way. The ask then waits for its deadline.
    boolean losesReply(ActorRef<?> target);

    /// Whether a message finds the mailbox of this actor full, whatever is in it. Who waits for room then has it as
    /// soon as it is looked at again.
    boolean findsFull(ActorRef<?> target);

    /// Whether a child of the function or actor with this path is refused, as if there could never be room for it.
    boolean refusesChild(String parent);
}
