package dev.rouse.actor;

import java.util.LinkedHashSet;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/// The room of one shard for functions and actors, [Limits#functionsPerShard]. Owning shard only.
///
/// A cell holds a slot from its start to its end. Who finds none waits, first come, first served: a slot that is given
/// back goes to who has waited longest, and nobody takes one past those who wait.
///
/// **Nobody can go on** when each cell that holds a slot waits for room, or for the end of another one of this shard:
/// then no slot would ever be given back. So one of those that wait for room, the last to come, is refused.
/// Whatever can bring about that state, a suspension or the end of a body, looks for it, if anybody waits for room. A
/// look walks the tree until it meets a cell that can go on; that one is remembered, and looked at first the next time.
/// A cell can go on if it runs, is ready or blocked, has a deadline, or waits for anything else, such as a message, a
/// timer, or another shard: what that in turn waits for is not known here.
sealed class Slots permits FaultySlots {
    private final LocalSystem local;
    private final int limit;
    private int taken;

    /// Each is a suspended cell of this shard, which is what bounds it. Null when there is none.
    private @Nullable SequencedSet<SlotWait> waiting;

    /// Called when nobody waits for room any more.
    private Runnable onRoom = () -> {};

    /// Could go on when it was last looked at.
    private @Nullable Cell known;

    Slots(LocalSystem local, int limit) {
        this.local = local;
        this.limit = limit;
    }

    /// How many functions and actors are alive.
    int taken() {
        return taken;
    }

    boolean tryTake() {
        assert local.shard.isCurrent() : "a slot is taken on its own shard only";
        if (taken >= limit || waiting != null) {
            return false;
        }
        taken++;
        return true;
    }

    /// As [#tryTake], for a child of `owner`.
    boolean tryTake(Cell owner) {
        return tryTake();
    }

    /// Takes a slot for a child of `owner`, whose turn must be the one that runs; suspends it until there is one.
    ///
    /// @throws LimitExceededException if there will never be one
    void take(Cell owner) {
        if (!tryTake()) {
            new SlotWait(this, owner).await();
        }
    }

    void giveBack() {
        if (waiting == null) {
            taken--;
        } else {
            SlotWait longest = waiting.getFirst();
            remove(longest);
            longest.grant();
        }
    }

    void add(SlotWait wait) {
        assert local.shard.isCurrent() : "room is waited for on its own shard only";
        if (waiting == null) {
            waiting = new LinkedHashSet<>();
        }
        waiting.add(wait);
    }

    void remove(SlotWait wait) {
        if (waiting != null && waiting.remove(wait) && waiting.isEmpty()) {
            waiting = null;
            known = null;
            onRoom.run();
        }
    }

    /// @param action is called whenever nobody waits for room any more, by whoever brings that about; it must not
    ///     suspend
    void onRoom(Runnable action) {
        onRoom = action;
    }

    boolean areAwaited() {
        return waiting != null;
    }

    /// Called when `cell` is about to suspend, or its body has ended, while somebody waits for room. Returns
    /// whether
    /// `cell` is the one that was refused; it must not suspend then.
    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    boolean refuseIfNobodyCanGoOn(Cell cell) {
        if (canAnyGoOn()) {
            return false;
        }
        SlotWait last = lastWithSlot();
        if (last == null) {
            return false; // they wait for each other, and would also if there were room
        }
        remove(last);
        last.refuse();
        if (last.owner == cell) {
            return true;
        }
        last.owner.wake();
        return false;
    }

    private @Nullable SlotWait lastWithSlot() {
        if (waiting != null) {
            for (SlotWait wait : waiting.reversed()) {
                if (wait.owner.parent != null) { // the guardian holds no slot
                    return wait;
                }
            }
        }
        return null;
    }

    private boolean canAnyGoOn() {
        if (known != null && !known.isDone() && known.canGoOn()) {
            return true;
        }
        Cell root = local.guardian;
        for (Cell cell = root.nextWithin(root); cell != null; cell = cell.nextWithin(root)) {
            if (cell.canGoOn()) {
                known = cell;
                return true;
            }
        }
        return false;
    }

    LimitExceededException stuck(Cell owner) {
        local.refused("functionsPerShard", limit, owner);
        return new LimitExceededException(
                "functionsPerShard",
                limit,
                owner.path(),
                "every function of the shard waits for room or for one that does, so there would never be any:"
                        + " raise Limits.functionsPerShard, or let children end before more are spawned");
    }
}
