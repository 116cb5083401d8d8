package dev.rouse.actor;

import dev.rouse.dispatch.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One [Rouse#withTimeout] that a cell is in; they nest. Owning shard only.
final class Deadline extends Timer {
    private final Cell cell;
    private final Duration timeout;
    final @Nullable Deadline outer;
    private boolean expired;

    Deadline(Cell cell, Duration timeout) {
        this.cell = cell;
        this.timeout = timeout;
        this.outer = cell.deadline;
    }

    @Override
    protected void onExpiry() {
        expired = true;
        cell.wake();
    }

    /// The time until this one or one around it passes.
    long nanosLeft() {
        long left = cell.local.shard.nanosLeft(this);
        return outer == null ? left : Math.min(left, outer.nanosLeft());
    }

    boolean isExpired() {
        return expired || (outer != null && outer.isExpired());
    }

    /// Whether `inner` is this deadline or lies within it.
    boolean encloses(@Nullable Deadline inner) {
        for (Deadline scope = inner; scope != null; scope = scope.outer) {
            if (scope == this) {
                return true;
            }
        }
        return false;
    }

    /// Throws for the outermost one that has expired: it ends the inner ones too.
    void throwIfExpired() {
        if (outer != null) {
            outer.throwIfExpired();
        }
        if (expired) {
            throw new DeadlineExceededException(cell.path(), timeout);
        }
    }
}
