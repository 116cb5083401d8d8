package dev.rouse.io;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/// Two shards and loopback. The peers of the sockets under test are blocking `java.net` sockets on the test's thread.
@Timeout(60)
abstract class SocketTest {

    static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    final ActorSystem system = ActorSystem.builder().shards(2).build();

    @AfterEach
    void closeSystem() {
        system.close();
    }

    static TcpListener listener() throws IOException {
        return TcpListener.bind(ANY_PORT);
    }

    static Socket peerOf(TcpListener listener) throws IOException {
        return new Socket(ANY_PORT.getAddress(), listener.port());
    }

    static <T> T join(Task<T> task) throws TimeoutException {
        return task.join(Duration.ofSeconds(30));
    }
}
