package dev.rouse.io;

import static dev.rouse.actor.Rouse.sleepFor;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
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

    /// In a function: until all that is ready has had its turn. A child that was spawned before waits by now, or
    /// has ended.
    static void letOthersRun() {
        sleepFor(Duration.ZERO);
    }

    /// In a function, turn by turn.
    static void letOthersRunUntil(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            letOthersRun();
        }
    }

    static <T> T join(Task<T> task) throws TimeoutException {
        return task.join(Duration.ofSeconds(30));
    }
}
