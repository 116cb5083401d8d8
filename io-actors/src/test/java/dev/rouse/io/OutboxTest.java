package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.spawn;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Action;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Task;
import dev.rouse.actor.ViolationException;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OutboxTest extends SocketTest {

    /// A frame of `n` characters has one byte more.
    private static final Codec<String> LINES = Frames.lines(8, Utf8.STRICT);

    private static Outbox<String> outbox(int limitBytes) {
        return Outbox.bounded(limitBytes, LINES, SlowPeer.REFUSE);
    }

    private static String text(PacedStream stream) {
        return new String(stream.written(), US_ASCII);
    }

    private void inFunction(Action body) throws Exception {
        join(system.spawn(body));
    }

    @Test
    void itHoldsAsManyBytesAsItsLimitAndNotOneMore() throws Exception {
        inFunction(() -> {
            Outbox<String> outbox = outbox(12);
            assertThat(outbox.offer("12345")).isEqualTo(Outbox.Offer.ACCEPTED);
            assertThat(outbox.offer("123456")).isEqualTo(Outbox.Offer.FULL);
            assertThat(outbox.offer("12345")).isEqualTo(Outbox.Offer.ACCEPTED);
            assertThat(outbox.offer("")).isEqualTo(Outbox.Offer.FULL);
            assertThat(outbox.queuedBytes()).isEqualTo(12);
            assertThat(outbox.acceptedFrames()).isEqualTo(2);
            assertThat(outbox.refusedFrames()).isEqualTo(2);
            outbox.close();
        });
    }

    @Test
    void whatIsBeingWrittenCountsUntilItIsOut() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Outbox<String> outbox = outbox(12);
            Task<Void> writer = spawn(() -> outbox.writeTo(stream));
            outbox.offer("12345");
            letOthersRun();
            assertThat(outbox.offer("12345")).isEqualTo(Outbox.Offer.ACCEPTED);
            stream.allow(5);
            letOthersRun();
            assertThat(outbox.offer("")).isEqualTo(Outbox.Offer.FULL);
            stream.allow(1);
            letOthersRun();
            assertThat(outbox.offer("")).isEqualTo(Outbox.Offer.ACCEPTED);
            assertThat(outbox.writtenBytes()).isEqualTo(6);
            stream.allow(100);
            outbox.finish();
            await(writer);
            assertThat(text(stream)).isEqualTo("12345\n12345\n\n");
            assertThat(outbox.queuedBytes()).isZero();
        });
    }

    @Test
    void framesThatGatherWhileOneBatchIsWrittenGoOutTogether() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Outbox<String> outbox = outbox(10_000);
            Task<Void> writer = spawn(() -> outbox.writeTo(stream));
            outbox.offer("first");
            letOthersRun();
            for (int i = 0; i < 1_000; i++) {
                outbox.offer("more");
            }
            outbox.finish();
            stream.allow(10_000);
            await(writer);
            assertThat(text(stream)).isEqualTo("first\n" + "more\n".repeat(1_000));
            assertThat(stream.writes()).isEqualTo(2);
        });
    }

    @Test
    void aWriteSuspendsAtTheLimitAndThoseWhoWaitKeepTheirOrder() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Outbox<String> outbox = outbox(12);
            Task<Void> writer = spawn(() -> outbox.writeTo(stream));
            List<Task<Void>> writes = new ArrayList<>();
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < 20; i++) {
                String line = "line" + (char) ('a' + i);
                expected.append(line).append('\n');
                writes.add(spawn(() -> outbox.write(line)));
            }
            letOthersRun();
            assertThat(outbox.acceptedFrames()).isLessThan(20);
            assertThat(outbox.offer("")).isEqualTo(Outbox.Offer.FULL);
            for (int i = 0; i < 20; i++) {
                stream.allow(6);
                letOthersRun();
                assertThat(outbox.queuedBytes()).isLessThanOrEqualTo(12);
            }
            awaitAll(writes);
            outbox.finish();
            await(writer);
            assertThat(text(stream)).isEqualTo(expected.toString());
        });
    }

    @Test
    void aCancelledWriteHasNotTakenItsFrameAndTheNextHasItsTurn() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Outbox<String> outbox = outbox(12);
            outbox.offer("12345");
            Task<Void> longer = spawn(() -> outbox.write("12345678"));
            Task<Void> shorter = spawn(() -> outbox.write("1234"));
            letOthersRun();
            assertThat(outbox.acceptedFrames()).isEqualTo(1);
            longer.cancel();
            assertThat(catchThrowable(() -> await(longer))).isInstanceOf(CancelledException.class);
            await(shorter);
            outbox.finish();
            stream.allow(100);
            outbox.writeTo(stream);
            assertThat(text(stream)).isEqualTo("12345\n1234\n");
        });
    }

    @Test
    void aSlowPeerIsDisconnectedWhereTheOwnerSaysSo() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Outbox<String> outbox = Outbox.bounded(12, LINES, SlowPeer.DISCONNECT);
            Task<Throwable> writer = spawn(() -> catchThrowable(() -> outbox.writeTo(stream)));
            outbox.offer("12345");
            letOthersRun();
            assertThat(outbox.offer("12345")).isEqualTo(Outbox.Offer.ACCEPTED);
            assertThat(outbox.offer("")).isEqualTo(Outbox.Offer.CLOSED);
            assertThat(stream.isClosed()).isTrue();
            assertThat(await(writer)).isInstanceOf(AsynchronousCloseException.class);
            assertThat(outbox.offer("")).isEqualTo(Outbox.Offer.CLOSED);
            assertThat(outbox.queuedBytes()).isZero();
            assertThat(outbox.refusedFrames()).isEqualTo(2);
            assertThat(BufferedBytes.ofCurrentShard().held()).isZero();
        });
    }

    @Test
    void aPeerThatIsGivenUpBeforeItsWriterRunsIsDisconnectedThen() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Outbox<String> outbox = Outbox.bounded(10, LINES, SlowPeer.DISCONNECT);
            outbox.offer("12345678");
            assertThat(outbox.offer("1")).isEqualTo(Outbox.Offer.CLOSED);
            assertThatThrownBy(() -> outbox.writeTo(stream)).isInstanceOf(ClosedChannelException.class);
            assertThat(stream.isClosed()).isTrue();
        });
    }

    @Test
    void aFinishedOutboxTakesNothingAndEndsItsWriterWhenAllIsOut() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Outbox<String> outbox = outbox(10);
            outbox.offer("last");
            Task<Throwable> waiting = spawn(() -> catchThrowable(() -> outbox.write("12345678")));
            Task<Void> onlooker = spawn(() -> outbox.awaitQueued(0));
            letOthersRun();
            outbox.finish();
            assertThat(await(waiting)).isInstanceOf(AsynchronousCloseException.class);
            await(onlooker);
            assertThat(outbox.offer("x")).isEqualTo(Outbox.Offer.CLOSED);
            assertThatThrownBy(() -> outbox.write("x")).isInstanceOf(ClosedChannelException.class);
            stream.allow(100);
            outbox.writeTo(stream);
            outbox.writeTo(stream);
            assertThat(text(stream)).isEqualTo("last\n");
            assertThat(stream.isClosed()).isFalse();
            assertThat(BufferedBytes.ofCurrentShard().held()).isZero();
        });
    }

    @Test
    void aWriterThatFailsOrIsCancelledClosesTheStreamAndLeavesNobodyWaiting() throws Exception {
        inFunction(() -> {
            for (boolean failing : new boolean[] {true, false}) {
                PacedStream stream = new PacedStream();
                Outbox<String> outbox = outbox(10);
                Task<Throwable> writer = spawn(() -> catchThrowable(() -> outbox.writeTo(stream)));
                outbox.offer("12345678");
                letOthersRun();
                Task<Throwable> waiting = spawn(() -> catchThrowable(() -> outbox.write("more")));
                letOthersRun();
                if (failing) {
                    stream.failWrites(new IOException("reset"));
                    assertThat(await(writer)).hasMessage("reset");
                } else {
                    writer.cancel();
                }
                assertThat(await(waiting)).isInstanceOf(AsynchronousCloseException.class);
                assertThat(stream.isClosed()).isTrue();
                assertThat(outbox.isFinished()).isTrue();
                assertThat(BufferedBytes.ofCurrentShard().held()).isZero();
            }
        });
    }

    @Test
    void whoWaitsForItToDrainGoesOnWhenItHas() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Outbox<String> outbox = outbox(20);
            outbox.awaitQueued(0);
            outbox.offer("12345");
            Task<Void> writer = spawn(() -> outbox.writeTo(stream));
            letOthersRun();
            outbox.offer("1234");
            Task<Void> onlooker = spawn(() -> outbox.awaitQueued(5));
            letOthersRun();
            assertThat(onlooker.isDone()).isFalse();
            stream.allow(6);
            await(onlooker);
            stream.allow(100);
            outbox.finish();
            await(writer);
        });
    }

    /// Each batch has room for one of them: they put their frames in as they came, and nobody is passed over who
    /// waits for less.
    @Test
    void thoseWhoWaitForAnEmptyQueueGoOnOneAfterTheOther() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Outbox<String> outbox = outbox(20);
            Task<Void> writer = spawn(() -> outbox.writeTo(stream));
            outbox.offer("first");
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                String frame = "frame" + i;
                tasks.add(spawn(() -> {
                    outbox.awaitQueued(0);
                    outbox.offer(frame);
                }));
            }
            letOthersRun();
            tasks.remove(1).cancel();
            stream.allow(1_000);
            awaitAll(tasks);
            outbox.finish();
            await(writer);
            assertThat(text(stream)).isEqualTo("first\nframe0\nframe2\nframe3\nframe4\n");
        });
    }

    @Test
    void aFrameThatIsTooLongIsNotQueued() throws Exception {
        inFunction(() -> {
            Outbox<String> outbox = outbox(100);
            assertThatThrownBy(() -> outbox.offer("123456789")).isInstanceOf(FrameTooLongException.class);
            assertThatThrownBy(() -> outbox.write("123456789")).isInstanceOf(FrameTooLongException.class);
            assertThat(outbox.queuedBytes()).isZero();
        });
    }

    @Test
    void itsLimitHoldsTheLongestFrame() {
        assertThat(outbox(LINES.maxFrameBytes()).limitBytes()).isEqualTo(10);
        assertThatThrownBy(() -> outbox(9))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("outbox limit out of range: bytes=9, least=10, most=1073741824; it must hold the longest"
                        + " frame of its encoder");
    }

    @Test
    void oneFunctionWritesAndAllAreOnOneShard() throws Exception {
        Outbox<String> outbox = outbox(100);
        assertThatThrownBy(() -> outbox.offer("x"))
                .isInstanceOf(ViolationException.class)
                .hasMessageStartingWith("ROUSE-V01 outbox used outside a function: outbox, limit=100, remote=none");
        inFunction(() -> {
            Task<Throwable> writer = spawn(() -> catchThrowable(() -> outbox.writeTo(new PacedStream())));
            letOthersRun();
            assertThatThrownBy(() -> outbox.writeTo(new PacedStream()))
                    .isInstanceOf(ViolationException.class)
                    .hasMessageStartingWith(
                            "ROUSE-V05 two functions write at the same time: outbox, limit=100, remote=127.0.0.1:2");
            writer.cancel();
        });
        assertThatThrownBy(outbox::finish)
                .isInstanceOf(ViolationException.class)
                .hasMessageStartingWith(
                        "ROUSE-V06 outbox used on another shard: outbox, limit=100, remote=127.0.0.1:2," + " owner=")
                .hasMessageContaining(", current=none");
    }

    /// One peer reads nothing. The others get all of a broadcast, and what waits for that one stays within its
    /// limit.
    @Test
    void aPeerThatReadsNothingHoldsUpNoOther() throws Exception {
        Codec<String> lines = Frames.lines(1_000, Utf8.STRICT);
        try (TcpListener listener = listener();
                Socket deaf = peerOf(listener);
                Socket other = peerOf(listener)) {
            Task<Long> server = system.spawn(() -> {
                TcpStream first = listener.accept();
                TcpStream second = listener.accept();
                try (first;
                        second) {
                    Outbox<String> toDeaf = Outbox.bounded(50_000, lines, SlowPeer.DISCONNECT);
                    Outbox<String> toOther = Outbox.bounded(50_000, lines, SlowPeer.DISCONNECT);
                    Task<Throwable> stuck = spawn(() -> catchThrowable(() -> toDeaf.writeTo(first)));
                    Task<Void> writer = spawn(() -> toOther.writeTo(second));
                    String line = "x".repeat(999);
                    for (int i = 0; i < 20_000; i++) {
                        toDeaf.offer(line);
                        toOther.write(line);
                        assertThat(toDeaf.queuedBytes()).isLessThanOrEqualTo(50_000);
                    }
                    toOther.finish();
                    await(writer);
                    assertThat(await(stuck)).isInstanceOf(ClosedChannelException.class);
                    return toDeaf.acceptedFrames();
                }
            });
            byte[] piece = new byte[64 * 1024];
            long total = 0;
            for (int n = other.getInputStream().read(piece);
                    n > 0;
                    n = other.getInputStream().read(piece)) {
                total += n;
            }
            assertThat(total).isEqualTo(20_000_000);
            assertThat(join(server)).isLessThan(20_000);
            assertThat(deaf.isConnected()).isTrue();
        }
    }
}
