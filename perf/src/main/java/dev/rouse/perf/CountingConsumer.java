package dev.rouse.perf;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ReplyTo;

/// Receives and counts: the smallest thing that a consumer can do with a message and still prove that it came.
final class CountingConsumer implements Actor<CountingConsumer.Message> {
    sealed interface Message {}

    /// One shared object, so that what is measured is handing over, not allocating.
    enum Item implements Message {
        ITEM
    }

    /// Asks how many items have come since the start. By the order per sender, the answer covers all that its
    /// sender sent.
    record Count(ReplyTo<Long> replyTo) implements Message {}

    private long received;

    @Override
    public void receive(Message message, ActorContext<Message> context) {
        switch (message) {
            case Item _ -> received++;
            case Count(ReplyTo<Long> replyTo) -> replyTo.reply(received);
        }
    }
}
