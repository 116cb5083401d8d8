package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;

/// A behaviour that fails at messages of which its [FaultSource] says so.
final class FaultyActor<M> implements Actor<M> {
    private final Actor<M> behavior;
    private final FaultSource faults;

    FaultyActor(Actor<M> behavior, FaultSource faults) {
        this.behavior = behavior;
        this.faults = faults;
    }

    @Override
    public void receive(M message, ActorContext<M> context) throws Exception {
        faults.onMessage(context.self(), message);
        behavior.receive(message, context);
    }

    @Override
    public void onStart(ActorContext<M> context) throws Exception {
        behavior.onStart(context);
    }

    @Override
    public void onStop(ActorContext<M> context) throws Exception {
        behavior.onStop(context);
    }
}
