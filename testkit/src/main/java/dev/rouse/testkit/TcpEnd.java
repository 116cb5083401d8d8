package dev.rouse.testkit;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One end of a TCP connection: what has come, what may still be sent, and how it ends.
final class TcpEnd {
    /// Between the first two tries to connect; each later one waits twice as long. As Linux does.
    private static final long FIRST_RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    /// The tries of Linux, which gives up after 127 seconds; see `tcp_syn_retries`.
    private static final int TRIES = 7;

    private final SimulatedHost host;
    private final SimulatedWorld world;
    private final SimulatedNetwork network;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;
    private final Runnable onChange;

    /// To the peer; null until there is one.
    private @Nullable Flow out;

    private @Nullable TcpEnd peer;

    private final ArrayDeque<ByteBuffer> received = new ArrayDeque<>();
    private int unacknowledged;
    private int windowBytes;
    private int read;

    private boolean established;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean closed;
    private @Nullable IOException failure;

    TcpEnd(SimulatedHost host, InetSocketAddress local, InetSocketAddress remote, Runnable onChange) {
        this.host = host;
        this.world = host.world();
        this.network = host.network();
        this.local = local;
        this.remote = remote;
        this.onChange = onChange;
        host.opened(this);
    }

    SimulatedHost host() {
        return host;
    }

    InetSocketAddress local() {
        return local;
    }

    InetSocketAddress remote() {
        return remote;
    }

    String name() {
        return host.name() + ":" + local.getPort();
    }

    // Connecting.

    void connect() {
        tryToConnect(1, FIRST_RETRY_NANOS);
    }

    private void tryToConnect(int number, long patienceNanos) {
        if (closed || established || failure != null) {
            return;
        }
        if (number > TRIES) {
            fail(new ConnectException("Connection timed out"));
            return;
        }
        SimulatedHost target = network.find(host, remote.getAddress());
        if (target != null) {
            world.at(network.link(host, target).arrivalNanos(0), () -> knock(target));
        }
        world.at(world.nanoTime() + patienceNanos, () -> tryToConnect(number + 1, 2 * patienceNanos));
    }

    private void knock(SimulatedHost target) {
        if (closed || peer != null || !network.reaches(host, target)) {
            return;
        }
        ListenerChannel listener = target.listener(remote.getPort());
        if (listener == null) {
            world.note("network", name() + " to " + target.name() + ":" + remote.getPort() + ": nobody listens");
            world.at(
                    network.link(target, host).arrivalNanos(0), () -> fail(new ConnectException("Connection refused")));
            return;
        }
        StreamChannel arrived = listener.arrive(new InetSocketAddress(target.address(), remote.getPort()), local);
        if (arrived != null) {
            join(arrived.connectedEnd());
        }
    }

    private void join(TcpEnd other) {
        peer = other;
        out = new Flow(world, network, this, other);
        windowBytes = network.link(host, other.host).windowBytes();
        other.peer = this;
        other.out = new Flow(world, network, other, this);
        other.windowBytes = network.link(other.host, host).windowBytes();
        other.established = true;
        other.flow().send(0, "connected", () -> {
            established = true;
            onChange.run();
        });
    }

    private Flow flow() {
        return Objects.requireNonNull(out, "the way of one that is connected");
    }

    boolean isEstablished() {
        return established;
    }

    @Nullable
    IOException failure() {
        return failure;
    }

    // Bytes.

    /// What has come and was not read.
    int unread() {
        return available(Integer.MAX_VALUE);
    }

    boolean canRead() {
        return !received.isEmpty() || inputEnded || failure != null;
    }

    boolean canWrite() {
        return established && (unacknowledged < windowBytes || outputEnded || failure != null);
    }

    /// Moves some of what has come; -1 at the end.
    int read(ByteBuffer dst) throws IOException {
        ByteBuffer first = received.peek();
        if (first == null) {
            if (failure != null) {
                throw new SocketException(failure.getMessage());
            }
            return inputEnded ? -1 : 0;
        }
        int count = host.some(Math.min(dst.remaining(), available(dst.remaining())));
        for (int left = count; left > 0; ) {
            left -= move(left, dst);
        }
        acknowledge(count);
        return count;
    }

    private int available(int enough) {
        int available = 0;
        for (ByteBuffer each : received) {
            available += each.remaining();
            if (available >= enough) {
                break;
            }
        }
        return available;
    }

    private int move(int most, ByteBuffer dst) {
        ByteBuffer first = Objects.requireNonNull(received.peek());
        int count = Math.min(most, first.remaining());
        dst.put(dst.position(), first, first.position(), count);
        dst.position(dst.position() + count);
        first.position(first.position() + count);
        if (!first.hasRemaining()) {
            received.remove();
        }
        return count;
    }

    /// Once for every half window: then a sender that waits always hears of it, and of all others no more than
    /// needed.
    private void acknowledge(int count) {
        TcpEnd sender = Objects.requireNonNull(peer);
        read += count;
        if (2 * read >= sender.windowBytes) {
            int acknowledged = read;
            read = 0;
            flow().send(0, null, () -> sender.acknowledged(acknowledged));
        }
    }

    private void acknowledged(int count) {
        unacknowledged -= count;
        onChange.run();
    }

    /// Sends some of it, as far as the window allows.
    int write(ByteBuffer src) throws IOException {
        if (failure != null) {
            throw new SocketException("Broken pipe");
        }
        int room = Math.min(src.remaining(), windowBytes - unacknowledged);
        if (room <= 0) {
            return 0;
        }
        int count = host.some(room);
        byte[] bytes = new byte[count];
        src.get(bytes);
        unacknowledged += count;
        TcpEnd receiver = Objects.requireNonNull(peer);
        flow().send(count, count + " bytes", () -> receiver.receive(bytes));
        return count;
    }

    private void receive(byte[] bytes) {
        if (closed) {
            refuse();
            return;
        }
        received.add(ByteBuffer.wrap(bytes));
        onChange.run();
    }

    // Ends.

    boolean isOutputEnded() {
        return outputEnded;
    }

    void endOutput() {
        if (!outputEnded) {
            outputEnded = true;
            TcpEnd receiver = Objects.requireNonNull(peer);
            flow().send(0, "end of output", receiver::onInputEnded);
        }
    }

    private void onInputEnded() {
        inputEnded = true;
        onChange.run();
    }

    /// What has been written is still sent, unless the peer has sent what was not read.
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        host.closed(this);
        if (peer == null || failure != null) {
            return;
        }
        if (received.isEmpty()) {
            endOutput();
        } else {
            refuse();
        }
    }

    /// As [#close], and what was written is lost.
    void abort() {
        if (!closed) {
            closed = true;
            host.closed(this);
            refuse();
        }
    }

    /// Tells the peer that nobody is here for what it sends.
    private void refuse() {
        TcpEnd sender = Objects.requireNonNull(peer);
        flow().cut();
        out = new Flow(world, network, this, sender);
        flow().send(0, "reset", sender::reset);
    }

    void reset() {
        fail(new SocketException("Connection reset"));
    }

    void timedOut() {
        fail(new SocketException("Connection timed out"));
    }

    private void fail(IOException cause) {
        if (failure == null && !closed) {
            failure = cause;
            if (out != null) {
                out.cut();
            }
            onChange.run();
        }
    }

    /// Its host has crashed: what is sent to it from now on is refused as soon as the host is back.
    void vanish() {
        closed = true;
        if (out != null) {
            out.cut();
        }
    }

    @Override
    public String toString() {
        return name() + " to " + remote.getAddress().getHostAddress() + ":" + remote.getPort();
    }
}
