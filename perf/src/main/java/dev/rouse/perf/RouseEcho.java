package dev.rouse.perf;

import static dev.rouse.actor.Rouse.spawn;

import dev.rouse.actor.ActorSystem;
import dev.rouse.dispatch.Engine;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;

/// Echo on Rouse as one would write it: a function per connection, in direct style.
final class RouseEcho implements EchoServer {
    private final ActorSystem system;
    private final TcpListener listener;

    private RouseEcho(ActorSystem system, TcpListener listener) {
        this.system = system;
        this.listener = listener;
    }

    /// On one shard, to stand beside a loop that is one thread.
    static RouseEcho start(Engine engine) throws IOException {
        ActorSystem system =
                ActorSystem.builder().name("echo").engine(engine).shards(1).build();
        TcpListener listener = TcpListener.bind(EchoServer.anyPort());
        system.spawn(() -> acceptAll(listener));
        return new RouseEcho(system, listener);
    }

    private static void acceptAll(TcpListener listener) throws IOException {
        try {
            while (true) {
                TcpStream connection = listener.accept();
                spawn(() -> echo(connection));
            }
        } catch (ClosedChannelException _) {
            // The server was closed: that is how accepting ends.
        }
    }

    private static void echo(TcpStream connection) throws IOException {
        try (connection) {
            for (ByteBuffer bytes = connection.read(); bytes != null; bytes = connection.read()) {
                connection.write(bytes);
            }
        }
    }

    @Override
    public InetSocketAddress localAddress() {
        return listener.localAddress();
    }

    @Override
    public void close() {
        listener.close();
        system.close();
    }
}
