package dev.rouse.testkit;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.spi.FaultSource;
import dev.rouse.dispatch.spi.ConductedShard;
import dev.rouse.dispatch.spi.Conductor;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// A machine in a [SimulatedNetwork]: it has a name, an address, actor systems and sockets, and may crash.
///
/// Used by the thread that has made the simulation.
public final class SimulatedHost {
    private static final int FIRST_FREE_PORT = 32_768;
    private static final int PORTS = 65_536;

    /// Of a datagram, beside its bytes: those of IPv4 and of UDP.
    private static final int HEADER_BYTES = 28;

    private final Simulation simulation;
    private final SimulatedNetwork network;
    private final SimulatedWorld world;
    private final String name;
    private final InetAddress address;
    private final Provider sockets = new Provider();
    private final Machine machine = new Machine();

    private final List<SimulatedShard> shards = new ArrayList<>();
    private final Ports<ListenerChannel> listeners = new Ports<>();
    private final Ports<DatagramsChannel> datagrams = new Ports<>();
    private final Set<StreamChannel> streams = new LinkedHashSet<>();

    /// Those that were closed, too, until their end has come to the peer.
    private final Set<TcpEnd> connections = new LinkedHashSet<>();

    private int nextPort = FIRST_FREE_PORT;
    private boolean up = true;
    private int crashes;
    private @Nullable ActorSystem system;

    SimulatedHost(
            Simulation simulation, SimulatedNetwork network, SimulatedWorld world, String name, InetAddress address) {
        this.simulation = simulation;
        this.network = network;
        this.world = world;
        this.name = name;
        this.address = address;
    }

    public String name() {
        return name;
    }

    public InetAddress address() {
        return address;
    }

    /// Where others find a port of it.
    public InetSocketAddress address(int port) {
        return new InetSocketAddress(address, port);
    }

    /// A system of its own with one shard, made by the first call and closed with the simulation.
    ///
    /// @throws IllegalStateException if the host has crashed
    public ActorSystem system() {
        world.requireMaker();
        ActorSystem present = system;
        if (present == null) {
            present = call(() -> simulation.systemOf(name));
            system = present;
        }
        return present;
    }

    /// Calls code of the test as if on this host: the actor systems that it builds are simulated, and so are the
    /// sockets that it binds. It has to close them itself. A server that knows nothing of simulations is started
    /// so.
    ///
    /// @throws IllegalStateException if the host has crashed
    public <T, X extends Throwable> T call(ScopedValue.CallableOp<? extends T, X> body) throws X {
        world.requireMaker();
        if (!up) {
            throw new IllegalStateException("the host has crashed: host=" + name + "; restart it first");
        }
        return machine.call(body);
    }

    /// Ends everything on the host at once: no function goes on, no connection is closed, nothing more is logged.
    /// Its peers learn of it when they send, and the host is [back][#restart]. What it has sent before and has not
    /// arrived does so up to a point that is drawn: a peer may have an answer that it gave just before, or not.
    public void crash() {
        world.requireMaker();
        world.note("network", name + " crashes");
        up = false;
        crashes++;
        if (system != null) {
            simulation.forget(system);
            system = null;
        }
        shards.forEach(SimulatedShard::kill);
        connections.forEach(TcpEnd::vanish);
        connections.clear();
        listeners.clear();
        datagrams.clear();
        streams.clear();
    }

    /// Brings a host that has [crashed][#crash] back, with nothing on it.
    public void restart() {
        world.requireMaker();
        up = true;
        network.retry();
    }

    // For its sockets.

    SimulatedWorld world() {
        return world;
    }

    SimulatedNetwork network() {
        return network;
    }

    Provider sockets() {
        return sockets;
    }

    boolean isUp() {
        return up;
    }

    /// How much of what one read or write could move it does move: mostly all.
    int some(int most) {
        Choices choices = world.choices();
        return most > 1 && choices.amount(4) == 3 ? 1 + choices.amount(most) : most;
    }

    /// From where a socket that is bound to none sends to another.
    InetSocketAddress anyPort(InetSocketAddress to) throws BindException {
        return new InetSocketAddress(source(to), freePort());
    }

    /// From which address it sends, if it is free to.
    InetAddress source(InetSocketAddress to) {
        return to.getAddress().isLoopbackAddress() ? to.getAddress() : address;
    }

    /// As Linux, which sends nothing of loopback to others.
    ///
    /// @throws SocketException if that was asked for
    void requireRoute(InetSocketAddress from, InetSocketAddress to) throws SocketException {
        boolean toItself = equals(network.find(this, to.getAddress()));
        if (from.getAddress().isLoopbackAddress() && !toItself) {
            throw new SocketException("Invalid argument");
        }
    }

    private int freePort() throws BindException {
        world.sharesNetwork();
        for (int tries = PORTS - FIRST_FREE_PORT; tries > 0; tries--) {
            int port = nextPort;
            nextPort = port + 1 == PORTS ? FIRST_FREE_PORT : port + 1;
            if (!isTaken(port)) {
                return port;
            }
        }
        throw new BindException("Cannot assign requested address");
    }

    private boolean isTaken(int port) {
        return listeners.hasTaken(port)
                || datagrams.hasTaken(port)
                || connections.stream().anyMatch(each -> each.local().getPort() == port);
    }

    InetSocketAddress bindListener(ListenerChannel listener, @Nullable SocketAddress wanted) throws BindException {
        return bind(listeners, listener, wanted);
    }

    InetSocketAddress bindDatagrams(DatagramsChannel socket, @Nullable SocketAddress wanted) throws BindException {
        return bind(datagrams, socket, wanted);
    }

    private <C> InetSocketAddress bind(Ports<C> ports, C socket, @Nullable SocketAddress wanted) throws BindException {
        InetSocketAddress at = wanted == null ? new InetSocketAddress(0) : (InetSocketAddress) wanted;
        InetAddress mine = at.getAddress();
        if (!mine.isAnyLocalAddress() && !mine.isLoopbackAddress() && !mine.equals(address)) {
            throw new BindException("Cannot assign requested address");
        }
        world.sharesNetwork();
        InetSocketAddress bound = new InetSocketAddress(mine, at.getPort() == 0 ? freePort() : at.getPort());
        ports.bind(bound, socket);
        return bound;
    }

    /// One that was bound to all addresses is connected to a peer.
    void moveDatagrams(DatagramsChannel socket, InetSocketAddress to) {
        world.sharesNetwork();
        datagrams.move(socket, to);
    }

    @Nullable
    ListenerChannel listener(InetSocketAddress at) {
        return listeners.find(at);
    }

    void opened(StreamChannel stream) {
        streams.add(stream);
    }

    void opened(TcpEnd connection) {
        connections.add(connection);
    }

    void closed(StreamChannel stream) {
        streams.remove(stream);
    }

    void closed(TcpEnd connection) {
        connections.remove(connection);
    }

    void closed(ListenerChannel listener) {
        listeners.remove(listener);
    }

    void closed(DatagramsChannel socket) {
        datagrams.remove(socket);
    }

    void resetConnections(SimulatedHost other) {
        List.copyOf(connections).stream()
                .filter(each -> Objects.equals(network.find(this, each.remote().getAddress()), other))
                .forEach(TcpEnd::reset);
    }

    /// Where it is lost on its way, nobody is told; where it meets no socket, the socket that it has come from.
    void send(DatagramsChannel from, InetSocketAddress sender, InetSocketAddress to, byte[] bytes) {
        SimulatedHost target = network.find(this, to.getAddress());
        if (target == null) {
            return;
        }
        SimulatedNetwork.Link link = network.link(this, target);
        int packetBytes = HEADER_BYTES + bytes.length;
        for (int copies = link.copies(); copies > 0; copies--) {
            if (!link.hasRoom(packetBytes)) {
                world.note("network", name + " to " + target.name + ": the way is full, a datagram is dropped");
                continue;
            }
            world.at(link.arrivalNanos(packetBytes), () -> {
                if (network.reaches(this, target)) {
                    target.arrive(this, from, sender, to, bytes);
                }
            });
        }
    }

    private void arrive(
            SimulatedHost origin, DatagramsChannel from, InetSocketAddress sender, InetSocketAddress to, byte[] bytes) {
        DatagramsChannel receiver = datagrams.find(to);
        if (receiver != null) {
            world.note(
                    "network",
                    origin.name + " to " + name + ":" + to.getPort() + ": datagram of " + bytes.length + " bytes");
            receiver.arrive(sender, bytes);
        } else if (from.isConnected()) {
            world.at(network.link(this, origin).arrivalNanos(0), () -> {
                if (network.reaches(this, origin)) {
                    from.meetsNobody(to);
                }
            });
        }
    }

    // For the end.

    /// The sockets that are still open, each as text.
    List<String> openSockets() {
        List<String> open = new ArrayList<>();
        listeners.sockets().forEach(each -> open.add(each.toString()));
        datagrams.sockets().forEach(each -> open.add(each.toString()));
        streams.forEach(each -> open.add(each.toString()));
        return open;
    }

    /// The shards that still run, which end by this.
    List<String> killShards() {
        List<SimulatedShard> left =
                shards.stream().filter(each -> !each.hasEnded()).toList();
        left.forEach(SimulatedShard::kill);
        return left.stream().map(Object::toString).toList();
    }

    /// The host as its systems see it.
    private final class Machine implements Conductor, FaultSource {
        @Override
        public long nanoTime() {
            return world.nanoTime();
        }

        @Override
        public ConductedShard shard(String shardName) {
            SimulatedShard added = world.shard(nameInTrace(shardName));
            shards.add(added);
            return added;
        }

        /// With the host, but where the system is named as that.
        private String nameInTrace(String shardName) {
            return shardName.startsWith(name + "-shard-") ? shardName : name + "/" + shardName;
        }

        @Override
        public SelectorProvider sockets() {
            return sockets;
        }

        @Override
        public List<InetAddress> addresses(String ofHost) throws UnknownHostException {
            return List.of(ofHost.equals("localhost") ? InetAddress.getLoopbackAddress() : network.address(ofHost));
        }

        @Override
        public System.Logger logger(String loggerName) {
            int life = crashes; // what a machine that has crashed would say, nobody reads
            return simulation.logs().logger(loggerName, () -> crashes == life);
        }

        @Override
        public long seed() {
            return simulation.seed();
        }

        /// Where nothing is drawn, as in an exhaustive search, it is as on the machine: all shards are used.
        @Override
        public int shardOfRoot(int inTurn, int systemShards) {
            return (inTurn + world.drawUnlessForeign(systemShards)) % systemShards;
        }

        @Override
        public void start(String threadName, Runnable work) {
            world.start(threadName, work);
        }

        @Override
        public boolean await(CountDownLatch latch, long atMostNanos) throws InterruptedException {
            return world.await(latch, atMostNanos);
        }

        @Override
        public void onMessage(ActorRef<?> actor, Object message) {
            faults().onMessage(actor, message);
        }

        @Override
        public void onSuspend(String awaited) {
            faults().onSuspend(awaited);
        }

        @Override
        public boolean losesReply(ActorRef<?> target) {
            return faults().losesReply(target);
        }

        @Override
        public boolean findsFull(ActorRef<?> target) {
            return faults().findsFull(target);
        }

        @Override
        public boolean refusesChild(String parent) {
            return faults().refusesChild(parent);
        }

        private FaultSource faults() {
            return world.faults().source();
        }
    }

    final class Provider extends SelectorProvider {
        @Override
        public DatagramsChannel openDatagramChannel() {
            return new DatagramsChannel(SimulatedHost.this);
        }

        @Override
        public DatagramsChannel openDatagramChannel(ProtocolFamily family) {
            return openDatagramChannel();
        }

        @Override
        public Pipe openPipe() {
            throw new UnsupportedOperationException("a simulated host has no pipes");
        }

        @Override
        public AbstractSelector openSelector() {
            return new SimulatedSelector(this, world, world.runningShard());
        }

        @Override
        public ListenerChannel openServerSocketChannel() {
            return new ListenerChannel(SimulatedHost.this);
        }

        @Override
        public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) {
            throw noSuchSockets(family);
        }

        @Override
        public StreamChannel openSocketChannel() {
            return new StreamChannel(SimulatedHost.this);
        }

        @Override
        public SocketChannel openSocketChannel(ProtocolFamily family) {
            throw noSuchSockets(family);
        }

        private UnsupportedOperationException noSuchSockets(ProtocolFamily family) {
            return new UnsupportedOperationException("a simulated host has no such sockets: host=" + name + ", family="
                    + family.name() + "; use TCP in a simulation, an address from SimulatedHost.address");
        }
    }
}
