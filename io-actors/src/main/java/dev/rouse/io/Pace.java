package dev.rouse.io;

import dev.rouse.actor.Signal;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Turn;
import java.util.Objects;

/// Keeps a loop that may never have to wait from holding its shard: after so many steps, all else that is ready there
/// goes first. A peer that always has more to say, or takes whatever it is sent, would have the shard for itself
/// otherwise, and the timer that is to end such a loop would never fire. Owning shard only, one function at a time.
final class Pace {

    /// Records of TLS, a millisecond or so when they are full. A guess.
    static final int STEPS = 64;

    /// Comes up behind all that is ready now.
    private static final class Rest extends Turn {
        private final Signal over = new Signal();

        @Override
        protected void run() {
            over.fire();
        }
    }

    private int steps;

    /// Suspends now and then.
    void step() {
        steps(1);
    }

    /// As so many steps, at least one.
    void steps(int count) {
        steps += Math.min(count, STEPS);
        if (steps >= STEPS) {
            steps = 0;
            rest();
        }
    }

    /// Suspends until all that is ready now has had its turn.
    static void rest() {
        Rest rest = new Rest();
        Objects.requireNonNull(Shard.current(), "on a shard").ready(rest);
        rest.over.await();
    }
}
