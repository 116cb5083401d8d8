package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Task;
import dev.rouse.dispatch.Clock;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpOptions;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The timeouts of streams to the millisecond, and names, in a simulation.
class SimulatedTimeoutsTest {
    private static final int PORT = 7;
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Simulation simulation = Simulation.of(1);
    private final SimulatedHost server = simulation.network().host("server");
    private final SimulatedHost client = simulation.network().host("client");

    @AfterEach
    void close() {
        simulation.close();
    }

    private interface Peer {
        void serve(TcpStream stream) throws Exception;
    }

    private interface Body<T> {
        T run(TcpStream stream) throws Exception;
    }

    /// What the client makes of a connection with these options.
    private <T> T connected(TcpOptions options, Peer peer, Body<T> body) {
        Task<Void> serving = server.system().spawn(() -> {
            try (TcpListener listener = TcpListener.bind(server.address(PORT));
                    TcpStream stream = listener.accept()) {
                peer.serve(stream);
            }
        });
        Task<T> task = client.system().spawn(() -> {
            sleepFor(Duration.ofMillis(1));
            try (TcpStream stream = TcpStream.connect("server", PORT, options)) {
                return body.run(stream);
            }
        });
        simulation.runFor(Duration.ofMinutes(5));
        serving.join();
        return task.join();
    }

    private static Duration until(Task<?> task) {
        long start = Clock.system().nanoTime();
        Throwable _ = catchThrowable(() -> await(task));
        return Duration.ofNanos(Clock.system().nanoTime() - start);
    }

    private static void isAbout(Duration actual, Duration expected) {
        assertThat(actual).isBetween(expected, expected.plusMillis(3));
    }

    private static void drain(TcpStream stream) throws IOException {
        for (ByteBuffer some = stream.read(); some != null; some = stream.read()) {
            some.position(some.limit());
        }
    }

    @Test
    void aReadTimesOutAfterJustItsTimeAndEachReadHasItAnew() {
        connected(
                TcpOptions.defaults().withReadTimeout(SECOND),
                peer -> {
                    sleepFor(Duration.ofMillis(2_500));
                    peer.write(ByteBuffer.allocate(1));
                    drain(peer);
                },
                stream -> {
                    isAbout(until(spawn(() -> stream.read())), SECOND);
                    isAbout(until(spawn(() -> stream.read())), SECOND);
                    assertThat(stream.read()).isNotNull();
                    isAbout(until(spawn(() -> stream.read())), SECOND);
                    return true;
                });
    }

    @Test
    void aReadGoesOnWaitingAsLongAsWritesGetOnAndThenTimesOutForBeingIdle() {
        connected(TcpOptions.defaults().withIdleTimeout(SECOND), SimulatedTimeoutsTest::drain, stream -> {
            Task<Throwable> reader = spawn(() -> catchThrowable(stream::read));
            for (int i = 0; i < 10; i++) {
                sleepFor(Duration.ofMillis(700));
                stream.write(ByteBuffer.allocate(1));
            }
            assertThat(reader.isDone()).isFalse();
            isAbout(until(reader), SECOND);
            assertThat(await(reader))
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessageContaining("cause=no byte moved for 1000ms, option=idleTimeout; ");
            return true;
        });
    }

    /// It named the shorter of the two, although that one had never passed.
    @Test
    void aReadWhoseOwnTimeIsOverWhileTheStreamIsNotIdleSaysSo() {
        Duration own = Duration.ofSeconds(30);
        TcpOptions options = TcpOptions.defaults().withReadTimeout(own).withIdleTimeout(Duration.ofSeconds(10));
        connected(options, SimulatedTimeoutsTest::drain, stream -> {
            Task<Throwable> reader = spawn(() -> catchThrowable(stream::read));
            Task<Duration> time = spawn(() -> until(reader));
            for (int i = 0; i < 6; i++) {
                sleepFor(Duration.ofSeconds(5));
                stream.write(ByteBuffer.allocate(1));
            }
            isAbout(await(time), own);
            assertThat(await(reader))
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessageContaining("cause=no byte read for 30000ms, option=readTimeout; ");
            return true;
        });
    }

    @Test
    void ofTwoTimesEachCallNamesTheOneThatHasPassedForIt() {
        TcpOptions options =
                TcpOptions.defaults().withReadTimeout(SECOND.multipliedBy(4)).withIdleTimeout(SECOND.multipliedBy(2));
        connected(options, SimulatedTimeoutsTest::drain, stream -> {
            Task<Throwable> first = spawn(() -> catchThrowable(stream::read));
            sleepFor(SECOND);
            stream.write(ByteBuffer.allocate(1));
            assertThat(await(first)).hasMessageContaining("cause=no byte moved for 2000ms, option=idleTimeout; ");
            Task<Throwable> second = spawn(() -> catchThrowable(stream::read));
            for (int i = 0; i < 3; i++) {
                sleepFor(SECOND);
                stream.write(ByteBuffer.allocate(1));
            }
            assertThat(await(second)).hasMessageContaining("cause=no byte read for 4000ms, option=readTimeout; ");
            return true;
        });
    }

    @Test
    void aWriteThatGetsOnSlowlyDoesNotTimeOut() {
        connected(
                TcpOptions.defaults().withWriteTimeout(SECOND),
                peer -> {
                    ByteBuffer piece = ByteBuffer.allocate(16_384);
                    while (peer.read(piece.clear()) >= 0) {
                        sleepFor(Duration.ofMillis(100));
                    }
                },
                stream -> {
                    stream.write(ByteBuffer.allocate(2 << 20));
                    return true;
                });
    }

    @Test
    void theTimeoutOfAConnectIsForEachAddress() {
        client.system().spawn(() -> true).join();
        simulation.network().partition(server, client);
        Task<Throwable> task = client.system().spawn(() -> {
            long start = Clock.system().nanoTime();
            Throwable failure = catchThrowable(() -> TcpStream.connect(
                    List.of(server.address(PORT), server.address(PORT + 1)),
                    TcpOptions.defaults().withConnectTimeout(SECOND)));
            isAbout(Duration.ofNanos(Clock.system().nanoTime() - start), SECOND.multipliedBy(2));
            return failure;
        });
        simulation.runFor(Duration.ofMinutes(1));
        assertThat(task.join())
                .hasMessageStartingWith("cannot connect to any address: tried=2, known=2\n")
                .hasMessageContaining("cause=no answer for 1000ms, option=connectTimeout");
    }

    /// The second waits beyond the time of the first.
    @Test
    void aReadThatIsSatisfiedInTimeLeavesNoTimerToTheNext() {
        int got = connected(
                TcpOptions.defaults().withReadTimeout(SECOND),
                peer -> {
                    sleepFor(Duration.ofMillis(500));
                    peer.write(ByteBuffer.allocate(1));
                    sleepFor(Duration.ofMillis(900));
                    peer.write(ByteBuffer.allocate(1));
                },
                stream -> stream.inputStream().readNBytes(2).length);
        assertThat(got).isEqualTo(2);
    }

    @Test
    void namesAreThoseOfTheHostsAndNotOfTheMachine() {
        Task<Void> task = client.system().spawn(() -> {
            assertThatThrownBy(() -> TcpStream.connect("example.org", PORT))
                    .isInstanceOf(UnknownHostException.class)
                    .hasMessage("cannot resolve: host=example.org, cause=no host of the simulation has this name; make"
                            + " it with SimulatedNetwork.host before");
        });
        simulation.runFor(SECOND);
        task.join();
    }

    @Test
    void aBlankNameIsNoHost() {
        Task<Void> task = client.system().spawn(() -> {
            assertThatThrownBy(() -> TcpStream.connect("", PORT))
                    .isInstanceOf(UnknownHostException.class)
                    .hasMessage("cannot resolve: host=\"\", cause=the name is blank; say which host, localhost for"
                            + " this machine");
        });
        simulation.runFor(SECOND);
        task.join();
    }
}
