package dev.rouse.actor;

import dev.rouse.dispatch.Timer;

/// Wakes a cell when it has waited long enough. Owning shard only.
final class Patience extends Timer {
    private final Cell cell;
    private boolean over;

    Patience(Cell cell) {
        this.cell = cell;
    }

    boolean isOver() {
        return over;
    }

    @Override
    protected void onExpiry() {
        over = true;
        cell.wake();
    }

    @Override
    public String toString() {
        return "wait of " + cell.path();
    }
}
