package dev.rouse.perf;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ReplyTo;
import org.jspecify.annotations.Nullable;

/// One half of a pair that bounces a ball. Whoever serves counts and ends the game.
final class Player implements Actor<Player.Message> {
    sealed interface Message {}

    enum Ball implements Message {
        BALL
    }

    /// To the one who returns: where to.
    record Face(ActorRef<Message> partner) implements Message {}

    /// To the one who serves: play this many round trips with the partner, then reply with how many were played.
    record Serve(ActorRef<Message> partner, int roundTrips, ReplyTo<Integer> done) implements Message {}

    private @Nullable ActorRef<Message> partner;
    private @Nullable Serve game;
    private int played;

    @Override
    public void receive(Message message, ActorContext<Message> context) {
        switch (message) {
            case Ball ball -> bounce(ball);
            case Face(ActorRef<Message> other) -> partner = other;
            case Serve serve -> {
                game = serve;
                played = 0;
                partner = serve.partner();
                partner.tell(new Face(context.self()));
                partner.tell(Ball.BALL);
            }
        }
    }

    private void bounce(Ball ball) {
        if (game != null && ++played == game.roundTrips()) {
            game.done().reply(played);
            game = null;
        } else if (partner != null) {
            partner.tell(ball);
        }
    }
}
