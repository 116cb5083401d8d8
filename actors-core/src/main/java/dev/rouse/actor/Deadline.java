package dev.rouse.actor;

import dev.rouse.dispatch.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Bounds the waits of one cell: a [Timeout] that its code has set, or the [Grace] that its cleanup has after an
/// interruption. They nest; the cell knows the innermost. Owning shard only.
///
/// An interruption is thrown once. Then a grace takes the place of what has thrown it and of all that lies within, so
/// that the cleanup may wait, and its waits end when the grace does.
abstract sealed class Deadline extends Timer permits Timeout, Grace {
    /// More than timers are late by, and less than anybody would miss.
    private static final long BEHIND_NANOS = 5_000_000;

    final Cell cell;
    final @Nullable Deadline outer;
    boolean expired;

    /// When the cell was last suspended, and when it was woken; kept in the innermost one only. Here, so that the
    /// stack that waits need not hold them.
    private long suspendedNanos;

    private long wokenNanos;

    Deadline(Cell cell, @Nullable Deadline outer) {
        this.cell = cell;
        this.outer = outer;
    }

    @Override
    public final String toString() {
        return "deadline of " + cell.path();
    }

    /// The time until this one or one around it passes.
    final long nanosLeft() {
        long left = cell.local.shard.nanosLeft(this);
        return outer == null ? left : Math.min(left, outer.nanosLeft());
    }

    /// The timeout or, if that is less, what is left of this deadline and of those around it, also around the cells
    /// above, and a little more: so that who waits in them finds that they have passed, and not that the ask has
    /// failed.
    final Duration bound(Duration timeout) {
        long nanos = Durations.toNanos(timeout);
        for (Deadline each = this; each != null; each = each.enclosing()) {
            if (each.expired || each.isScheduled()) { // else its body has left
                nanos = Math.min(nanos, each.cell.local.shard.nanosLeft(each) + BEHIND_NANOS);
            }
        }
        return nanos == Durations.toNanos(timeout) ? timeout : Duration.ofNanos(nanos);
    }

    /// Whether this or one around it has expired.
    final boolean isAnyExpired() {
        for (Deadline each = this; each != null; each = each.outer) {
            if (each.expired) {
                return true;
            }
        }
        return false;
    }

    /// The interruption of the outermost one that has expired: it ends the inner ones too.
    final RouseException outermostInterruption() {
        Deadline outermost = this;
        for (Deadline each = this; each != null; each = each.outer) {
            if (each.expired) {
                outermost = each;
            }
        }
        return outermost.interruption();
    }

    /// The next one around it, of this cell or of the one that has started it.
    final @Nullable Deadline enclosing() {
        return outer == null ? cell.scope() : outer;
    }

    /// What is to be thrown now that it has expired; a grace begins.
    abstract RouseException interruption();

    /// An interruption from further out has taken its place.
    abstract void replace();

    /// Whether `inner` is this deadline or lies within it.
    boolean encloses(@Nullable Deadline inner) {
        for (Deadline each = inner; each != null; each = each.outer) {
            if (each.isPartOf(this)) {
                return true;
            }
        }
        return false;
    }

    @SuppressWarnings("ReferenceEquality") // a deadline is itself only
    boolean isPartOf(Deadline other) {
        return this == other;
    }

    // Where time goes while the cell waits: from its suspension, over the event that has woken it, to its next
    // turn.

    final void suspends() {
        suspendedNanos = nanoTime();
    }

    final void isWoken() {
        wokenNanos = nanoTime();
    }

    final void goesOn() {
        long resumedNanos = nanoTime();
        for (Deadline each = this; each != null; each = each.outer) {
            if (each instanceof Timeout timeout) {
                timeout.add(wokenNanos - suspendedNanos, resumedNanos - wokenNanos);
            }
        }
    }

    private long nanoTime() {
        return cell.local.shard.clock().nanoTime();
    }
}
