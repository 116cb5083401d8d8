package dev.rouse.actor;

import dev.rouse.actor.spi.FaultSource;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// An inbox whose actor fails at messages of which the [FaultSource] says so: when it has just taken them.
final class FaultyInbox<M> implements Inbox<M> {
    private final DirectCell<M> cell;
    private final FaultSource faults;

    FaultyInbox(DirectCell<M> cell, FaultSource faults) {
        this.cell = cell;
        this.faults = faults;
    }

    @Override
    public M receive() {
        M message = cell.receive();
        faults.onMessage(cell, message);
        return message;
    }

    @Override
    public @Nullable M tryReceive() {
        return taken(cell.tryReceive());
    }

    @Override
    public @Nullable M receive(Duration atMost) {
        return taken(cell.receive(atMost));
    }

    private @Nullable M taken(@Nullable M message) {
        if (message != null) {
            faults.onMessage(cell, message);
        }
        return message;
    }

    @Override
    public ActorRef<M> self() {
        return cell;
    }

    @Override
    public Timers<M> timers() {
        return cell;
    }

    @Override
    public Watch watch(ActorRef<?> other, Function<Terminated, ? extends M> message) {
        return cell.watch(other, message);
    }
}
