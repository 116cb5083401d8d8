package dev.rouse.io;

import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Rouse;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Test;

/// The handshakes around places, attacked.
final class PlaceTest extends SocketTest {

    private static final int ROUNDS = 2_000;

    /// Of a first use and an end, few of which come at the same moment. A guess.
    private static final int MEETINGS = 10_000;

    private static Connections connections() throws IOException {
        return Endpoint.pollerOf(Objects.requireNonNull(Shard.current()), NioPoller::new)
                .connections();
    }

    /// As when one thread closes a stream that was accepted on one shard while another shard is the first to use
    /// it.
    @Test
    void aPlaceIsGivenBackOnceHoweverItsUseMeetsItsEnd() throws Exception {
        Connections accepting = join(system.spawn(PlaceTest::connections));
        Connections using = join(system.spawn(PlaceTest::connections));
        assertThat(using).isNotSameAs(accepting);
        AtomicReferenceArray<Place> places = new AtomicReferenceArray<>(ROUNDS);
        for (int i = 0; i < ROUNDS; i++) {
            places.set(i, new Place(accepting, null));
        }
        join(system.spawn(() -> takeAll(accepting)));
        CyclicBarrier barrier = new CyclicBarrier(3);
        Thread first = Thread.ofPlatform().start(() -> endAll(places, barrier));
        Thread second = Thread.ofPlatform().start(() -> endAll(places, barrier));
        join(system.spawn(() -> {
            barrier.await();
            for (int i = 0; i < ROUNDS; i++) {
                using.take();
                places.get(i).moveTo(using);
            }
        }));
        first.join();
        second.join();
        assertThat(accepting.open()).isZero();
        assertThat(using.open()).isZero();
    }

    /// As when one thread closes a stream while the shard that has accepted it uses it for the first time. Its
    /// place was given back a second time then, by the user.
    @Test
    void aPlaceIsGivenBackOnceWhenItsFirstUseOnTheAcceptingShardMeetsItsEnd() throws Exception {
        ActorSystem small = ActorSystem.builder().shards(1).build();
        try (small) {
            Connections accepting = join(small.spawn(PlaceTest::connections));
            AtomicReferenceArray<Endpoint> endpoints = new AtomicReferenceArray<>(MEETINGS);
            Thread closing = Thread.ofPlatform().start(() -> closeAll(endpoints));
            join(small.spawn(() -> {
                for (int i = 0; i < MEETINGS; i++) {
                    Endpoint endpoint = placedEndpoint(accepting);
                    endpoints.set(i, endpoint);
                    useUnlessClosed(endpoint);
                }
            }));
            closing.join();
            join(small.spawn(() -> {})); // behind the last close
            assertThat(accepting.open()).isZero();
        }
    }

    /// Each a little later than the one before, and again from the start, so that some come at the moment of use.
    private static void closeAll(AtomicReferenceArray<Endpoint> endpoints) {
        for (int i = 0; i < endpoints.length(); i++) {
            Endpoint endpoint = endpoints.get(i);
            while (endpoint == null) {
                Thread.onSpinWait();
                endpoint = endpoints.get(i);
            }
            for (int wait = i % 64; wait > 0; wait--) {
                Thread.onSpinWait();
            }
            endpoint.close();
        }
    }

    private static Endpoint placedEndpoint(Connections accepting) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        Endpoint endpoint = new Endpoint(channel, channel, Origin.here("stream"), Endpoint.Holdings.NONE, null, null);
        accepting.take();
        endpoint.countAs(new Place(accepting, null));
        return endpoint;
    }

    private static void useUnlessClosed(Endpoint endpoint) throws IOException {
        try {
            assertThat(endpoint.enter().shard().isCurrent()).isTrue();
        } catch (ClosedChannelException _) {
            // the other thread was first
        }
    }

    private static void takeAll(Connections account) {
        for (int i = 0; i < ROUNDS; i++) {
            account.take();
        }
    }

    private static void endAll(AtomicReferenceArray<Place> places, CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException("the others did not come", e);
        }
        for (int i = 0; i < places.length(); i++) {
            places.get(i).end();
        }
    }

    /// With one place, which another thread gives back whenever an acceptor has taken it: a release that is missed
    /// leaves an acceptor waiting for ever.
    @Test
    void noReleaseIsMissedByWhoWaitsForRoom() throws Exception {
        ActorSystem small = ActorSystem.builder()
                .shards(1)
                .limits(Limits.defaults().withConnectionsPerShard(1))
                .build();
        try (small) {
            AtomicInteger taken = new AtomicInteger();
            AtomicInteger released = new AtomicInteger();
            Connections connections = join(small.spawn(PlaceTest::connections));
            Thread releasing = Thread.ofPlatform().start(() -> {
                while (released.get() < ROUNDS) {
                    if (released.get() < taken.get()) {
                        released.incrementAndGet();
                        connections.release();
                    } else {
                        Thread.onSpinWait();
                    }
                }
            });
            join(small.spawn(() -> {
                List<Task<Void>> acceptors = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    acceptors.add(spawn(() -> acceptAll(connections, taken)));
                }
                Rouse.awaitAll(acceptors);
            }));
            releasing.join();
            assertThat(connections.open()).isZero();
        }
    }

    private static void acceptAll(Connections connections, AtomicInteger taken) {
        ListenerAdmission listener = new ListenerAdmission("listener", TcpOptions.defaults());
        for (int i = 0; i < ROUNDS / 4; i++) {
            do {
                listener.enter(connections);
            } while (!connections.hasRoom());
            connections.take();
            assertThat(connections.open()).isEqualTo(1);
            taken.incrementAndGet();
            sleepFor(Duration.ZERO);
        }
    }
}
