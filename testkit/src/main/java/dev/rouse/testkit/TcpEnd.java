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
///
/// What comes meets one of three: an end that is in use takes it; one that was closed in order still sends what it has,
/// and answers bytes with a reset, since nobody reads them; where there is none (any more), as after a crash, a reset
/// or when TCP has given up, all but a reset is answered with one. So an answer to a connection request that comes too
/// late resets what the peer takes for a connection.
///
/// A listener has a connection as soon as it is asked for, and not when the third message of the handshake has come.
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
    private final OptionValues options;
    private final Runnable onChange;

    /// To the peer; null until there is one.
    private @Nullable Flow out;

    private @Nullable TcpEnd peer;

    private final ArrayDeque<ByteBuffer> received = new ArrayDeque<>();
    private int unacknowledged;

    /// Of the link, as it was when the connection was made.
    private int linkWindowBytes;

    private int read;

    private boolean established;
    private boolean inputEnded;
    private boolean outputEnded;

    /// The end of the output has come to the peer.
    private boolean outputArrived;

    /// A reset is on its way to the peer.
    private boolean refusing;

    private Stage stage = Stage.IN_USE;
    private @Nullable IOException failure;

    /// It goes on, and never back: closed in order, or at once where there is nothing to end in order, or the host
    /// crashes; from closed, when the peer resets it, TCP gives up, or the host crashes.
    private enum Stage {
        /// By its socket.
        IN_USE,
        /// Nobody reads any more; what was written is still sent, with its end.
        CLOSED,
        /// There is no such connection.
        GONE
    }

    TcpEnd(
            SimulatedHost host,
            InetSocketAddress local,
            InetSocketAddress remote,
            OptionValues options,
            Runnable onChange) {
        this.host = host;
        this.world = host.world();
        this.network = host.network();
        this.local = local;
        this.remote = remote;
        this.options = options;
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
        if (isGone() || established) {
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
        if (isGone() || !network.reaches(host, target) || (peer != null && !peer.isGone())) {
            return;
        }
        ListenerChannel listener = target.listener(remote);
        if (listener == null) {
            world.note("network", name() + " to " + target.name() + ":" + remote.getPort() + ": nobody listens");
            world.at(
                    network.link(target, host).arrivalNanos(0), () -> fail(new ConnectException("Connection refused")));
            return;
        }
        StreamChannel arrived = listener.arrive(remote, local);
        if (arrived != null) {
            join(arrived.connectedEnd());
        }
    }

    /// In place of one that has gone before its answer was here, if there is one.
    private void join(TcpEnd other) {
        if (peer != null) {
            peer.flow().cut();
        }
        peer = other;
        out = new Flow(world, network, this, other);
        linkWindowBytes = network.link(host, other.host).windowBytes();
        other.peer = this;
        other.out = new Flow(world, network, other, this);
        other.linkWindowBytes = network.link(other.host, host).windowBytes();
        other.established = true;
        other.flow().send(0, "connected", this::onConnected);
    }

    private void onConnected() {
        if (isGone()) {
            refuse();
            return;
        }
        established = true;
        onChange.run();
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
        return established && (unacknowledged < windowBytes() || outputEnded || failure != null);
    }

    /// What may be on its way, or unread by the peer. Where both sizes are set it is no more than what the two
    /// buffers hold; one that is not set holds whatever the link has under way.
    private int windowBytes() {
        OptionValues ofPeer = Objects.requireNonNull(peer).options;
        long buffers = (long) options.sendBufferBytes(linkWindowBytes) + ofPeer.receiveBufferBytes(linkWindowBytes);
        return (int) Math.min(linkWindowBytes, buffers);
    }

    /// What is less than half a window of the old size may be more than half of the new one, and who has waited for
    /// room may have it.
    void onBuffersChanged() {
        TcpEnd other = peer;
        if (other == null || !established || isGone() || other.isGone()) {
            return;
        }
        world.sharesNetwork();
        acknowledge(0);
        other.acknowledge(0);
        onChange.run();
        other.onChange.run();
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
        if (isGone()) {
            return;
        }
        TcpEnd sender = Objects.requireNonNull(peer);
        read += count;
        if (2 * read >= sender.windowBytes()) {
            int acknowledged = read;
            read = 0;
            flow().send(0, null, () -> sender.acknowledged(acknowledged));
        }
    }

    private void acknowledged(int count) {
        if (isGone()) {
            refuse();
            return;
        }
        unacknowledged -= count;
        onChange.run();
    }

    /// Sends some of it, as far as the window allows.
    int write(ByteBuffer src) throws IOException {
        if (failure != null) {
            throw new SocketException("Broken pipe");
        }
        int room = Math.min(src.remaining(), windowBytes() - unacknowledged);
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
        if (stage == Stage.CLOSED || isGone()) {
            go();
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
            flow().send(0, "end of output", () -> {
                onOutputArrived();
                receiver.onInputEnded();
            });
        }
    }

    private void onOutputArrived() {
        outputArrived = true;
        if (stage == Stage.CLOSED) {
            host.closed(this);
        }
    }

    private void onInputEnded() {
        if (isGone()) {
            refuse();
            return;
        }
        inputEnded = true;
        onChange.run();
    }

    /// Whether there is no such connection here, so that whatever comes for it is refused.
    private boolean isGone() {
        return stage == Stage.GONE || failure != null;
    }

    /// What has been written is still sent, unless the peer has sent what was not read.
    void close() {
        if (stage != Stage.IN_USE) {
            return;
        }
        if (!established || failure != null) {
            go();
        } else if (received.isEmpty()) {
            stage = Stage.CLOSED;
            endOutput();
            if (outputArrived) {
                host.closed(this);
            }
        } else {
            abort();
        }
    }

    /// As [#close], and what was written is lost.
    void abort() {
        if (stage != Stage.IN_USE) {
            return;
        }
        boolean over = inputEnded && outputArrived;
        boolean connected = established && failure == null && !over;
        go();
        if (connected) {
            refuse();
        }
    }

    private void go() {
        stage = Stage.GONE;
        host.closed(this);
    }

    /// Tells the peer, after what has left for it already, that nobody is here for what it sends.
    private void refuse() {
        if (refusing) {
            return;
        }
        refusing = true;
        TcpEnd sender = Objects.requireNonNull(peer);
        if (flow().isCut()) {
            out = new Flow(world, network, this, sender);
        } else {
            flow().discard(sender.established ? 0 : 1); // it has been answered before
        }
        flow().send(0, "reset", () -> {
            refusing = false;
            sender.reset();
        });
    }

    /// A peer that refuses says so, or a box in between.
    void reset() {
        fail(established ? new SocketException("Connection reset") : new ConnectException("Connection refused"));
    }

    void timedOut() {
        refusing = false;
        fail(new SocketException("Connection timed out"));
    }

    private void fail(IOException cause) {
        if (isGone()) {
            return;
        }
        if (out != null) {
            out.cut();
        }
        if (stage == Stage.CLOSED) {
            go();
        } else {
            failure = cause;
            onChange.run();
        }
    }

    /// Its host has crashed: what has left still arrives, and what is sent to it from now on is refused as soon as
    /// the host is back.
    void vanish() {
        stage = Stage.GONE;
        refusing = false;
        if (out != null) {
            out.abandon();
        }
    }

    @Override
    public String toString() {
        return name() + " to " + remote.getAddress().getHostAddress() + ":" + remote.getPort();
    }
}
