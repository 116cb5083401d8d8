package dev.rouse.perf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// Echo as one thread in a selector loop, no runtime at all: what the same JDK can do when nobody gets in its way.
///
/// All connections share one read buffer. What a socket does not take at once is copied aside, and the connection is
/// not read again until it has gone out: so one that never reads holds at most one buffer, like every other.
final class BareNioEcho implements EchoServer {
    private static final int BUFFER_BYTES = 64 * 1_024;

    /// As long as the generator's largest round opens connections.
    private static final int BACKLOG = 1_024;

    private final Selector selector;
    private final ServerSocketChannel listener;
    private final InetSocketAddress localAddress;
    private final ByteBuffer shared = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final Thread thread = new Thread(this::loop, "bare-nio-echo");
    private volatile boolean closing;

    private BareNioEcho(Selector selector, ServerSocketChannel listener) throws IOException {
        this.selector = selector;
        this.listener = listener;
        this.localAddress = (InetSocketAddress) listener.getLocalAddress();
    }

    static BareNioEcho start() throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(PeerServer.anyPort(), BACKLOG);
        listener.configureBlocking(false);
        Selector selector = Selector.open();
        listener.register(selector, SelectionKey.OP_ACCEPT);
        BareNioEcho server = new BareNioEcho(selector, listener);
        server.thread.start();
        return server;
    }

    @Override
    public InetSocketAddress localAddress() {
        return localAddress;
    }

    /// 1. Tell the loop. 2. The loop closes connections, listener and selector. 3. Wait for it.
    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void loop() {
        try (selector;
                listener) {
            while (!closing) {
                selector.select(this::onReady);
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("echo server failed: address=" + localAddress, failure);
        }
    }

    private void onReady(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept();
            } else if (key.isWritable()) {
                writeRest(key);
            } else {
                echo(key);
            }
        } catch (IOException _) {
            // The client has gone: an end of its connection like any other.
            close(key);
        }
    }

    private void accept() throws IOException {
        SocketChannel connection = listener.accept();
        if (connection != null) {
            connection.configureBlocking(false);
            connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
            connection.register(selector, SelectionKey.OP_READ);
        }
    }

    private void echo(SelectionKey key) throws IOException {
        SocketChannel connection = (SocketChannel) key.channel();
        shared.clear();
        if (connection.read(shared) < 0) {
            close(key);
            return;
        }
        shared.flip();
        connection.write(shared);
        if (shared.hasRemaining()) {
            key.attach(ByteBuffer.allocate(shared.remaining()).put(shared).flip());
            key.interestOps(SelectionKey.OP_WRITE);
        }
    }

    private static void writeRest(SelectionKey key) throws IOException {
        ByteBuffer rest = (@Nullable ByteBuffer) key.attachment();
        if (rest != null) {
            ((SocketChannel) key.channel()).write(rest);
        }
        if (rest == null || !rest.hasRemaining()) {
            key.attach(null);
            key.interestOps(SelectionKey.OP_READ);
        }
    }

    private static void close(SelectionKey key) {
        try {
            key.channel().close();
        } catch (IOException failure) {
            throw new UncheckedIOException("connection does not close: key=" + key, failure);
        }
    }
}
