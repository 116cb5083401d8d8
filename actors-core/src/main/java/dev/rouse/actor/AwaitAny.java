package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// Resumes a function when the first of several outcomes is there.
final class AwaitAny implements Waiter {
    private final Cell cell;
    private final Outcome<?>[] awaited;
    private @Nullable Outcome<?> first;

    AwaitAny(Cell cell, Outcome<?>[] awaited) {
        this.cell = cell;
        this.awaited = awaited;
    }

    /// Waits for the first; of those that are there already, the first in the order of the array.
    Outcome<?> await() {
        for (Outcome<?> outcome : awaited) {
            if (outcome.isDone()) {
                return outcome;
            }
        }
        for (int i = 0; i < awaited.length; i++) {
            awaited[i] = cell.local.here(awaited[i]);
            awaited[i].addWaiter(this);
        }
        try {
            Outcome<?> winner = first;
            while (winner == null) {
                cell.throwIfInterrupted();
                cell.suspend();
                winner = first;
            }
            return winner;
        } finally {
            for (Outcome<?> outcome : awaited) {
                if (!outcome.isDone()) {
                    outcome.removeWaiter(this);
                }
            }
        }
    }

    @Override
    public void onDone(Outcome<?> outcome) {
        if (first == null) {
            first = outcome;
            cell.wake();
        }
    }
}
