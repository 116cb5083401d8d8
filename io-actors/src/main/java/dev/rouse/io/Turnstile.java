package dev.rouse.io;

import dev.rouse.actor.Signal;
import java.util.ArrayDeque;
import java.util.Objects;

/// Lets one function at a time through, in the order in which they came; the others are suspended. Owning shard only.
///
/// Whoever leaves hands it to the next one, so that nobody slips in between. Not reentrant. Its users bound how many
/// wait.
final class Turnstile {
    private final ArrayDeque<Signal> waiting = new ArrayDeque<>(0);
    private boolean taken;

    /// Suspends until it is the caller's turn. When it throws, it is not.
    void enter() {
        if (!taken) {
            taken = true;
            return;
        }
        Signal turn = new Signal();
        waiting.addLast(turn);
        try {
            turn.await();
        } catch (RuntimeException | Error e) {
            // It has not been fired, or it would have returned: so it is still in the queue.
            boolean left = waiting.remove(turn);
            assert left : "a turn was handed to a function that has given up";
            throw e;
        }
    }

    /// Never suspends.
    void leave() {
        assert taken : "nobody is inside";
        if (waiting.isEmpty()) {
            taken = false;
        } else {
            Objects.requireNonNull(waiting.pollFirst()).fire();
        }
    }

    boolean isTaken() {
        return taken;
    }
}
