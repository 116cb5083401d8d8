package dev.rouse.actor;

/// Tells a suspension that nobody can wake it any more, since its [WakerHandle] has become unreachable.
final class DroppedWaker extends Dropped {
    private final Suspension<?> suspension;

    DroppedWaker(WakerHandle<?> handle, Suspension<?> suspension) {
        super(handle);
        this.suspension = suspension;
    }

    @Override
    protected void onDropped() {
        suspension.onWakerDropped();
    }
}
