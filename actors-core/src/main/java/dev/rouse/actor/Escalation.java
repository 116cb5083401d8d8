package dev.rouse.actor;

/// The failure of a child, on its way to the parent: thrown where that takes its next message. At most one for each
/// child, which stops.
final class Escalation extends Control {
    private final ChildFailedException failure;

    Escalation(ChildFailedException failure) {
        this.failure = failure;
    }

    @Override
    Object deliver() {
        throw failure;
    }
}
