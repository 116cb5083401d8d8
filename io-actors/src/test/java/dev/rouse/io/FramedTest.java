package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAllSettled;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Action;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FramedTest extends SocketTest {

    private static final Codec<String> LINES = Frames.lines(64 * 1024, Utf8.STRICT);
    private static final Codec<ByteBuffer> FOURS = Frames.fixed(4);

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    private static String text(PacedStream stream) {
        return new String(stream.written(), US_ASCII);
    }

    private void inFunction(Action body) throws Exception {
        join(system.spawn(body));
    }

    // Reading.

    @Test
    void aThousandFramesInOneSegmentCostOneRead() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.supply(ascii("line\n".repeat(1_000)));
            for (int i = 0; i < 1_000; i++) {
                assertThat(framed.read()).isEqualTo("line");
            }
            assertThat(stream.reads()).isEqualTo(1);
        });
    }

    private static PacedStream withEmptyLines(int segments) {
        PacedStream stream = new PacedStream();
        for (int i = 0; i < segments; i++) {
            stream.supply(ascii("\n".repeat(16 * 1024)));
        }
        stream.end();
        return stream;
    }

    private static int readAll(Framed<String, String> framed, int[] count) throws IOException {
        while (framed.read() != null) {
            count[0]++;
        }
        return count[0];
    }

    /// It had the shard for itself until all was read.
    @Test
    void whoeverReadsManySmallFramesLetsOthersGoFirst() throws Exception {
        inFunction(() -> {
            Framed<String, String> framed = Framed.over(withEmptyLines(16), LINES);
            int[] count = new int[1];
            List<Integer> seen = new ArrayList<>();
            Task<Void> neighbour = spawn(() -> {
                while (seen.size() < 100) {
                    seen.add(count[0]);
                    Pace.rest();
                }
            });
            assertThat(readAll(framed, count)).isEqualTo(16 * 16 * 1024);
            await(neighbour);
            assertThat(seen.getFirst()).isLessThanOrEqualTo(2 * Framed.BURST_FRAMES);
            for (int i = 1; i < seen.size(); i++) {
                assertThat(seen.get(i) - seen.get(i - 1)).isLessThanOrEqualTo(2 * Framed.BURST_FRAMES);
            }
        });
    }

    @Test
    void aCancelWhileOthersGoFirstLosesNoFrame() throws Exception {
        inFunction(() -> {
            Framed<String, String> framed = Framed.over(withEmptyLines(1), LINES);
            int[] count = new int[1];
            Task<Integer> reader = spawn(() -> readAll(framed, count));
            Pace.rest(); // as it does now
            assertThat(count[0]).isPositive().isLessThan(16 * 1024);
            reader.cancel();
            assertThat(catchThrowable(() -> await(reader))).isInstanceOf(CancelledException.class);
            assertThat(readAll(framed, count)).isEqualTo(16 * 1024);
        });
    }

    @Test
    void aCloseWhileOthersGoFirstEndsTheRead() throws Exception {
        inFunction(() -> {
            Framed<String, String> framed = Framed.over(withEmptyLines(1), LINES);
            int[] count = new int[1];
            Task<Throwable> reader = spawn(() -> catchThrowable(() -> readAll(framed, count)));
            Pace.rest(); // as it does now
            assertThat(count[0]).isPositive().isLessThan(16 * 1024);
            assertThatThrownBy(framed::read)
                    .isInstanceOf(ViolationException.class)
                    .hasMessageStartingWith("ROUSE-V05 two functions read at the same time: ");
            int before = count[0];
            framed.close();
            assertThat(await(reader)).isInstanceOf(AsynchronousCloseException.class);
            assertThat(count[0]).isEqualTo(before);
            assertThat(held()).isZero();
        });
    }

    /// The buffer that it was lent is another stream's by then.
    @Test
    void aStreamThatWasReadPastIsRefusedFromThenOn() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            peer.getOutputStream().write(ascii("first\nsecond\n"));
            inFunction(() -> {
                TcpStream stream = listener.accept();
                try (Framed<String, String> framed = Framed.over(stream, LINES)) {
                    assertThat(framed.read()).isEqualTo("first");
                    peer.getOutputStream().write(ascii("third\n"));
                    assertThat(stream.read(ByteBuffer.allocate(2))).isEqualTo(2);
                    for (int i = 0; i < 2; i++) {
                        assertThatThrownBy(framed::read)
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessage("a framed stream was read past: " + framed + ", what it had of the next"
                                        + " frames is gone; from its first read on, read through it only");
                    }
                    framed.write("goodbye");
                }
            });
            assertThat(new String(peer.getInputStream().readNBytes(8), US_ASCII))
                    .isEqualTo("goodbye\n");
        }
    }

    @Test
    void aStreamThatWasClosedBelowIsClosed() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            peer.getOutputStream().write(ascii("first\nsecond\n"));
            inFunction(() -> {
                TcpStream stream = listener.accept();
                try (Framed<String, String> framed = Framed.over(stream, LINES)) {
                    assertThat(framed.read()).isEqualTo("first");
                    stream.close();
                    assertThatThrownBy(framed::read).isExactlyInstanceOf(ClosedChannelException.class);
                }
            });
        }
    }

    @Test
    void theEndOfTheStreamIsReadAgainAndAgain() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.supply(ascii("a\n"));
            stream.end();
            assertThat(framed.read()).isEqualTo("a");
            assertThat(framed.read()).isNull();
            assertThat(framed.read()).isNull();
            assertThat(stream.reads()).isEqualTo(2);
        });
    }

    @Test
    void aCancelledReadGoesOnWithWhatHasCome() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.supply(ascii("first\nsec"));
            assertThat(framed.read()).isEqualTo("first");
            Task<String> reader = spawn(framed::read);
            letOthersRun();
            reader.cancel();
            assertThat(catchThrowable(() -> await(reader))).isInstanceOf(CancelledException.class);
            assertThatThrownBy(() -> withTimeout(Duration.ofMillis(1), framed::read))
                    .isInstanceOf(DeadlineExceededException.class);
            stream.supply(ascii("ond\nthird\n"));
            assertThat(framed.read()).isEqualTo("second");
            assertThat(framed.read()).isEqualTo("third");
        });
    }

    @Test
    void aLentFrameIsSeenEmptyAfterTheNextRead() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<ByteBuffer, ByteBuffer> framed = Framed.over(stream, FOURS);
            stream.supply(ascii("abcdef"));
            stream.supply(ascii("gh"));
            ByteBuffer whole = Objects.requireNonNull(framed.read());
            assertThat(whole.get()).isEqualTo((byte) 'a');
            ByteBuffer spanning = Objects.requireNonNull(framed.read());
            assertThatThrownBy(whole::get).isInstanceOf(BufferUnderflowException.class);
            assertThat(Frames.copy(spanning)).isEqualTo(ascii("efgh"));
            framed.close();
            assertThatThrownBy(spanning::get).isInstanceOf(BufferUnderflowException.class);
        });
    }

    @Test
    void aCloseByAnotherFunctionDoesNotDisturbWhoLooksAtItsFrame() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<ByteBuffer, ByteBuffer> framed = Framed.over(stream, FOURS);
            stream.supply(ascii("abcd"));
            ByteBuffer frame = Objects.requireNonNull(framed.read());
            await(spawn(framed::close));
            assertThat(Frames.copy(frame)).isEqualTo(ascii("abcd"));
            assertThatThrownBy(framed::read).isInstanceOf(ClosedChannelException.class);
        });
    }

    @Test
    void afterABadFrameReadingIsRefusedAndWritingGoesOn() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, Frames.lines(4, Utf8.STRICT), LINES);
            stream.supply(ascii("ok\ntoo long\nok\n"));
            stream.allow(100);
            assertThat(framed.read()).isEqualTo("ok");
            assertThatThrownBy(framed::read)
                    .isInstanceOf(FrameTooLongException.class)
                    .hasMessageContaining("position=3");
            assertThatThrownBy(framed::read)
                    .isInstanceOf(FramingBrokenException.class)
                    .hasCauseInstanceOf(FrameTooLongException.class);
            framed.write("line too long");
            assertThat(text(stream)).isEqualTo("line too long\n");
        });
    }

    @Test
    void aStreamThatEndsInsideAFrameStaysBroken() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.supply(ascii("half"));
            stream.end();
            assertThatThrownBy(framed::read).isInstanceOf(TruncatedFrameException.class);
            assertThatThrownBy(framed::read).isInstanceOf(FramingBrokenException.class);
        });
    }

    // Writing.

    @Test
    void aWrittenFrameIsOutWhenTheCallReturns() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.allow(1_000);
            framed.write("a");
            framed.write("b");
            assertThat(text(stream)).isEqualTo("a\nb\n");
            assertThat(framed.acceptedFrames()).isEqualTo(2);
            assertThat(framed.unsentBytes()).isZero();
        });
    }

    @Test
    void appendedFramesGoOutInOneWrite() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.allow(100_000);
            for (int i = 0; i < 1_000; i++) {
                framed.append("line");
            }
            assertThat(stream.writes()).isZero();
            assertThat(framed.unsentBytes()).isEqualTo(5_000);
            framed.flush();
            assertThat(stream.writes()).isEqualTo(1);
            assertThat(text(stream)).isEqualTo("line\n".repeat(1_000));
        });
    }

    @Test
    void appendedFramesAreWrittenWhen16KibHaveGathered() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.allow(100_000);
            framed.append("a".repeat(16 * 1024 - 3));
            framed.append("");
            assertThat(framed.unsentBytes()).isEqualTo(16 * 1024 - 1);
            framed.append("");
            assertThat(stream.writes()).isZero();
            framed.append("b");
            assertThat(stream.writes()).isEqualTo(1);
            assertThat(framed.unsentBytes()).isEqualTo(2);
            framed.append("c".repeat(30_000));
            assertThat(stream.writes()).isEqualTo(2);
            assertThat(framed.unsentBytes()).isEqualTo(30_001);
        });
    }

    @Test
    void aCancelledWriteGoesOutFirstWithTheNext() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            Task<Void> writer = spawn(() -> framed.write("first"));
            letOthersRun();
            stream.allow(2);
            letOthersRun();
            writer.cancel();
            assertThat(catchThrowable(() -> await(writer))).isInstanceOf(CancelledException.class);
            assertThat(text(stream)).isEqualTo("fi");
            assertThat(framed.unsentBytes()).isEqualTo(4);
            assertThat(framed.acceptedFrames()).isEqualTo(1);
            assertThatThrownBy(() -> withTimeout(Duration.ofMillis(1), () -> {
                        framed.flush();
                        return 0;
                    }))
                    .isInstanceOf(DeadlineExceededException.class);
            stream.allow(1_000);
            framed.write("second");
            assertThat(text(stream)).isEqualTo("first\nsecond\n");
        });
    }

    @Test
    void aWriteThatIsCancelledBeforeAnEarlierOneIsOutMayNotHaveTakenItsFrameAndSaysSo() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            for (String line : List.of("a".repeat(10_000), "b".repeat(10_000))) {
                Task<Void> writer = spawn(() -> framed.write(line));
                letOthersRun();
                writer.cancel();
                assertThat(awaitAllSettled(List.of(writer))).hasSize(1);
            }
            assertThat(framed.acceptedFrames()).isEqualTo(1);
            stream.allow(100_000);
            framed.flush();
            assertThat(text(stream)).isEqualTo("a".repeat(10_000) + "\n");
        });
    }

    /// What had gone out was kept at the front, and the buffer grew with every write that was cut short.
    @Test
    void writesThatAreCutShortAgainAndAgainHoldNoMoreThanOneBatch() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                String line = "x".repeat(1_000 + i);
                Task<Void> writer = spawn(() -> framed.write(line));
                letOthersRun();
                stream.allow(1_100);
                letOthersRun();
                writer.cancel();
                assertThat(awaitAllSettled(List.of(writer))).hasSize(1);
                assertThat(framed.unsentBytes()).isLessThanOrEqualTo(Framed.BATCH_BYTES);
                if (framed.acceptedFrames() == i + 1) {
                    expected.append(line).append('\n');
                }
            }
            stream.allow(1_000_000);
            framed.flush();
            assertThat(text(stream)).isEqualTo(expected.toString());
        });
    }

    @Test
    void aFrameThatIsTooLongOrWrongLeavesEverythingAsItWas() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, Frames.lines(4, Utf8.STRICT));
            stream.allow(100);
            framed.append("a");
            assertThatThrownBy(() -> framed.write("12345"))
                    .isInstanceOf(FrameTooLongException.class)
                    .hasMessageStartingWith("frame too long: size=5, limit=4; the sender must send less");
            assertThatThrownBy(() -> framed.append("a\nb")).isInstanceOf(IllegalArgumentException.class);
            framed.write("b");
            assertThat(text(stream)).isEqualTo("a\nb\n");
            assertThat(framed.acceptedFrames()).isEqualTo(2);
        });
    }

    /// Writes more than it says.
    private record Endless(int maxFrameBytes) implements Encoder<String> {
        @Override
        public void encode(String frame, ByteBuffer output) {
            while (true) {
                output.put((byte) 0);
            }
        }
    }

    @Test
    void anEncoderThatPassesItsMaximumIsStopped() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES, new Endless(100_000));
            assertThatThrownBy(() -> framed.write("x"))
                    .isInstanceOf(FrameTooLongException.class)
                    .hasMessageStartingWith(
                            "frame too long: to be written, size=100001 or more, limit=100000; the sender");
            assertThat(framed.unsentBytes()).isZero();
            assertThatThrownBy(() -> Framed.over(stream, LINES, new Endless(0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("encoder without a maximum: maxFrameBytes=0, least=1");
        });
    }

    @Test
    void afterAFailedWriteWritingIsRefused() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.failWrites(new IOException("cannot write: reset"));
            assertThatThrownBy(() -> framed.write("a")).hasMessage("cannot write: reset");
            assertThatThrownBy(() -> framed.write("b"))
                    .isInstanceOf(FramingBrokenException.class)
                    .hasMessage("cannot write any more: framed stream, cause=IOException; the place of the next frame"
                            + " is not known, close it")
                    .hasRootCauseMessage("cannot write: reset");
            assertThatThrownBy(framed::flush).isInstanceOf(FramingBrokenException.class);
        });
    }

    private static BufferLimitException noRoom() {
        return new BufferLimitException("bufferedBytesPerShard", 1, "the test", 1, 1);
    }

    /// The frame stayed taken, and went out twice where the call was made again.
    @Test
    void aWriteForWhichTheStreamFindsNoRoomCanBeMadeAgain() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            long before = held();
            stream.failWrites(noRoom());
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> framed.write("a".repeat(600))).isInstanceOf(BufferLimitException.class);
                assertThat(framed.acceptedFrames()).isZero();
                assertThat(framed.unsentBytes()).isZero();
                assertThat(held()).isEqualTo(before);
            }
            stream.allow(10_000);
            stream.heal();
            framed.write("a".repeat(600));
            framed.write("b");
            assertThat(text(stream)).isEqualTo("a".repeat(600) + "\nb\n");
            assertThat(framed.acceptedFrames()).isEqualTo(2);
        });
    }

    @Test
    void whatWasAppendedBeforeAWriteThatFindsNoRoomStaysTaken() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            framed.append("a");
            stream.failWrites(noRoom());
            assertThatThrownBy(framed::flush).isInstanceOf(BufferLimitException.class);
            assertThatThrownBy(() -> framed.write("b")).isInstanceOf(BufferLimitException.class);
            assertThat(framed.acceptedFrames()).isEqualTo(1);
            assertThat(framed.unsentBytes()).isEqualTo(2);
            stream.allow(100);
            stream.heal();
            framed.write("b");
            assertThat(text(stream)).isEqualTo("a\nb\n");
        });
    }

    @Test
    void aFrameOfWhichTheStreamHasTakenAPartBeforeItFindsNoRoomStaysTaken() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            framed.append("first");
            Task<Throwable> writer = spawn(() -> catchThrowable(() -> framed.write("second")));
            letOthersRun();
            stream.allow("first\ns".length());
            letOthersRun();
            stream.failWrites(noRoom());
            assertThat(await(writer)).isInstanceOf(BufferLimitException.class);
            assertThat(framed.acceptedFrames()).isEqualTo(2);
            stream.allow(100);
            stream.heal();
            framed.flush();
            assertThat(text(stream)).isEqualTo("first\nsecond\n");
        });
    }

    @Test
    void aWriteThatFindsNoRoomAfterAnEarlierFrameIsOutTakesItsOwnBack() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            framed.append("first");
            Task<Throwable> writer = spawn(() -> catchThrowable(() -> framed.write("second")));
            letOthersRun();
            stream.allow("first\n".length());
            letOthersRun();
            stream.failWrites(noRoom());
            assertThat(await(writer)).isInstanceOf(BufferLimitException.class);
            assertThat(framed.acceptedFrames()).isEqualTo(1);
            assertThat(framed.unsentBytes()).isZero();
            assertThat(held()).isZero();
            stream.allow(100);
            stream.heal();
            framed.write("second");
            assertThat(text(stream)).isEqualTo("first\nsecond\n");
        });
    }

    /// What was taken was dropped, and each later write refused.
    @Test
    void aWriteThatTimesOutLeavesWhatACancelledOneLeaves() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            framed.append("first");
            Task<Throwable> writer = spawn(() -> catchThrowable(() -> framed.write("second")));
            letOthersRun();
            stream.allow(2);
            letOthersRun();
            stream.failWrites(new SocketTimeoutException("cannot write: no byte moved"));
            assertThat(await(writer)).isInstanceOf(SocketTimeoutException.class);
            assertThatThrownBy(framed::flush).isInstanceOf(SocketTimeoutException.class);
            assertThat(framed.acceptedFrames()).isEqualTo(2);
            assertThat(framed.unsentBytes()).isEqualTo("rst\nsecond\n".length());
            stream.allow(100);
            stream.heal();
            framed.write("third");
            assertThat(text(stream)).isEqualTo("first\nsecond\nthird\n");
        });
    }

    @Test
    void writesThatTimeOutOverASocketLoseAndDoubleNoFrame() throws Exception {
        TcpOptions impatient = TcpOptions.defaults().withWriteTimeout(Duration.ofMillis(20));
        String line = "x".repeat(60_000);
        try (TcpListener listener = listener()) {
            Task<Long> server = system.spawn(() -> {
                try (TcpStream stream = TcpStream.connect(listener.localAddress(), impatient);
                        Framed<String, String> theirs = Framed.over(listener.accept(), LINES)) {
                    Framed<String, String> ours = Framed.over(stream, LINES);
                    Throwable refused = null;
                    for (int i = 0; i < 1_000 && refused == null; i++) {
                        String numbered = line + i;
                        refused = catchThrowable(() -> ours.write(numbered));
                    }
                    assertThat(refused).isInstanceOf(SocketTimeoutException.class);
                    long accepted = ours.acceptedFrames();
                    Task<Void> rest = spawn(() -> {
                        while (ours.unsentBytes() > 0) {
                            Throwable _ = catchThrowable(ours::flush); // a busy machine may be slow, too
                        }
                        ours.shutdownOutput();
                    });
                    for (int i = 0; i < accepted; i++) {
                        assertThat(theirs.read()).isEqualTo(line + i);
                    }
                    assertThat(theirs.read()).isNull();
                    await(rest);
                    return accepted;
                }
            });
            assertThat(join(server)).isPositive();
        }
    }

    @Test
    void shutdownOfOutputWritesWhatIsUnsent() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.allow(100);
            framed.append("last");
            framed.shutdownOutput();
            assertThat(text(stream)).isEqualTo("last\n");
            assertThat(stream.isOutputEnded()).isTrue();
        });
    }

    // Who may use it.

    @Test
    void aSecondReaderAndASecondWriterAreRefusedAndTheFirstAreNotDisturbed() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            Task<String> reader = spawn(framed::read);
            Task<Void> writer = spawn(() -> framed.write("out"));
            letOthersRun();
            assertThatThrownBy(framed::read)
                    .isInstanceOf(ViolationException.class)
                    .hasMessageStartingWith("ROUSE-V05 two functions read at the same time: framed stream, remote=");
            for (Action second : List.<Action>of(() -> framed.write("x"), () -> framed.append("x"), framed::flush)) {
                assertThatThrownBy(second::run)
                        .isInstanceOf(ViolationException.class)
                        .hasMessageStartingWith(
                                "ROUSE-V05 two functions write at the same time: framed stream, remote=");
            }
            stream.supply(ascii("in\n"));
            stream.allow(100);
            assertThat(await(reader)).isEqualTo("in");
            await(writer);
            assertThat(text(stream)).isEqualTo("out\n");
        });
    }

    @Test
    void itStaysOnItsShardAndInsideFunctions() throws Exception {
        Framed<String, String> framed = Framed.over(new PacedStream(), LINES);
        assertThatThrownBy(() -> framed.append("x"))
                .isInstanceOf(ViolationException.class)
                .hasMessageStartingWith("ROUSE-V01 framed stream used outside a function: framed stream, remote=");
        int owner = join(system.spawn(() -> {
            framed.append("x");
            return Objects.requireNonNull(Shard.current()).index();
        }));
        List<Throwable> refusals = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Throwable refused = join(system.spawn(() -> catchThrowable(() -> framed.append("x"))));
            if (refused != null) {
                refusals.add(refused);
            }
        }
        assertThat(refusals)
                .isNotEmpty()
                .allSatisfy(refused -> assertThat(refused)
                        .isInstanceOf(ViolationException.class)
                        .hasMessageStartingWith("ROUSE-V06 framed stream used on another shard: framed stream, remote=")
                        .hasMessageContaining("owner=" + owner + ", current=" + (1 - owner)
                                + "; it stays on the shard of the function that used it first"));
    }

    /// The frame was taken after the close had let everything go, and what held it was never given back.
    @Test
    void anAppendThatFindsItClosedWhenItHasWrittenTakesNothing() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            long before = BufferedBytes.ofCurrentShard().held();
            framed.append("a".repeat(10_000));
            Task<Throwable> second = spawn(() -> catchThrowable(() -> framed.append("b".repeat(10_000))));
            letOthersRun();
            stream.afterNextWrite(framed::close);
            stream.allow(100_000);
            assertThat(await(second)).isInstanceOf(AsynchronousCloseException.class);
            assertThat(framed.acceptedFrames()).isEqualTo(1);
            assertThat(BufferedBytes.ofCurrentShard().held()).isEqualTo(before);
        });
    }

    @Test
    void aCloseEndsWhoWaits() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            Task<Throwable> reader = spawn(() -> catchThrowable(framed::read));
            Task<Throwable> writer = spawn(() -> catchThrowable(() -> framed.write("out")));
            letOthersRun();
            framed.close();
            assertThat(await(reader)).isInstanceOf(AsynchronousCloseException.class);
            assertThat(await(writer)).isInstanceOf(AsynchronousCloseException.class);
            assertThatThrownBy(() -> framed.write("x")).isInstanceOf(ClosedChannelException.class);
            assertThat(stream.isClosed()).isTrue();
        });
    }

    // What it holds.

    private static long held() throws IOException {
        return BufferedBytes.ofCurrentShard().held();
    }

    @Test
    void whatIsHeldCountsUntilItsFrameIsReadOrWritten() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.supply(ascii("x".repeat(1_000)));
            Task<String> reader = spawn(framed::read);
            letOthersRun();
            assertThat(held()).isEqualTo(1_024);
            stream.supply(ascii("\n"));
            stream.end();
            assertThat(await(reader)).hasSize(1_000);
            assertThat(framed.read()).isNull();
            assertThat(held()).isZero();
            framed.append("y".repeat(2_000));
            assertThat(held()).isBetween(2_001L, 4_000L);
            stream.allow(10_000);
            framed.flush();
            assertThat(held()).isZero();
        });
    }

    @Test
    void aCloseGivesBackWhatIsHeldAlsoFromAnotherThread() throws Exception {
        Framed<String, String> framed = Framed.over(new PacedStream(), LINES);
        int shard = join(system.spawn(() -> {
            framed.append("x".repeat(2_000));
            assertThat(held()).isPositive();
            return Objects.requireNonNull(Shard.current()).index();
        }));
        framed.close();
        framed.close();
        for (int i = 0; i < 4; i++) {
            join(system.spawn(() -> {
                if (Objects.requireNonNull(Shard.current()).index() == shard) {
                    assertThat(held()).isZero();
                }
            }));
        }
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> here = Framed.over(stream, LINES);
            stream.supply(ascii("half"));
            Task<Throwable> reader = spawn(() -> catchThrowable(here::read));
            letOthersRun();
            here.append("x");
            assertThat(held()).isEqualTo(64 + 512);
            here.close();
            assertThat(held()).isZero();
            assertThat(await(reader)).isInstanceOf(AsynchronousCloseException.class);
        });
    }

    /// The buffer that is kept for the next write counted for ever, as did the beginning of a frame.
    @Test
    void ofAStreamThatWasClosedBelowNothingCountsAnyMore() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, LINES);
            stream.allow(100);
            framed.write("out");
            assertThat(held()).isZero();
            stream.supply(ascii("half"));
            Task<Throwable> reader = spawn(() -> catchThrowable(framed::read));
            letOthersRun();
            assertThat(held()).isEqualTo(64);
            framed.append("never sent");
            assertThat(held()).isEqualTo(64 + 512);
            stream.close();
            assertThat(await(reader)).isInstanceOf(AsynchronousCloseException.class);
            assertThatThrownBy(framed::flush).isInstanceOf(ClosedChannelException.class);
            assertThat(held()).isZero();
        });
    }

    @Test
    void afterTheLastFrameNothingCountsAnyMore() throws Exception {
        inFunction(() -> {
            PacedStream stream = new PacedStream();
            Framed<String, String> framed = Framed.over(stream, Frames.lines(64 * 1024, Utf8.STRICT), LINES);
            stream.supply(ascii("whole\nl"));
            stream.supply(ascii("ast\n"));
            stream.end();
            assertThat(framed.read()).isEqualTo("whole");
            assertThat(framed.read()).isEqualTo("last");
            assertThat(framed.read()).isNull();
            assertThat(framed.read()).isNull();
            assertThat(held()).isZero();
            PacedStream raw = new PacedStream();
            Framed<ByteBuffer, ByteBuffer> rest = Framed.over(raw, new Rest(), FOURS);
            raw.supply(ascii("all"));
            raw.supply(ascii(" of it"));
            raw.end();
            assertThat(rest.read()).isEqualTo(ByteBuffer.wrap(ascii("all of it")));
            assertThat(held()).isEqualTo(64);
            assertThat(rest.read()).isNull();
            assertThat(held()).isZero();
        });
    }

    /// One frame: all there is.
    private record Rest() implements Decoder<ByteBuffer> {
        @Override
        public int maxFrameBytes() {
            return 100;
        }

        @Override
        public @Nullable ByteBuffer decode(ByteBuffer input, int seen) {
            return null;
        }

        @Override
        public @Nullable ByteBuffer decodeEnd(ByteBuffer input) {
            ByteBuffer all = input.slice();
            input.position(input.limit());
            return all.hasRemaining() ? all : null;
        }
    }

    @Test
    void aCallForWhichThereIsNoRoomCanBeMadeAgain() throws Exception {
        try (ActorSystem narrow = ActorSystem.builder()
                .shards(1)
                .limits(Limits.defaults().withBufferedBytesPerShard(2_048))
                .build()) {
            Task<Void> test = narrow.spawn(() -> {
                PacedStream stream = new PacedStream();
                Framed<String, String> framed = Framed.over(stream, LINES);
                BufferedBytes others = BufferedBytes.ofCurrentShard();
                others.take(1_500, "others");
                stream.supply(ascii("a\n" + "b".repeat(600)));
                stream.supply(ascii("\nc\n"));
                assertThat(framed.read()).isEqualTo("a");
                for (int i = 0; i < 2; i++) {
                    assertThatThrownBy(framed::read)
                            .isInstanceOf(BufferLimitException.class)
                            .hasMessageStartingWith("limit reached: limit=bufferedBytesPerShard, value=2048,"
                                    + " owner=framed stream, remote=");
                }
                assertThatThrownBy(() -> framed.write("d".repeat(600))).isInstanceOf(BufferLimitException.class);
                assertThat(framed.acceptedFrames()).isZero();
                others.giveBack(1_500);
                assertThat(framed.read()).isEqualTo("b".repeat(600));
                assertThat(framed.read()).isEqualTo("c");
                stream.allow(10_000);
                framed.write("d".repeat(600));
                assertThat(text(stream)).isEqualTo("d".repeat(600) + "\n");
            });
            join(test);
        }
    }

    // Over a socket.

    @Test
    void linesAreEchoedOverASocketHoweverTheyCome() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                try (Framed<String, String> lines = Framed.over(listener.accept(), LINES)) {
                    for (String line = lines.read(); line != null; line = lines.read()) {
                        lines.write(line);
                    }
                }
            });
            String text = "one\n" + "2".repeat(50_000) + "\n\nthree\n";
            for (byte b : ascii("slow\n")) {
                peer.getOutputStream().write(b);
            }
            peer.getOutputStream().write(ascii(text));
            peer.shutdownOutput();
            assertThat(new String(peer.getInputStream().readAllBytes(), US_ASCII))
                    .isEqualTo("slow\n" + text);
            join(server);
        }
    }

    @Test
    void lentFramesAreRelayedOverASocketAsTheyAre() throws Exception {
        Codec<ByteBuffer> codec = Frames.lengthPrefixed(LengthField.ofBytes(4), 100_000);
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                try (Framed<ByteBuffer, ByteBuffer> framed = Framed.over(listener.accept(), codec)) {
                    for (ByteBuffer frame = framed.read(); frame != null; frame = framed.read()) {
                        framed.append(frame);
                    }
                    framed.shutdownOutput();
                }
            });
            Task<Void> client = system.spawn(() -> {
                try (Framed<ByteBuffer, byte[]> framed =
                        Framed.over(TcpStream.connect(listener.localAddress()), codec, Frames.copied(codec))) {
                    Task<Void> writer = spawn(() -> {
                        for (int i = 0; i < 300; i++) {
                            framed.append(payload(i));
                        }
                        framed.shutdownOutput();
                    });
                    for (int i = 0; i < 300; i++) {
                        assertThat(Frames.copy(Objects.requireNonNull(framed.read())))
                                .isEqualTo(payload(i));
                    }
                    assertThat(framed.read()).isNull();
                    await(writer);
                }
            });
            join(client);
            join(server);
        }
    }

    private static byte[] payload(int number) {
        byte[] bytes = new byte[number * number % 40_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + number);
        }
        return bytes;
    }
}
