package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// Resumes a function once, when the last of many outcomes is there or the first of them has failed: each arrival costs
/// the same, however many are awaited.
final class AwaitAll implements Waiter {
    private final Cell cell;
    private final Outcome<?>[] awaited;
    private int pending;
    private @Nullable Outcome<?> failed;

    AwaitAll(Cell cell, Outcome<?>[] awaited) {
        this.cell = cell;
        this.awaited = awaited;
    }

    Outcome<?>[] awaited() {
        return awaited;
    }

    /// Waits until all have succeeded or one has failed. Returns the first that has failed, or null.
    @Nullable
    Outcome<?> await() {
        WaitGraph.beforeAwaitAll(cell, awaited, this);
        for (int i = 0; i < awaited.length && failed == null; i++) {
            add(i);
        }
        while (pending > 0 && failed == null) {
            if (cell.isInterrupted()) {
                withdraw();
                cell.throwIfInterrupted();
            }
            cell.suspend(this);
        }
        if (failed != null) {
            withdraw();
        }
        return failed;
    }

    private void add(int i) {
        Outcome<?> here = awaited[i];
        if (!here.isDone()) {
            here = cell.local.here(here);
            awaited[i] = here;
        }
        // Again, since here() may block and the outcome come meanwhile.
        if (!here.isDone()) {
            here.addWaiter(this);
            pending++;
        } else if (here.failure() != null) {
            failed = here;
        }
    }

    @Override
    public void onDone(Outcome<?> outcome) {
        pending--;
        if (failed == null && outcome.failure() != null) {
            failed = outcome;
        }
        if (pending == 0 || failed != null) {
            cell.wake();
        }
    }

    private void withdraw() {
        for (Outcome<?> outcome : awaited) {
            if (!outcome.isDone() && outcome.local.shard == cell.local.shard) {
                outcome.removeWaiter(this);
            }
        }
    }
}
