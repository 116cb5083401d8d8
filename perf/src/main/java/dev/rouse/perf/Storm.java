package dev.rouse.perf;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// Clients that know nothing of each other: each connects, sends one request, reads the reply, and gives up when that
/// takes too long. One thread with a selector.
///
/// At a rate, the next one starts when its time has come, however the server does: an open loop. Time counts from when
/// it was to start, so what delays the generator itself counts too.
final class Storm implements AutoCloseable {
    /// From when a client was to start. A guess: what a person would wait for.
    static final Duration PATIENCE = Duration.ofMillis(500);

    /// More sockets at a time than any rate here should need: the generator fails instead of slowing down.
    static final int IN_FLIGHT_LIMIT = 8_000;

    private static final int DIGITS = 3;

    /// Clients that start between two looks at those that are there.
    private static final int STARTS = 64;

    private static final long SHORTEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final InetSocketAddress server;
    private final Selector selector = Selector.open();
    private final ByteBuffer request = ByteBuffer.allocateDirect(DigestServer.REQUEST_BYTES);

    /// In the order in which they were to start, and so in that in which they give up; ended ones among them.
    private final Deque<Client> clients = new ArrayDeque<>();

    private final Histogram latency = new Histogram(DIGITS);
    private long offered;
    private long served;
    private long refused;
    private long gaveUp;
    private int inFlight;
    private @Nullable IOException failure;

    Storm(int port) throws IOException {
        server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /// What one storm came to: each client that was offered was served, refused or gave up.
    ///
    /// @param refused connections that the server, or the system for it, has reset
    /// @param gaveUp clients whose patience was over
    /// @param nanos in which they were to start
    /// @param latency of those that were served, from when they were to start to the whole reply
    record Outcome(long offered, long served, long refused, long gaveUp, long nanos, Histogram latency) {

        private static final String HEAD = "STORMED ";

        double perSecond(long count) {
            return count / (nanos / 1e9);
        }

        String line() {
            return HEAD
                    + String.join(
                            " ",
                            Long.toString(offered),
                            Long.toString(served),
                            Long.toString(refused),
                            Long.toString(gaveUp),
                            Long.toString(nanos),
                            GenerateCommand.encode(latency));
        }

        /// The inverse of [#line].
        static Outcome of(String line) throws IOException {
            String[] words = line.split(" ", -1);
            if (words.length != 7 || !line.startsWith(HEAD)) {
                throw new IOException("not an outcome: line=" + line);
            }
            return new Outcome(
                    Long.parseLong(words[1]),
                    Long.parseLong(words[2]),
                    Long.parseLong(words[3]),
                    Long.parseLong(words[4]),
                    Long.parseLong(words[5]),
                    GenerateCommand.histogram(words[6]));
        }
    }

    private final class Client {
        final long intendedNanos;
        final long number;
        final SocketChannel channel;
        final ByteBuffer reply = ByteBuffer.allocate(DigestServer.REPLY_BYTES);
        boolean ended;

        Client(long intendedNanos, long number) throws IOException {
            this.intendedNanos = intendedNanos;
            this.number = number;
            this.channel = SocketChannel.open();
        }

        void start() throws IOException {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.SO_LINGER, 0); // leaves no port in TIME_WAIT
            SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, this);
            if (channel.connect(server)) {
                send(key);
            }
        }

        private void send(SelectionKey key) throws IOException {
            request.clear().putLong(0, number);
            if (channel.write(request) != DigestServer.REQUEST_BYTES) {
                throw new IOException("socket took only a part of one request: limit=" + DigestServer.REQUEST_BYTES);
            }
            key.interestOps(SelectionKey.OP_READ);
        }

        /// Whether it has been served.
        boolean goOn(SelectionKey key) throws IOException {
            if (key.isConnectable()) {
                channel.finishConnect();
                send(key);
                return false;
            }
            if (channel.read(reply) < 0) {
                throw new IOException("server closed a connection without a reply");
            }
            return !reply.hasRemaining();
        }

        boolean isReplyTo(long wanted) {
            return reply.getLong(0) == wanted;
        }
    }

    /// So many clients per second, evenly.
    Outcome atRate(double perSecond, Duration time) throws IOException {
        double intervalNanos = 1e9 / perSecond;
        long startNanos = System.nanoTime();
        long count = Math.max(1, (long) (time.toNanos() / intervalNanos));
        while (offered < count || inFlight > 0) {
            long nowNanos = System.nanoTime();
            long dueNanos = startNanos + (long) (offered * intervalNanos);
            for (int i = 0; i < STARTS && offered < count && dueNanos - nowNanos <= 0; i++) {
                start(dueNanos);
                dueNanos = startNanos + (long) (offered * intervalNanos);
            }
            look(offered < count ? dueNanos - System.nanoTime() : Long.MAX_VALUE);
        }
        return outcome(time);
    }

    /// So many clients at a time: when one ends the next one starts. A closed loop, which finds the server's
    /// capacity.
    Outcome ofClients(int atOnce, Duration time) throws IOException {
        long endNanos = System.nanoTime() + time.toNanos();
        while (true) {
            long nowNanos = System.nanoTime();
            while (inFlight < atOnce && nowNanos - endNanos < 0) {
                start(nowNanos);
            }
            if (inFlight == 0) {
                return outcome(time);
            }
            look(Long.MAX_VALUE);
        }
    }

    private Outcome outcome(Duration time) {
        return new Outcome(offered, served, refused, gaveUp, time.toNanos(), latency);
    }

    private void start(long intendedNanos) throws IOException {
        if (inFlight >= IN_FLIGHT_LIMIT) {
            throw new IOException("too many clients at a time: limit=" + IN_FLIGHT_LIMIT
                    + "; the server's capacity is beyond what this generator can exceed");
        }
        Client client = new Client(intendedNanos, ++offered);
        inFlight++;
        clients.addLast(client);
        try {
            client.start();
        } catch (IOException _) {
            refused++;
            end(client);
        }
    }

    /// Waits for what the server does, at most until the next client is to start.
    private void look(long waitNanos) throws IOException {
        if (waitNanos < SHORTEST_WAIT_NANOS) {
            selector.selectNow(this::onReady);
        } else {
            selector.select(this::onReady, 1);
        }
        IOException wrong = failure;
        if (wrong != null) {
            throw wrong;
        }
        giveUp(System.nanoTime() - PATIENCE.toNanos());
    }

    private void onReady(SelectionKey key) {
        Client client = (Client) key.attachment();
        try {
            if (client.goOn(key)) {
                onReply(client);
            }
        } catch (IOException _) {
            refused++;
            end(client);
        }
    }

    private void onReply(Client client) {
        if (!client.isReplyTo(client.number)) {
            failure = new IOException("reply to another request: expected=" + client.number);
        }
        served++;
        latency.recordValue(Math.max(0, System.nanoTime() - client.intendedNanos));
        end(client);
    }

    private void giveUp(long startedNanos) {
        for (Client first = clients.peekFirst(); first != null; first = clients.peekFirst()) {
            if (!first.ended && first.intendedNanos - startedNanos > 0) {
                return;
            }
            clients.removeFirst();
            if (!first.ended) {
                gaveUp++;
                end(first);
            }
        }
    }

    private void end(Client client) {
        client.ended = true;
        inFlight--;
        try {
            client.channel.close();
        } catch (IOException e) {
            failure = e;
        }
    }

    @Override
    public void close() throws IOException {
        for (Client client : clients) {
            client.channel.close();
        }
        selector.close();
    }
}
