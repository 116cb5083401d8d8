package dev.rouse.io;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.RouseException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/// A server as users write it, one function for each connection, on which the fault tests inflict their faults.
final class SmallServer implements AutoCloseable {

    /// The longest line that [#answerLines] takes.
    static final int LINE_BYTES = 1024;

    private static final String GIVE = "give ";

    private final ActorSystem system;
    private final TcpListener listener;
    private final Service service;
    private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();

    /// What it does with one connection; the stream is closed after it.
    @FunctionalInterface
    interface Service {
        void serve(TcpStream stream) throws Exception;
    }

    private SmallServer(ActorSystem system, TcpListener listener, Service service) {
        this.system = system;
        this.listener = listener;
        this.service = service;
    }

    /// Serves until it is closed, which closes the listener too.
    static SmallServer start(ActorSystem system, TcpListener listener, Service service) {
        SmallServer server = new SmallServer(system, listener, service);
        system.spawn(server::acceptAll);
        return server;
    }

    static SmallServer start(ActorSystem system, Service service) throws IOException {
        return start(system, SocketTest.listener(), service);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /// Of connections that did not end well, in the order of their ends.
    List<Exception> failures() {
        return List.copyOf(failures);
    }

    int accepted() {
        return accepted.get();
    }

    int ended() {
        return ended.get();
    }

    @Override
    public void close() {
        listener.close();
    }

    private void acceptAll() {
        try (listener) {
            while (true) {
                TcpStream stream = listener.accept();
                accepted.incrementAndGet();
                system.spawn(() -> serve(stream));
            }
        } catch (ClosedChannelException | RouseException _) {
            // that is how accepting ends
        }
    }

    private void serve(TcpStream stream) {
        try (stream) {
            service.serve(stream);
        } catch (Exception e) {
            failures.add(e);
        } finally {
            ended.incrementAndGet();
        }
    }

    /// Sends back what comes in.
    static void echo(TcpStream stream) throws IOException {
        for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
            stream.write(bytes);
        }
    }

    /// Sends back each line, and for `give <n>` so many bytes.
    static void answerLines(TcpStream stream) throws IOException {
        try (Framed<String, String> lines = Framed.over(stream, Frames.lines(LINE_BYTES, Utf8.STRICT))) {
            for (String line = lines.read(); line != null; line = lines.read()) {
                if (line.startsWith(GIVE)) {
                    stream.write(ByteBuffer.allocate(Integer.parseInt(line.substring(GIVE.length()))));
                } else {
                    lines.write(line);
                }
            }
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }
}
