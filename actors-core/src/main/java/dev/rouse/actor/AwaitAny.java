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

    /// Who waits.
    Cell cell() {
        return cell;
    }

    /// The one that it waits for, if there is but one.
    @Nullable
    Outcome<?> only() {
        return awaited.length == 1 ? awaited[0] : null;
    }

    /// Waits for the first; of those that are there already, the first in the order of the array.
    @SuppressWarnings("ReferenceEquality") // an outcome is itself only
    Outcome<?> await() {
        for (Outcome<?> outcome : awaited) {
            if (outcome.isDone()) {
                return outcome;
            }
        }
        Outcome<?> only = only();
        if (only != null) {
            WaitGraph.beforeAwait(cell, only);
        }
        Outcome<?> winner = null;
        try {
            for (int i = 0; i < awaited.length && first == null; i++) {
                add(i);
            }
            winner = first;
            while (winner == null) {
                cell.throwIfInterrupted();
                CycleFound found = cell.suspend(this);
                winner = first;
                if (winner == null && only != null) {
                    cell.waitAgain(only, found);
                }
            }
            return winner;
        } finally {
            for (Outcome<?> outcome : awaited) {
                if (outcome != winner && outcome.local.shard == cell.local.shard) {
                    outcome.removeWaiter(this);
                }
            }
        }
    }

    /// Whether all that it waits for are cells of its own shard.
    boolean awaitsCellsOnly() {
        for (Outcome<?> outcome : awaited) {
            if (!(outcome instanceof Cell)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return "the first of " + awaited.length + " tasks";
    }

    private void add(int i) {
        Outcome<?> here = cell.local.here(awaited[i]);
        awaited[i] = here;
        // here() may block, and the outcome come meanwhile.
        if (here.isDone()) {
            first = here;
        } else {
            here.addWaiter(this);
        }
    }

    @Override
    public void onDone(Outcome<?> outcome) {
        if (first == null) {
            first = outcome;
            cell.wake();
        }
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // an outcome is itself only
    public boolean takes(Outcome<?> failed) {
        return first == failed;
    }
}
