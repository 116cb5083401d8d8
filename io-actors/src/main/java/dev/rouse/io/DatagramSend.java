package dev.rouse.io;

import static java.nio.channels.SelectionKey.OP_WRITE;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Sends one datagram, or those of a batch that are not sent yet; from a connected socket to its peer.
final class DatagramSend extends Operation {
    private final DatagramChannel channel;
    private final UdpCounts counts;
    private @Nullable ByteBuffer source;
    private @Nullable InetSocketAddress target;
    private @Nullable DatagramBatch batch;

    DatagramSend(DatagramChannel channel, UdpCounts counts) {
        super(OP_WRITE);
        this.channel = channel;
        this.counts = counts;
    }

    /// @param to null for the peer of a connected socket
    DatagramSend of(ByteBuffer src, @Nullable InetSocketAddress to) {
        source = src;
        target = to;
        return this;
    }

    DatagramSend of(DatagramBatch datagrams) {
        batch = datagrams;
        return this;
    }

    void forgetSource() {
        source = null;
        target = null;
        batch = null;
    }

    @Override
    String verb() {
        return "send";
    }

    @Override
    IOException failure(String subject, IOException cause) {
        DatagramBatch many = batch;
        InetSocketAddress to = many == null ? target : many.nextTarget();
        return UdpFailures.of(verb(), channel.isConnected() ? subject : UdpFailures.towards(to, subject), cause);
    }

    @Override
    boolean attempt(BufferPool buffers) throws IOException {
        DatagramBatch many = batch;
        if (many == null) {
            return send(Objects.requireNonNull(source), target);
        }
        while (many.hasUnsent()) {
            ByteBuffer next = many.nextUnsent();
            int start = next.position();
            if (!send(next, many.nextTarget())) {
                return false;
            }
            next.position(start);
            many.skip();
        }
        return true;
    }

    private boolean send(ByteBuffer src, @Nullable InetSocketAddress to) throws IOException {
        int size = src.remaining();
        int sent = channel.isConnected() ? channel.write(src) : channel.send(src, Objects.requireNonNull(to));
        if (sent == 0 && size > 0) {
            return false;
        }
        counts.sent.add(1);
        moved(sent);
        return true;
    }
}
