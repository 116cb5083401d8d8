package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Task;
import dev.rouse.actor.ViolationException;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Several functions that accept on one listener.
final class ManyAcceptorsTest extends SocketTest {
    private static final int ACCEPTORS = 50;

    private final List<Integer> served = new ArrayList<>();

    /// They begin to wait in the order of their numbers.
    private List<Task<Void>> acceptors(TcpListener listener, int count) {
        List<Task<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            tasks.add(spawn(() -> {
                listener.accept().close();
                served.add(number);
            }));
        }
        sleepFor(Duration.ZERO);
        return tasks;
    }

    private static void connect(TcpListener listener) throws IOException {
        TcpStream.connect(listener.localAddress()).close();
    }

    @Test
    void fiftyFunctionsAreServedInTheirOrder() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                List<Task<Void>> tasks = acceptors(listener, ACCEPTORS);
                List<Integer> expected = new ArrayList<>();
                for (int i = 0; i < ACCEPTORS; i++) {
                    connect(listener);
                    await(tasks.get(i));
                    expected.add(i);
                    assertThat(served).isEqualTo(expected);
                }
            });
            join(server);
        }
    }

    /// Each function that is woken asks the system for a connection. One connection costs two such calls, however
    /// many wait: of the one that it wakes, and the first look on behalf of the next.
    @Test
    void noOtherFunctionIsWokenThanTheOneThatGetsTheConnection() throws Exception {
        ServerSocketChannel channel = TcpListener.open(ANY_PORT, TcpOptions.defaults());
        AtomicInteger calls = new AtomicInteger();
        Operation.Accept.Call counted = () -> {
            calls.incrementAndGet();
            return channel.accept();
        };
        try (TcpListener listener = new TcpListener(channel, counted, TcpOptions.defaults())) {
            Task<Void> server = system.spawn(() -> {
                List<Task<Void>> tasks = acceptors(listener, ACCEPTORS);
                assertThat(calls).hasValue(1);
                for (int i = 0; i < ACCEPTORS; i++) {
                    connect(listener);
                    await(tasks.get(i));
                    assertThat(calls.get()).isLessThanOrEqualTo(1 + 2 * (i + 1));
                }
            });
            join(server);
        }
    }

    @Test
    void aBurstOfConnectionsReachesAsManyFunctions() throws Exception {
        try (TcpListener listener = listener()) {
            List<Socket> peers = new ArrayList<>();
            Task<Void> server = system.spawn(() -> {
                List<Task<Void>> tasks = acceptors(listener, ACCEPTORS);
                for (int i = 0; i < ACCEPTORS; i++) {
                    peers.add(peerOf(listener));
                }
                awaitAll(tasks);
                assertThat(served).hasSize(ACCEPTORS).doesNotHaveDuplicates();
            });
            join(server);
            for (Socket peer : peers) {
                peer.close();
            }
        }
    }

    @Test
    void aFunctionThatGivesUpLeavesItsConnectionToTheNext() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                List<Task<Void>> tasks = acceptors(listener, 4);
                tasks.get(0).cancel();
                tasks.get(2).cancel();
                sleepFor(Duration.ZERO);
                connect(listener);
                await(tasks.get(1));
                connect(listener);
                await(tasks.get(3));
                assertThat(served).containsExactly(1, 3);
                assertThatThrownBy(() -> await(tasks.get(0))).isInstanceOf(CancelledException.class);
                assertThatThrownBy(() -> await(tasks.get(2))).isInstanceOf(CancelledException.class);
            });
            join(server);
        }
    }

    @Test
    void closingEndsThemAll() throws Exception {
        TcpListener listener = listener();
        Task<Void> server = system.spawn(() -> {
            List<Task<Throwable>> tasks = new ArrayList<>();
            for (int i = 0; i < ACCEPTORS; i++) {
                tasks.add(spawn(() -> catchThrowable(listener::accept)));
            }
            sleepFor(Duration.ZERO);
            listener.close();
            assertThat(awaitAll(tasks)).hasSize(ACCEPTORS).hasOnlyElementsOfType(AsynchronousCloseException.class);
        });
        join(server);
    }

    @Test
    void thoseBehindOneThatPausesWaitAndAreServedAfterIt() throws Exception {
        ServerSocketChannel channel = TcpListener.open(ANY_PORT, TcpOptions.defaults());
        AtomicInteger refusals = new AtomicInteger(2);
        Operation.Accept.Call outOfDescriptors = () -> {
            if (refusals.getAndDecrement() > 0) {
                throw new IOException("Too many open files");
            }
            return channel.accept();
        };
        try (RecordedLog log = new RecordedLog();
                TcpListener listener = new TcpListener(channel, outOfDescriptors, TcpOptions.defaults())) {
            Task<Void> server = system.spawn(() -> {
                List<Task<Void>> tasks = acceptors(listener, 3);
                for (int i = 0; i < 3; i++) {
                    connect(listener);
                }
                awaitAll(tasks);
                assertThat(served).containsExactly(0, 1, 2);
                assertThat(listener.failedAccepts()).isEqualTo(2);
            });
            join(server);
            assertThat(log.messages()).hasSize(1);
        }
    }

    @Test
    void soManyMayWaitAndNoMore() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                List<Task<Void>> tasks = acceptors(listener, TcpListener.MOST_WAITING + 1);
                assertThatThrownBy(listener::accept)
                        .isInstanceOf(ViolationException.class)
                        .hasMessage("ROUSE-V05 too many functions accept at the same time: listener,"
                                + " local=127.0.0.1:" + listener.port() + ", limit=1024; let one function do it and"
                                + " hand on what comes of it");
                assertThat(tasks).noneMatch(Task::isDone);
                tasks.get(1).cancel();
                sleepFor(Duration.ZERO);
                Task<Void> again = spawn(() -> listener.accept().close());
                sleepFor(Duration.ZERO);
                assertThat(again.isDone()).isFalse();
                tasks.forEach(Task::cancel);
                sleepFor(Duration.ZERO);
                connect(listener);
                await(again);
            });
            join(server);
        }
    }
}
