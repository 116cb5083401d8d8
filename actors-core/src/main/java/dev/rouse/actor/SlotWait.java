package dev.rouse.actor;

/// A cell that waits for room on its shard, to start a child. Owning shard only.
///
/// | from | to | when |
/// |---|---|---|
/// | WAITING | GRANTED | a slot was given back: it is the owner's now |
/// | WAITING | REFUSED | all who hold slots wait for room, or for one who does |
/// | WAITING | WITHDRAWN | the owner was interrupted first |
final class SlotWait {
    private enum State {
        WAITING,
        GRANTED,
        REFUSED,
        WITHDRAWN
    }

    private final Slots slots;
    final Cell owner;
    private State state = State.WAITING;

    SlotWait(Slots slots, Cell owner) {
        this.slots = slots;
        this.owner = owner;
    }

    /// Waits until the owner has a slot. One that is there wins over an interruption.
    void await() {
        owner.throwIfInterrupted();
        slots.add(this);
        try {
            while (state == State.WAITING && !owner.isInterrupted()) {
                owner.suspend(this);
            }
        } finally {
            if (state == State.WAITING) {
                slots.remove(this);
                state = State.WITHDRAWN;
            }
        }
        switch (state) {
            case GRANTED -> {}
            case REFUSED -> throw slots.stuck(owner);
            case WAITING, WITHDRAWN -> owner.throwIfInterrupted();
        }
    }

    /// The caller has taken it out of the queue.
    void grant() {
        state = State.GRANTED;
        owner.wake();
    }

    /// The caller has taken it out of the queue; it wakes the owner unless that is about to suspend.
    void refuse() {
        state = State.REFUSED;
    }
}
