package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawnActor;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.Action;
import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Overflow;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class InflowTest extends SocketTest {

    private static final Codec<String> LINES = Frames.lines(64, Utf8.STRICT);

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    private void inFunction(Action body) throws Exception {
        join(system.spawn(body));
    }

    /// Keeps what it is told.
    private static final class Keeper<T> {
        private final List<Inflow.Event<T>> events = new ArrayList<>();
        private final ActorRef<Inflow.Event<T>> ref;

        Keeper(ActorOptions options) {
            ref = spawnActor("keeper", options, () -> (event, _) -> events.add(event));
        }

        Keeper() {
            this(ActorOptions.defaults());
        }

        List<Inflow.Event<T>> events() {
            settle();
            return events;
        }
    }

    /// Lets all others run until they wait.
    private static void settle() {
        for (int i = 0; i < 20; i++) {
            sleepFor(Duration.ZERO);
        }
    }

    private static Inflow.Event<String> line(String text) {
        return new Inflow.Frame<>(text);
    }

    @Test
    void framesArriveInTheirOrderAndBehindThemTheEnd() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Keeper<String> keeper = new Keeper<>();
            Inflow<String> inflow = Inflow.start(stream, LINES, keeper.ref, 10, event -> event);
            stream.supply(ascii("a\nb"));
            stream.supply(ascii("c\n"));
            stream.end();
            assertThat(keeper.events()).containsExactly(line("a"), line("bc"), new Inflow.End<>());
            assertThat(inflow.demand()).isEqualTo(8);
            assertThat(stream.isClosed()).isFalse();
            inflow.stop();
        });
    }

    @Test
    void noMoreComesThanWasAskedForAndNothingIsReadMeanwhile() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Keeper<String> keeper = new Keeper<>();
            Inflow<String> inflow = Inflow.start(stream, LINES, keeper.ref, 0, event -> event);
            for (int i = 0; i < 10; i++) {
                stream.supply(ascii(i + "\n"));
            }
            stream.end();
            assertThat(keeper.events()).isEmpty();
            assertThat(stream.reads()).isZero();
            inflow.request(1);
            assertThat(keeper.events()).containsExactly(line("0"));
            assertThat(stream.reads()).isEqualTo(1);
            inflow.request(2);
            inflow.request(1);
            assertThat(keeper.events()).hasSize(4);
            assertThat(stream.reads()).isEqualTo(4);
            inflow.request(Long.MAX_VALUE);
            inflow.request(Long.MAX_VALUE);
            assertThat(keeper.events()).hasSize(11).endsWith(line("9"), new Inflow.End<>());
            inflow.stop();
        });
    }

    @Test
    void lentFramesAreCopied() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Keeper<ByteBuffer> keeper = new Keeper<>();
            Inflow<ByteBuffer> inflow = Inflow.start(stream, Frames.fixed(2), keeper.ref, 10, event -> event);
            stream.supply(ascii("abcd"));
            stream.supply(ascii("efgh"));
            stream.end();
            StringBuilder text = new StringBuilder();
            for (Inflow.Event<ByteBuffer> event : keeper.events()) {
                if (event instanceof Inflow.Frame<ByteBuffer>(ByteBuffer frame)) {
                    assertThat(frame.isDirect()).isFalse();
                    text.append(US_ASCII.decode(frame));
                }
            }
            assertThat(text.toString()).isEqualTo("abcdefgh");
            inflow.stop();
        });
    }

    @Test
    void aFailureArrivesBehindTheFramesBeforeIt() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Keeper<String> keeper = new Keeper<>();
            Inflow<String> inflow = Inflow.start(stream, LINES, keeper.ref, 10, event -> event);
            stream.supply(ascii("ok\n" + "x".repeat(100)));
            assertThat(keeper.events()).hasSize(2).startsWith(line("ok"));
            assertThat(keeper.events().getLast())
                    .isInstanceOfSatisfying(
                            Inflow.Failed.class,
                            failed -> assertThat(failed.cause())
                                    .isInstanceOf(FrameTooLongException.class)
                                    .hasMessageContaining("position=3"));
            assertThat(stream.isClosed()).isFalse();
            inflow.stop();
        });
    }

    /// It was given up.
    @Test
    void anInflowForWhichThereIsNoRoomWaitsForSomeAndLosesNothing() throws Exception {
        try (ActorSystem narrow = ActorSystem.builder()
                .shards(1)
                .limits(Limits.defaults().withBufferedBytesPerShard(1_000))
                .build()) {
            Task<Void> test = narrow.spawn(() -> {
                PacedStream stream = new PacedStream();
                Keeper<String> keeper = new Keeper<>();
                BufferedBytes others = BufferedBytes.ofCurrentShard();
                others.take(1_000, "others");
                Inflow<String> inflow = Inflow.start(stream, LINES, keeper.ref, 10, event -> event);
                stream.supply(ascii("whole\npart"));
                letOthersRunUntil(() -> narrow.refusals() >= 3);
                assertThat(keeper.events()).containsExactly(line("whole"));
                assertThat(stream.isClosed()).isFalse();
                others.giveBack(1_000);
                stream.supply(ascii("ly\n"));
                letOthersRunUntil(() -> keeper.events().size() == 2);
                assertThat(keeper.events()).containsExactly(line("whole"), line("partly"));
                inflow.stop();
            });
            join(test);
        }
    }

    @Test
    void anInflowWhoseFrameIsMoreThanTheShardMayHoldFailsAtOnce() throws Exception {
        try (ActorSystem narrow = ActorSystem.builder()
                .shards(1)
                .limits(Limits.defaults().withBufferedBytesPerShard(1_000))
                .build()) {
            Task<Void> test = narrow.spawn(() -> {
                PacedStream stream = new PacedStream();
                Keeper<String> keeper = new Keeper<>();
                Inflow<String> inflow =
                        Inflow.start(stream, Frames.lines(10_000, Utf8.STRICT), keeper.ref, 10, event -> event);
                stream.supply(ascii("x".repeat(2_000)));
                assertThat(keeper.events())
                        .singleElement()
                        .isInstanceOfSatisfying(
                                Inflow.Failed.class,
                                failed -> assertThat(failed.cause())
                                        .isInstanceOf(BufferLimitException.class)
                                        .hasMessageContaining("value=1000, ")
                                        .hasMessageContaining("wanted=2048, "));
                inflow.stop();
            });
            join(test);
            assertThat(narrow.refusals()).isEqualTo(1);
        }
    }

    @Test
    void anInflowThatIsStoppedWhileItWaitsForRoomSaysSo() throws Exception {
        try (ActorSystem narrow = ActorSystem.builder()
                .shards(1)
                .limits(Limits.defaults().withBufferedBytesPerShard(1_000))
                .build()) {
            Task<Void> test = narrow.spawn(() -> {
                PacedStream stream = new PacedStream();
                Keeper<String> keeper = new Keeper<>();
                BufferedBytes.ofCurrentShard().take(1_000, "others");
                Inflow<String> inflow = Inflow.start(stream, LINES, keeper.ref, 10, event -> event);
                stream.supply(ascii("part"));
                letOthersRunUntil(() -> narrow.refusals() > 0);
                inflow.stop();
                assertThat(keeper.events())
                        .singleElement()
                        .isInstanceOfSatisfying(
                                Inflow.Failed.class,
                                failed -> assertThat(failed.cause()).isInstanceOf(AsynchronousCloseException.class));
                assertThat(stream.isClosed()).isTrue();
            });
            join(test);
        }
    }

    @Test
    void theEndOfTheActorClosesTheStream() throws Exception {
        inFunction(() -> {
            for (boolean waitingForDemand : new boolean[] {true, false}) {
                PacedStream stream = new PacedStream();
                Keeper<String> keeper = new Keeper<>();
                Inflow.start(stream, LINES, keeper.ref, waitingForDemand ? 0 : 1, event -> event);
                settle();
                keeper.ref.stop();
                assertThat(keeper.events()).isEmpty();
                assertThat(stream.isClosed()).isTrue();
            }
        });
    }

    @Test
    void theEndOfTheActorClosesTheStreamAlsoAfterItsEnd() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Keeper<String> keeper = new Keeper<>();
            Inflow.start(stream, LINES, keeper.ref, 1, event -> event);
            stream.end();
            assertThat(keeper.events()).containsExactly(new Inflow.End<>());
            assertThat(stream.isClosed()).isFalse();
            keeper.ref.stop();
            settle();
            assertThat(stream.isClosed()).isTrue();
        });
    }

    @Test
    void aStoppedInflowClosesTheStreamAndSaysSo() throws Exception {
        inFunction(() -> {
            for (int credit = 0; credit < 2; credit++) {
                PacedStream stream = new PacedStream();
                Keeper<String> keeper = new Keeper<>();
                Inflow<String> inflow = Inflow.start(stream, LINES, keeper.ref, credit, event -> event);
                settle();
                inflow.stop();
                inflow.stop();
                assertThat(keeper.events()).hasSize(1);
                assertThat(keeper.events().getFirst())
                        .isInstanceOfSatisfying(
                                Inflow.Failed.class,
                                failed -> assertThat(failed.cause()).isInstanceOf(AsynchronousCloseException.class));
                assertThat(stream.isClosed()).isTrue();
            }
        });
    }

    @Test
    void aFullMailboxSuspendsTheInflowAndLosesNothing() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            List<Inflow.Event<String>> events = new ArrayList<>();
            ActorRef<Inflow.Event<String>> slow =
                    spawnActor("slow", ActorOptions.defaults().withMailbox(1), () -> (event, _) -> {
                        letOthersRun();
                        events.add(event);
                    });
            Inflow<String> inflow = Inflow.start(stream, LINES, slow, 1_000, event -> event);
            List<Inflow.Event<String>> expected = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                stream.supply(ascii(i + "\n"));
                expected.add(line("" + i));
            }
            stream.end();
            expected.add(new Inflow.End<>());
            letOthersRunUntil(() -> events.size() == expected.size());
            assertThat(events).isEqualTo(expected);
            inflow.stop();
        });
    }

    /// Neither came, since the inflow took the end for told.
    @Test
    void anInflowThatIsStoppedWhileItWaitsToTellTheEndSaysThatItWasStopped() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            CompletableFuture<Void> gate = new CompletableFuture<>();
            List<Inflow.Event<String>> events = new ArrayList<>();
            ActorRef<Inflow.Event<String>> slow =
                    spawnActor("slow", ActorOptions.defaults().withMailbox(1), () -> (event, _) -> {
                        events.add(event);
                        await(gate);
                    });
            Inflow<String> inflow = Inflow.start(stream, LINES, slow, 1_000, event -> event);
            stream.supply(ascii("a\n"));
            settle();
            stream.supply(ascii("b\n"));
            stream.end();
            settle();
            inflow.stop();
            settle();
            gate.complete(null);
            settle();
            assertThat(events).startsWith(line("a"), line("b")).hasSize(3);
            assertThat(events.getLast()).isInstanceOf(Inflow.Failed.class);
        });
    }

    @Test
    void aMailboxThatRefusesEndsTheInflowAndClosesTheStream() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            CompletableFuture<Void> gate = new CompletableFuture<>();
            List<Inflow.Event<String>> events = new ArrayList<>();
            ActorRef<Inflow.Event<String>> busy = spawnActor(
                    "busy", ActorOptions.defaults().withMailbox(1).withOverflow(Overflow.REJECT), () -> (event, _) -> {
                        events.add(event);
                        await(gate);
                    });
            Inflow.start(stream, LINES, busy, 1_000, event -> event);
            stream.supply(ascii("a\n"));
            settle();
            stream.supply(ascii("b\nc\n"));
            settle();
            assertThat(stream.isClosed()).isTrue();
            gate.complete(null);
            settle();
            assertThat(events).startsWith(line("a"), line("b")).doesNotContain(line("c"));
        });
    }

    @Test
    void creditIsNotNegativeAndDemandAtLeastOne() throws Exception {
        inFunction(() -> {
            Keeper<String> keeper = new Keeper<>();
            assertThatThrownBy(() -> Inflow.start(new PacedStream(), LINES, keeper.ref, -1, event -> event))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("negative credit: credit=-1, least=0");
            Inflow<String> inflow = Inflow.start(new PacedStream(), LINES, keeper.ref, 0, event -> event);
            assertThatThrownBy(() -> inflow.request(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("no demand: frames=0, least=1");
            inflow.stop();
        });
    }

    sealed interface Session {
        record FromPeer(Inflow.Event<String> event) implements Session {}

        record Begin(TcpStream stream) implements Session {}
    }

    /// Owns a socket: takes one line at a time, answers each and stops with its peer.
    private static final class Answering implements Actor<Session> {
        private final Queue<Integer> demands;
        private @Nullable Inflow<String> inflow;
        private @Nullable TcpStream stream;

        Answering(Queue<Integer> demands) {
            this.demands = demands;
        }

        @Override
        public void receive(Session message, ActorContext<Session> context) throws Exception {
            switch (message) {
                case Session.Begin(TcpStream accepted) -> {
                    stream = accepted;
                    inflow = Inflow.start(accepted, LINES, context.self(), 1, Session.FromPeer::new);
                }
                case Session.FromPeer(Inflow.Frame<String>(String text)) -> {
                    Objects.requireNonNull(stream).write(ByteBuffer.wrap(ascii("<" + text + ">")));
                    Inflow<String> mine = Objects.requireNonNull(inflow);
                    demands.add((int) mine.demand());
                    mine.request(1);
                }
                case Session.FromPeer(Inflow.End<String>()) -> context.stop();
                case Session.FromPeer(Inflow.Failed<String>(Exception cause)) -> throw cause;
            }
        }
    }

    @Test
    void aMessageActorOwnsASocket() throws Exception {
        Queue<Integer> demands = new ConcurrentLinkedQueue<>();
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            ActorRef<Session> session = system.spawnActor("session", () -> new Answering(demands));
            join(system.spawn(() -> session.tell(new Session.Begin(listener.accept()))));
            peer.getOutputStream().write(ascii("one\ntwo\nthree\n"));
            peer.shutdownOutput();
            assertThat(new String(peer.getInputStream().readAllBytes(), US_ASCII))
                    .isEqualTo("<one><two><three>");
            join(session.terminated());
            assertThat(demands).containsExactly(0, 0, 0);
        }
    }

    /// The peer writes without an end, the actor asks for little: the peer is stopped by TCP, and what the server
    /// holds is bounded.
    @Test
    void anActorOnAnotherShardThatAsksForNothingStopsItsPeer() throws Exception {
        Queue<Inflow.Event<String>> events = new ConcurrentLinkedQueue<>();
        ActorRef<Inflow.Event<String>> elsewhere =
                system.spawnActor("elsewhere", () -> (event, _) -> events.add(event));
        CompletableFuture<Inflow<String>> started = new CompletableFuture<>();
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                started.complete(Inflow.start(listener.accept(), LINES, elsewhere, 3, event -> event));
                await(elsewhere.terminated());
            });
            Thread writer = Thread.ofVirtual().start(() -> writeForEver(peer));
            await().until(() -> events.size() == 3);
            Inflow<String> inflow = started.get();
            inflow.request(5);
            await().until(() -> events.size() == 8);
            assertThat(inflow.demand()).isZero();
            assertThat(events)
                    .containsExactlyElementsOf(IntStream.range(0, 8)
                            .mapToObj(i -> line("line " + i))
                            .toList());
            assertThat(writer.isAlive()).isTrue();
            elsewhere.stop();
            join(server);
            writer.join();
        }
    }

    private static void writeForEver(Socket peer) {
        try {
            OutputStream out = peer.getOutputStream();
            for (int i = 0; ; i++) {
                out.write(ascii("line " + i + "\n"));
            }
        } catch (IOException _) {
            // the other side has closed the stream
        }
    }
}
