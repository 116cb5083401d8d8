package dev.rouse.perf;

import static dev.rouse.actor.Rouse.spawn;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Engine;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpOptions;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Echo on Rouse as one would write it: a function per connection, in direct style.
final class RouseEcho implements EchoServer {
    private final ActorSystem system;
    private final TcpListener listener;

    /// The one whose connections wait until they are to be accepted.
    private @Nullable TcpListener backlog;

    private RouseEcho(ActorSystem system, TcpListener listener) {
        this.system = system;
        this.listener = listener;
    }

    /// On one shard, to stand beside a loop that is one thread.
    static RouseEcho start(Engine engine) throws IOException {
        ActorSystem system =
                ActorSystem.builder().name("echo").engine(engine).shards(1).build();
        TcpListener listener = TcpListener.bind(PeerServer.anyPort());
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

    /// | request | answer |
    /// |---|---|
    /// | `CONNECTIONS` | `CONNECTIONS count`, open ones |
    /// | `BACKLOG count` | `LISTENING port`, of a listener with that backlog on which nobody accepts |
    /// | `ACCEPT count` | `ACCEPTED nanos`, until it has accepted so many there and each has its function |
    @Override
    public String answer(String request) throws IOException {
        String[] words = request.split(" ", -1);
        return switch (words[0]) {
            case "CONNECTIONS" -> "CONNECTIONS " + system.socketFigures().getOrDefault("connections", 0L);
            case "BACKLOG" -> {
                backlog = TcpListener.bind(
                        PeerServer.anyPort(), TcpOptions.defaults().withBacklog(Integer.parseInt(words[1])));
                yield ServeCommand.listening((InetSocketAddress) waiting().localAddress());
            }
            case "ACCEPT" -> "ACCEPTED " + acceptWaiting(Integer.parseInt(words[1]));
            default -> EchoServer.super.answer(request);
        };
    }

    private TcpListener waiting() {
        TcpListener present = backlog;
        return present == null ? listener : present;
    }

    private long acceptWaiting(int count) throws IOException {
        CompletableFuture<Long> nanos = new CompletableFuture<>();
        TcpListener from = waiting();
        Task<Void> _ = system.spawn(() -> {
            long startNanos = System.nanoTime();
            for (int i = 1; i <= count; i++) {
                TcpStream connection = from.accept();
                boolean last = i == count;
                spawn(() -> {
                    if (last) { // each that was spawned before it has begun
                        nanos.complete(System.nanoTime() - startNanos);
                    }
                    echo(connection);
                });
            }
            from.close();
        });
        try {
            return nanos.get(Lab.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            throw new IOException("connections were not accepted: count=" + count, failure);
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while connections are accepted: count=" + count, failure);
        }
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
}
