package dev.rouse.perf;

import dev.rouse.actor.Signal;

/// Lets a function suspend until so many others on its shard have done something. Owning shard only.
final class Countdown {
    private final Signal done = new Signal();
    private int left;

    Countdown(int count) {
        this.left = count;
    }

    void count() {
        if (--left == 0) {
            done.fire();
        }
    }

    void await() {
        done.await();
    }

    int left() {
        return left;
    }
}
