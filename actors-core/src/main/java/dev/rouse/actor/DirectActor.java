package dev.rouse.actor;

/// The behaviour of a direct-style actor: a function that takes its messages from an [Inbox]. The actor ends when it
/// returns.
@FunctionalInterface
public interface DirectActor<M> {
    void run(Inbox<M> inbox) throws Exception;
}
