package dev.rouse.testkit;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The network of a [Simulation]: hosts with names and addresses, and what is between them.
///
/// TCP keeps its promises here as everywhere: bytes come once and in order, however late and in whatever pieces. UDP
/// makes none. What the seed decides: how long things are on their way, how many bytes one read or write moves, which
/// of several ready sockets comes first, which datagrams get lost. What the test decides is here.
///
/// Used by the thread that has made the simulation. What is refused, reset or timed out fails with the messages of
/// Linux.
public final class SimulatedNetwork {
    /// Addresses are 10.0.0.1 and so on; more than this is taken for a loop.
    private static final int MOST_HOSTS = 250;

    private static final int PERCENT = 100;

    private final Simulation simulation;
    private final SimulatedWorld world;
    private final Map<String, SimulatedHost> hosts = new LinkedHashMap<>();
    private final Map<InetAddress, SimulatedHost> byAddress = new HashMap<>();
    private final Map<Pair, Link> links = new HashMap<>();
    private final Set<Pair> partitions = new HashSet<>();

    /// In the order in which they were held up.
    private final List<Flow> stalled = new ArrayList<>();

    private LinkOptions options = LinkOptions.defaults();

    SimulatedNetwork(Simulation simulation, SimulatedWorld world) {
        this.simulation = simulation;
        this.world = world;
    }

    /// From one host to another, in this direction.
    private record Pair(SimulatedHost from, SimulatedHost to) {}

    /// The host of this name, made by the first call.
    public SimulatedHost host(String name) {
        world.requireMaker();
        SimulatedHost present = hosts.get(Objects.requireNonNull(name, "name"));
        if (present != null) {
            return present;
        }
        if (hosts.size() == MOST_HOSTS) {
            throw new IllegalStateException("too many hosts: host=" + name + ", most=" + MOST_HOSTS);
        }
        SimulatedHost added = new SimulatedHost(simulation, this, world, name, address(name, hosts.size() + 1));
        hosts.put(name, added);
        byAddress.put(added.address(), added);
        return added;
    }

    private static InetAddress address(String host, int number) {
        try {
            return InetAddress.getByAddress(host, new byte[] {10, 0, 0, (byte) number});
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }

    /// What all ways are like of which nothing else is said; for what is sent from now on.
    public void link(LinkOptions value) {
        world.requireMaker();
        options = Objects.requireNonNull(value, "value");
    }

    /// What the way between two hosts is like, in both directions; for what is sent from now on.
    public void link(SimulatedHost one, SimulatedHost other, LinkOptions value) {
        world.requireMaker();
        link(one, other).options = Objects.requireNonNull(value, "value");
        link(other, one).options = value;
    }

    /// Cuts two hosts off from each other. What is sent waits, as TCP sends it again and again, until they
    /// [heal][#heal] or TCP gives up: a connection after 15 minutes 24 seconds, one that is being made after 127
    /// seconds. Datagrams get lost.
    public void partition(SimulatedHost one, SimulatedHost other) {
        world.requireMaker();
        partitions.add(new Pair(one, other));
        partitions.add(new Pair(other, one));
    }

    /// Ends a [partition][#partition], if there is one.
    public void heal(SimulatedHost one, SimulatedHost other) {
        world.requireMaker();
        partitions.remove(new Pair(one, other));
        partitions.remove(new Pair(other, one));
        retry();
    }

    /// Resets all connections between two hosts, as a box in between may do: both ends fail.
    public void reset(SimulatedHost one, SimulatedHost other) {
        world.requireMaker();
        one.resetConnections(other);
        other.resetConnections(one);
    }

    // For the hosts.

    InetAddress address(String host) throws UnknownHostException {
        SimulatedHost known = hosts.get(host);
        if (known == null) {
            throw new UnknownHostException("cannot resolve: host=" + host + ", cause=no host of the simulation has this"
                    + " name; make it with SimulatedNetwork.host before");
        }
        return known.address();
    }

    /// Has flows that were held up go on where they can.
    void retry() {
        List<Flow> held = List.copyOf(stalled);
        stalled.clear();
        held.forEach(Flow::retry);
    }

    void stalled(Flow flow) {
        stalled.add(flow);
    }

    void noLongerStalled(Flow flow) {
        stalled.remove(flow);
    }

    @Nullable
    SimulatedHost find(SimulatedHost from, InetAddress address) {
        return address.isLoopbackAddress() ? from : byAddress.get(address);
    }

    boolean reaches(SimulatedHost from, SimulatedHost to) {
        return to.isUp() && !partitions.contains(new Pair(from, to));
    }

    Link link(SimulatedHost from, SimulatedHost to) {
        return links.computeIfAbsent(new Pair(from, to), _ -> new Link());
    }

    Iterable<SimulatedHost> hosts() {
        return hosts.values();
    }

    /// One direction of a way.
    final class Link {
        private @Nullable LinkOptions options;
        private long freeAtNanos;

        private LinkOptions options() {
            return options == null ? SimulatedNetwork.this.options : options;
        }

        int windowBytes() {
            return options().windowBytes();
        }

        /// When something sent now arrives.
        long arrivalNanos(int bytes) {
            LinkOptions now = options();
            double sendingNanos = bytes * 1e9 / now.bytesPerSecond();
            freeAtNanos = Math.max(freeAtNanos, world.nanoTime()) + (long) sendingNanos;
            return freeAtNanos
                    + world.time(now.leastLatency().toNanos(), now.mostLatency().toNanos());
        }

        /// Whether the queue has room for this, beside what waits already. One that is empty has it for
        /// whatever comes.
        boolean hasRoom(int bytes) {
            world.sharesNetwork();
            LinkOptions now = options();
            long waitingNanos = freeAtNanos - world.nanoTime();
            double waitingBytes = waitingNanos / 1e9 * now.bytesPerSecond();
            return waitingNanos <= 0 || waitingBytes + bytes <= now.queueBytes();
        }

        /// How often a datagram arrives that is sent now.
        int copies() {
            LinkOptions now = options();
            if (isDrawn(now.lossPercent())) {
                return 0;
            }
            return isDrawn(now.doublingPercent()) ? 2 : 1;
        }

        private boolean isDrawn(int percent) {
            return percent > 0 && world.choices().amount(PERCENT) >= PERCENT - percent;
        }
    }
}
