package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawnActor;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.Limits;
import dev.rouse.dispatch.Clock;
import dev.rouse.io.BufferLimitException;
import dev.rouse.io.Decoder;
import dev.rouse.io.Frames;
import dev.rouse.io.Inflow;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpOptions;
import dev.rouse.io.TcpStream;
import dev.rouse.io.Utf8;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/// What becomes of an inflow that has to wait, on one shard, in virtual time.
class SimulatedInflowTest {
    private static final int ONE_LOAN = 16 * 1024;
    private static final Decoder<String> LINES = Frames.lines(1_000, Utf8.STRICT);

    /// Of an inflow over a connection whose other end says `line`, beside a stream that has borrowed a buffer.
    private interface Body {
        void run(Connected connected) throws Exception;
    }

    private record Connected(TcpStream peer, TcpStream borrower, List<Inflow.Event<String>> events) {

        Duration untilAnEvent() {
            long start = Clock.system().nanoTime();
            while (events.isEmpty()) {
                sleepFor(Duration.ofMillis(50));
            }
            return Duration.ofNanos(Clock.system().nanoTime() - start);
        }

        Exception failure() {
            assertThat(events).singleElement().isInstanceOf(Inflow.Failed.class);
            return ((Inflow.Failed<String>) events.getFirst()).cause();
        }
    }

    private static void connected(UnaryOperator<Limits> limits, TcpOptions options, Body body) {
        try (Simulation simulation =
                Simulation.of(1, builder -> builder.shards(1).limits(limits.apply(Limits.defaults())))) {
            InetSocketAddress address = simulation.network().host("simulation").address(7);
            simulation.run(() -> {
                try (TcpListener listener = TcpListener.bind(address, options);
                        TcpStream peer = TcpStream.connect(listener.localAddress());
                        TcpStream stream = listener.accept();
                        TcpStream lender = TcpStream.connect(listener.localAddress());
                        TcpStream borrower = listener.accept()) {
                    lender.write(ByteBuffer.allocate(1));
                    assertThat(borrower.read()).isNotNull();
                    List<Inflow.Event<String>> events = new ArrayList<>();
                    ActorRef<Inflow.Event<String>> keeper =
                            spawnActor("keeper", ActorOptions.defaults(), () -> (event, _) -> events.add(event));
                    Inflow<String> inflow = Inflow.start(stream, LINES, keeper, 10, event -> event);
                    body.run(new Connected(peer, borrower, events));
                    inflow.stop();
                }
            });
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    @Test
    void anInflowGoesOnWhenOthersHoldLess() {
        connected(limits -> limits.withBufferedBytesPerShard(ONE_LOAN), TcpOptions.defaults(), here -> {
            here.peer().write(bytes("line\n"));
            sleepFor(Duration.ofSeconds(8));
            assertThat(here.events()).isEmpty();
            here.borrower().close();
            assertThat(here.untilAnEvent()).isLessThan(Duration.ofMillis(200));
            assertThat(here.events()).containsExactly(new Inflow.Frame<>("line"));
        });
    }

    @Test
    void anInflowThatFindsNoRoomForLongFails() {
        connected(limits -> limits.withBufferedBytesPerShard(ONE_LOAN), TcpOptions.defaults(), here -> {
            here.peer().write(bytes("line\n"));
            assertThat(here.untilAnEvent()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(11));
            assertThat(here.failure())
                    .isInstanceOf(BufferLimitException.class)
                    .hasMessageStartingWith("limit reached: limit=bufferedBytesPerShard, value=16384, owner=stream, ");
        });
    }

    @Test
    void anInflowWhoseFrameIsMoreThanItsConnectionMayHoldFailsAtOnce() {
        connected(limits -> limits.withBufferedBytesPerConnection(100), TcpOptions.defaults(), here -> {
            here.peer().write(bytes("x".repeat(200)));
            assertThat(here.untilAnEvent()).isLessThan(Duration.ofMillis(200));
            assertThat(here.failure())
                    .isInstanceOf(BufferLimitException.class)
                    .hasMessageStartingWith("limit reached: limit=bufferedBytesPerConnection, value=100, ");
        });
    }

    @Test
    void aReadTimeoutEndsAnInflow() {
        TcpOptions impatient = TcpOptions.defaults().withReadTimeout(Duration.ofSeconds(1));
        connected(UnaryOperator.identity(), impatient, here -> {
            assertThat(here.untilAnEvent()).isBetween(Duration.ofSeconds(1), Duration.ofMillis(1_100));
            assertThat(here.failure()).isInstanceOf(SocketTimeoutException.class);
        });
    }
}
