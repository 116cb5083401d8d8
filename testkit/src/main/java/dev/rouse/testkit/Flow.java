package dev.rouse.testkit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What one end of a connection sends to the other: it arrives in order and once, and waits while there is no way.
final class Flow {
    /// When TCP gives up to send again what nobody acknowledges: the default of Linux, see `tcp_retries2`.
    private static final long PATIENCE_NANOS = Duration.ofSeconds(924).toNanos();

    private final SimulatedWorld world;
    private final SimulatedNetwork network;
    private final TcpEnd from;
    private final TcpEnd to;
    private final ArrayDeque<Delivery> underway = new ArrayDeque<>();
    private long lastNanos;
    private boolean stalled;
    private boolean cut;

    /// Counts what has arrived, so that one who waited can see whether anything has.
    private long arrived;

    /// @param text for the log; null for what is not worth a line
    private record Delivery(
            long atNanos, int bytes, @Nullable String text, Runnable arrival) {}

    Flow(SimulatedWorld world, SimulatedNetwork network, TcpEnd from, TcpEnd to) {
        this.world = world;
        this.network = network;
        this.from = from;
        this.to = to;
    }

    void send(int bytes, @Nullable String text, Runnable arrival) {
        if (cut) {
            return;
        }
        lastNanos = Math.max(lastNanos, network.link(from.host(), to.host()).arrivalNanos(bytes));
        underway.add(new Delivery(lastNanos, bytes, text, arrival));
        if (underway.size() == 1) {
            expectNext();
        }
    }

    /// Nothing that was sent arrives, nor what is still to be.
    void cut() {
        cut = true;
        underway.clear();
        network.noLongerStalled(this);
    }

    /// Its sender has crashed: [what has left][#discard] arrives, if there is a way then, and nothing is sent
    /// again.
    void abandon() {
        discard(0);
        cut = true;
        network.noLongerStalled(this);
    }

    boolean isCut() {
        return cut;
    }

    /// What its sender still keeps, to send it or to send it again, is discarded: what has left already arrives,
    /// and how much that is of what is under way is drawn. Nothing is where there is no way.
    ///
    /// @param least this much has left in any case, and waits if there is no way
    void discard(int least) {
        int sure = Math.min(least, underway.size());
        int drawn = stalled ? 0 : world.choices().amount(underway.size() - sure + 1);
        while (underway.size() > sure + drawn) {
            underway.removeLast();
        }
        Delivery last = underway.peekLast();
        lastNanos = last == null ? world.nanoTime() : last.atNanos;
    }

    private void expectNext() {
        Delivery next = underway.peek();
        if (next != null) {
            world.at(Math.max(next.atNanos, world.nanoTime()), () -> arrive(next));
        }
    }

    @SuppressWarnings("ReferenceEquality") // each is sent once
    private void arrive(Delivery next) {
        if (stalled || underway.peek() != next) {
            return;
        }
        if (!network.reaches(from.host(), to.host())) {
            if (cut) {
                underway.clear();
            } else {
                stall();
            }
            return;
        }
        underway.remove();
        arrived++;
        if (next.text != null) {
            world.note("network", from.name() + " to " + to.name() + ": " + next.text);
        }
        next.arrival.run();
        expectNext();
    }

    private void stall() {
        stalled = true;
        network.stalled(this);
        long before = arrived;
        world.at(world.nanoTime() + PATIENCE_NANOS, () -> {
            if (stalled && arrived == before && !cut) {
                accountForLost();
                cut();
                from.timedOut();
            }
        });
    }

    private void accountForLost() {
        long bytes = underway.stream().mapToInt(Delivery::bytes).sum();
        if (bytes > 0) {
            world.lost(bytes + " bytes from " + from.name() + " to " + to.name());
        }
    }

    /// There may be a way again.
    void retry() {
        stalled = false;
        Delivery next = Objects.requireNonNull(underway.peek(), "what it was held up with");
        world.at(network.link(from.host(), to.host()).arrivalNanos(0), () -> arrive(next));
    }
}
