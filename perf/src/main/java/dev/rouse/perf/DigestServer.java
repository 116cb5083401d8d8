package dev.rouse.perf;

import static dev.rouse.actor.Rouse.spawn;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Limits;
import dev.rouse.dispatch.Engine;
import dev.rouse.io.Overload;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpOptions;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// A server on Rouse, as one would write it, that computes something for each request, and has its limits set: one
/// connection for each request of 64 bytes, answered by a digest that takes some 2 ms. What it has no room for waits in
/// its backlog, or is refused.
final class DigestServer implements PeerServer {
    static final String WAITS = "rouse-wait";
    static final String REFUSES = "rouse-refuse";
    static final int REQUEST_BYTES = 64;
    static final int REPLY_BYTES = 32;

    /// In all some 130 ms of work that may wait: less than the patience of who waits for it.
    private static final int CONNECTIONS = 32;

    private static final int BACKLOG = 32;

    /// One for each connection, the one that accepts, and some to spare.
    private static final int FUNCTIONS = 2 * CONNECTIONS;

    /// A lent buffer for each.
    private static final int BUFFERED_BYTES = FUNCTIONS * 16 * 1024;

    private final ActorSystem system;
    private final TcpListener listener;

    private DigestServer(ActorSystem system, TcpListener listener) {
        this.system = system;
        this.listener = listener;
    }

    static DigestServer start(Engine engine, Overload overload) throws IOException {
        Digests work = Digests.calibrated();
        ActorSystem system = ActorSystem.builder()
                .name("digest")
                .engine(engine)
                .shards(1)
                .limits(Limits.defaults()
                        .withConnectionsPerShard(CONNECTIONS)
                        .withFunctionsPerShard(FUNCTIONS)
                        .withBufferedBytesPerShard(BUFFERED_BYTES))
                .build();
        TcpListener listener = TcpListener.bind(
                PeerServer.anyPort(), TcpOptions.defaults().withBacklog(BACKLOG).withOverload(overload));
        system.spawn(() -> acceptAll(listener, work));
        return new DigestServer(system, listener);
    }

    private static void acceptAll(TcpListener listener, Digests work) throws IOException {
        try {
            while (true) {
                TcpStream connection = listener.accept();
                spawn(() -> serve(connection, work));
            }
        } catch (ClosedChannelException _) {
            // The server was closed: that is how accepting ends.
        }
    }

    private static void serve(TcpStream connection, Digests work) {
        try (connection) {
            ByteBuffer request = ByteBuffer.allocate(REQUEST_BYTES);
            while (request.hasRemaining()) {
                if (connection.read(request) < 0) {
                    return;
                }
            }
            connection.write(ByteBuffer.wrap(work.reply(request.array())));
        } catch (IOException _) {
            // Its client has given up.
        }
    }

    /// `REFUSED` gives `REFUSED count`: what the listener has refused since the start.
    @Override
    public String answer(String request) throws IOException {
        return request.equals("REFUSED") ? "REFUSED " + listener.refused() : PeerServer.super.answer(request);
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) listener.localAddress();
    }

    @Override
    public void close() {
        listener.close();
        system.close();
    }

    /// The work: a chain of digests, so long that it takes some 2 ms on this machine when nothing else runs.
    private static final class Digests {
        private static final long WANTED_NANOS = 2_000_000;
        private static final int BLOCK_BYTES = 4_096;

        /// The JIT has done its part by then. A guess.
        private static final int CALIBRATION = 20_000;

        private final byte[] block = new byte[BLOCK_BYTES];
        private final MessageDigest digest = sha256();
        private int rounds = CALIBRATION;

        static Digests calibrated() {
            Digests work = new Digests();
            work.reply(new byte[REQUEST_BYTES]);
            long startNanos = System.nanoTime();
            work.reply(new byte[REQUEST_BYTES]);
            long eachNanos = Math.max(1, (System.nanoTime() - startNanos) / CALIBRATION);
            work.rounds = Math.clamp(WANTED_NANOS / eachNanos, 1, CALIBRATION);
            return work;
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError("every JDK has it", e);
            }
        }

        /// The number of the request, then a part of the digest. Does not suspend, so that one object does for
        /// all.
        byte[] reply(byte[] request) {
            digest.update(request);
            for (int i = 0; i < rounds; i++) {
                digest.update(block);
            }
            byte[] reply = digest.digest();
            System.arraycopy(request, 0, reply, 0, Long.BYTES);
            return reply;
        }
    }
}
