package dev.rouse.actor;

import org.jspecify.annotations.Nullable;

/// One wait of a cell, told from each of its others: what it waits for, and the innermost deadline in which it does.
///
/// Both are compared by identity. That is enough: a cell comes to wait for the same object again only after an
/// interruption has ended its first wait, and that puts a [Grace] in the place of the deadline, or leaves it; or after
/// its wait was refused, which who refuses it knows.
///
/// @param object see [Cell#awaited]; null for a function that has to end after a child, whether it waits yet or not
record Wait(Cell cell, @Nullable Object object, @Nullable Deadline deadline) {
    /// What the cell is suspended for now; null if it is not, or if that ends without anybody else. Owning shard
    /// only, like all here.
    static @Nullable Wait of(Cell cell) {
        Object object = cell.awaited();
        return object == null ? null : new Wait(cell, object, cell.deadline);
    }

    /// Whether the cell is suspended in it.
    @SuppressWarnings("ReferenceEquality") // see the class
    boolean isSame() {
        return cell.awaited() == object && cell.deadline == deadline;
    }

    /// Whether the cell is suspended in it, and nothing has told it to leave.
    boolean lasts() {
        return isSame() && !cell.isInterrupted();
    }
}
