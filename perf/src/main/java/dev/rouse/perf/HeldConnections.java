package dev.rouse.perf;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/// Connections that are open while nothing happens on them. One thread, blocking.
final class HeldConnections implements AutoCloseable {
    private final List<SocketChannel> channels = new ArrayList<>();
    private final ByteBuffer message = ByteBuffer.allocateDirect(LoadGenerator.MESSAGE_BYTES);

    /// Opens connections in addition to those that are open.
    void open(int port, int count) throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        for (int i = 0; i < count; i++) {
            channels.add(SocketChannel.open(server));
        }
    }

    /// Sends one message on each and waits for its echo, so that each is known to be served. Returns how many there
    /// are.
    int greet() throws IOException {
        for (SocketChannel channel : channels) {
            channel.write(message.clear());
            message.clear();
            while (message.hasRemaining()) {
                if (channel.read(message) < 0) {
                    throw new EOFException("server closed a connection: local=" + channel.getLocalAddress());
                }
            }
        }
        return channels.size();
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel channel : channels) {
            channel.close();
        }
        channels.clear();
    }
}
