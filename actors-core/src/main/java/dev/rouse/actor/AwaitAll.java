package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// Resumes a function once, when the last of many outcomes is there or, if it is to, at the first failure: each arrival
/// costs the same, however many are awaited.
final class AwaitAll implements Waiter {
    private enum When {
        ALL,
        ALL_OR_FAILURE
    }

    private final Cell cell;
    private final Outcome<?>[] awaited;
    private final When when;
    private int pending;
    private @Nullable Outcome<?> failed;

    private AwaitAll(Cell cell, Outcome<?>[] awaited, When when) {
        this.cell = cell;
        this.awaited = awaited.clone();
        this.when = when;
    }

    /// Who waits.
    Cell cell() {
        return cell;
    }

    Outcome<?>[] awaited() {
        return awaited;
    }

    /// To wait until all have succeeded or one has failed.
    static AwaitAll success(Cell cell, Outcome<?>[] awaited) {
        return new AwaitAll(cell, awaited, When.ALL_OR_FAILURE);
    }

    /// To wait until all have ended, in whatever way.
    static AwaitAll end(Cell cell, Outcome<?>[] awaited) {
        return new AwaitAll(cell, awaited, When.ALL);
    }

    /// Who calls this sees all failures that are there when it returns, or [leaves][#leave] them; when it throws,
    /// too.
    ///
    /// @return the first that has failed, if it was to end with that
    @Nullable
    Outcome<?> await() {
        boolean canLeadBack = false;
        for (int i = 0; i < awaited.length && failed == null; i++) {
            canLeadBack |= add(i);
        }
        if (canLeadBack && failed == null) {
            requireNoCycle();
        }
        while (pending > 0 && failed == null) {
            if (cell.isInterrupted()) {
                withdraw();
                cell.throwIfInterrupted();
            }
            CycleFound found = cell.suspend(this);
            if (pending > 0 && failed == null && !cell.isInterrupted()) {
                waitAgain(found);
            }
        }
        if (failed != null) {
            withdraw();
        }
        return failed;
    }

    /// Leaves what the caller has not seen.
    void leave() {
        for (Outcome<?> outcome : awaited) {
            if (outcome.local.shard == cell.local.shard) {
                outcome.removeWaiter(this);
            }
        }
    }

    private void requireNoCycle() {
        boolean none = false;
        try {
            WaitGraph.beforeAwaitAll(cell, this);
            none = true;
        } finally {
            if (!none) {
                withdraw();
            }
        }
    }

    /// As [Cell#waitAgain].
    private void waitAgain(@Nullable CycleFound found) {
        if (found == null) {
            requireNoCycle();
            return;
        }
        try {
            found.report(cell);
        } catch (ViolationException refused) {
            withdraw();
            throw refused;
        }
    }

    /// Returns whether it is pending and may wait for this cell.
    private boolean add(int i) {
        Outcome<?> here = awaited[i];
        if (!here.isDone()) {
            here = cell.local.here(here);
            awaited[i] = here;
        }
        // Again, since here() may block and the outcome come meanwhile.
        if (!here.isDone()) {
            here.addWaiter(this);
            pending++;
            return WaitGraph.canLeadBack(cell, here);
        }
        if (ends(here)) {
            failed = here;
        }
        return false;
    }

    @Override
    public void onDone(Outcome<?> outcome) {
        pending--;
        if (failed == null && ends(outcome)) {
            failed = outcome;
        }
        if (pending == 0 || failed != null) {
            cell.wake();
        } else if (cell.local.slots.areAwaited()) {
            cell.local.slots.refuseIfNobodyCanGoOn(cell); // it may wait for cells only from here on
        }
    }

    private boolean ends(Outcome<?> outcome) {
        return when == When.ALL_OR_FAILURE && outcome.failure() != null;
    }

    /// Whether all that it still waits for are cells of its own shard.
    boolean awaitsCellsOnly() {
        for (Outcome<?> outcome : awaited) {
            if (!outcome.isDone() && !(outcome instanceof Cell)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return pending + " of " + awaited.length + " tasks";
    }

    /// Waits no longer for those that have not ended.
    private void withdraw() {
        for (Outcome<?> outcome : awaited) {
            if (!outcome.isDone() && outcome.local.shard == cell.local.shard) {
                outcome.removeWaiter(this);
            }
        }
    }
}
