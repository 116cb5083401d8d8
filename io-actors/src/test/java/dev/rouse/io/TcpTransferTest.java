package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Task;
import dev.rouse.actor.ViolationException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What moves more than one buffer at a time, and half-closes.
final class TcpTransferTest extends SocketTest {
    private static final Duration SOON = Duration.ofMillis(20);
    private static final int LARGE = 24 << 20;

    @TempDir
    Path directory;

    /// Both ends of a connection, in one function.
    private interface Body {
        void run(TcpStream near, TcpStream far) throws Exception;
    }

    private void connected(Body body) throws Exception {
        try (TcpListener listener = listener()) {
            join(system.spawn(() -> {
                try (TcpStream near = TcpStream.connect(listener.localAddress());
                        TcpStream far = listener.accept()) {
                    body.run(near, far);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return true;
            }));
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private static ByteBuffer pattern(int size) {
        byte[] all = new byte[size];
        for (int i = 0; i < size; i++) {
            all[i] = (byte) (i * 31 + (i >> 8));
        }
        return ByteBuffer.wrap(all);
    }

    private static String rest(TcpStream stream) throws IOException {
        return new String(stream.inputStream().readAllBytes(), US_ASCII);
    }

    @Test
    void readFullyWaitsForTheLastByte() throws Exception {
        connected((near, far) -> {
            ByteBuffer four = ByteBuffer.allocate(4);
            near.write(bytes("ab"));
            Task<Void> reader = spawn(() -> far.readFully(four));
            letOthersRunUntil(() -> four.position() == 2);
            assertThat(reader.isDone()).isFalse();
            near.write(bytes("cdef"));
            await(reader);
            assertThat(new String(four.array(), US_ASCII)).isEqualTo("abcd");
            near.shutdownOutput();
            assertThat(rest(far)).isEqualTo("ef");
        });
    }

    @Test
    void readFullyNamesWhatItHadGotAtTheEndOfTheStream() throws Exception {
        connected((near, far) -> {
            near.write(bytes("abc"));
            near.shutdownOutput();
            assertThatThrownBy(() -> far.readFully(ByteBuffer.allocate(4)))
                    .isInstanceOf(EOFException.class)
                    .hasMessage("the stream ended too early: remote=" + Failures.text(far.remoteAddress())
                            + ", wanted=4, got=3");
            far.readFully(ByteBuffer.allocate(0));
        });
    }

    @Test
    void severalBuffersGoOutInTheirOrder() throws Exception {
        connected((near, far) -> {
            ByteBuffer direct = ByteBuffer.allocateDirect(3).put(bytes("def")).flip();
            near.write(bytes("abc"), direct, ByteBuffer.allocate(0), bytes("g").asReadOnlyBuffer());
            near.write(new ByteBuffer[0]);
            near.write(ByteBuffer.allocate(0), ByteBuffer.allocate(0));
            near.shutdownOutput();
            assertThat(direct.hasRemaining()).isFalse();
            assertThat(rest(far)).isEqualTo("abcdefg");
        });
    }

    @Test
    void anyNumberOfBuffersOfAnySizeGoesOutWhole() throws Exception {
        connected((near, far) -> {
            ByteBuffer all = pattern(8 << 20);
            ByteBuffer[] parts = new ByteBuffer[1_000];
            int at = 0;
            for (int i = 0; i < parts.length; i++) {
                int length = i == parts.length - 1
                        ? all.capacity() - at
                        : switch (i % 4) {
                            case 0 -> 1;
                            case 1 -> 0;
                            case 2 -> 70_000 % (all.capacity() - at);
                            default -> 17;
                        };
                length = Math.min(length, (all.capacity() - at) / 20 + (i == parts.length - 1 ? all.capacity() : 0));
                length = Math.min(length, all.capacity() - at);
                parts[i] = all.slice(at, length);
                at += length;
            }
            Task<Void> writer = spawn(() -> {
                near.write(parts);
                near.shutdownOutput();
            });
            ByteBuffer got = ByteBuffer.allocate(all.capacity());
            far.readFully(got);
            await(writer);
            assertThat(far.read()).isNull();
            assertThat(got.flip()).isEqualTo(all);
        });
    }

    @Test
    void aWriteOfSeveralBuffersThatTimesOutSaysWhatHasGoneOut() throws Exception {
        connected((near, far) -> {
            ByteBuffer first = pattern(LARGE);
            ByteBuffer second = bytes("end");
            assertThatThrownBy(() -> withTimeout(SOON, () -> {
                        near.write(first, second);
                        return true;
                    }))
                    .isInstanceOf(DeadlineExceededException.class);
            assertThat(first.position()).isBetween(1, LARGE - 1);
            assertThat(second.position()).isZero();
            Task<Void> writer = spawn(() -> {
                near.write(first, second);
                near.shutdownOutput();
            });
            ByteBuffer got = ByteBuffer.allocate(LARGE);
            far.readFully(got);
            assertThat(got.flip()).isEqualTo(pattern(LARGE));
            assertThat(rest(far)).isEqualTo("end");
            await(writer);
        });
    }

    @Test
    void aFileGoesOutFromItsPositionAndSaysHowMuch() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, pattern(3 << 20).array());
        try (FileChannel file = FileChannel.open(path)) {
            connected((near, far) -> {
                file.position(10);
                Task<Void> writer = spawn(() -> {
                    assertThat(near.transferFrom(file, 1 << 20)).isEqualTo(1 << 20);
                    assertThat(file.position()).isEqualTo(10 + (1 << 20));
                    long left = file.size() - file.position();
                    assertThat(near.transferFrom(file, Long.MAX_VALUE)).isEqualTo(left);
                    assertThat(file.position()).isEqualTo(file.size());
                    assertThat(near.transferFrom(file, 5)).isZero();
                    assertThat(near.transferFrom(file, 0)).isZero();
                    near.shutdownOutput();
                });
                ByteBuffer got = ByteBuffer.allocate((3 << 20) - 10);
                far.readFully(got);
                await(writer);
                assertThat(far.read()).isNull();
                assertThat(got.flip()).isEqualTo(pattern(3 << 20).position(10));
            });
        }
    }

    @Test
    void aTransferOfAFileThatTimesOutGoesOnWhereItWas() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, pattern(LARGE).array());
        try (FileChannel file = FileChannel.open(path)) {
            connected((near, far) -> {
                assertThatThrownBy(() -> withTimeout(SOON, () -> near.transferFrom(file, LARGE)))
                        .isInstanceOf(DeadlineExceededException.class);
                assertThat(file.position()).isBetween(1L, LARGE - 1L);
                Task<Long> writer = spawn(() -> near.transferFrom(file, LARGE));
                ByteBuffer got = ByteBuffer.allocate(LARGE);
                far.readFully(got);
                assertThat(await(writer)).isBetween(1L, LARGE - 1L);
                assertThat(got.flip()).isEqualTo(pattern(LARGE));
            });
        }
    }

    @Test
    void aTransferOfANegativeCountOrOfAFileThatCannotBeReadIsRefused() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, new byte[1]);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            connected((near, _) -> {
                assertThatThrownBy(() -> near.transferFrom(file, -1))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("cannot write: count=-1, least=0");
                assertThatThrownBy(() -> near.transferFrom(file, 1)).isInstanceOf(NonReadableChannelException.class);
            });
        }
    }

    private static void assertFileClosed(Throwable failure, TcpStream stream, long count, long sent) {
        assertThat(failure)
                .isInstanceOf(FileClosedException.class)
                .hasMessage("cannot write a file: stream, local=" + Failures.text(stream.localAddress()) + ", remote="
                        + Failures.text(stream.remoteAddress()) + ", sent=" + sent + ", count=" + count
                        + ", cause=the file is closed; keep it open until the call returns, and do not interrupt the"
                        + " function");
        assertThat(((FileClosedException) failure).sentBytes()).isEqualTo(sent);
    }

    @Test
    void aTransferOfAFileThatIsClosedSaysThatItIsTheFile() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, new byte[1]);
        FileChannel file = FileChannel.open(path);
        connected((near, far) -> {
            file.close();
            assertFileClosed(catchThrowable(() -> near.transferFrom(file, 1)), near, 1, 0);
            near.write(bytes("on"));
            near.shutdownOutput();
            assertThat(rest(far)).isEqualTo("on");
        });
    }

    /// It was reported as a failure of the connection.
    @Test
    void aFileThatIsClosedWhileThePeerDoesNotReadSaysHowMuchHasGoneOut() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, pattern(LARGE).array());
        FileChannel file = FileChannel.open(path);
        connected((near, far) -> {
            assertThatThrownBy(() -> withTimeout(SOON, () -> near.transferFrom(file, LARGE)))
                    .isInstanceOf(DeadlineExceededException.class);
            int before = (int) file.position();
            int count = LARGE - before;
            Task<Throwable> writer = spawn(() -> {
                Throwable failure = catchThrowable(() -> near.transferFrom(file, count));
                near.write(bytes("end"));
                near.shutdownOutput();
                return failure;
            });
            sleepFor(Duration.ZERO);
            file.close();
            byte[] got = far.inputStream().readAllBytes();
            int sent = got.length - before - "end".length();
            assertFileClosed(await(writer), near, count, sent);
            assertThat(ByteBuffer.wrap(got, 0, before + sent))
                    .isEqualTo(pattern(LARGE).limit(before + sent));
        });
    }

    /// It was reported as if the stream had been closed.
    @Test
    void aFileThatIsClosedWhileItIsReadSaysThatItIsTheFile() throws Exception {
        for (ClosingFile file : List.of(new ClosingFile(3, 10), new ClosingFile(10, 10))) {
            connected((near, far) -> {
                Throwable failure = catchThrowable(() -> near.transferFrom(file, 20));
                assertFileClosed(failure, near, 20, file.readable());
                near.shutdownOutput();
                assertThat(rest(far)).isEqualTo("x".repeat(file.readable()));
            });
        }
    }

    @Test
    void aFunctionThatIsInterruptedBeforeItsTransferLosesTheFileAndNotTheStream() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, new byte[1]);
        FileChannel file = FileChannel.open(path);
        connected((near, far) -> {
            Thread.currentThread().interrupt();
            Throwable failure = catchThrowable(() -> near.transferFrom(file, 1));
            assertThat(Thread.interrupted()).isTrue();
            assertFileClosed(failure, near, 1, 0);
            near.write(bytes("on"));
            near.shutdownOutput();
            assertThat(rest(far)).isEqualTo("on");
        });
    }

    @Test
    void aStreamThatIsClosedDuringATransferIsNotBlamedOnTheFile() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, pattern(LARGE).array());
        try (FileChannel file = FileChannel.open(path)) {
            connected((near, _) -> {
                Task<Throwable> writer = spawn(() -> catchThrowable(() -> near.transferFrom(file, LARGE)));
                sleepFor(Duration.ZERO);
                near.close();
                assertThat(await(writer)).isInstanceOf(AsynchronousCloseException.class);
                assertThat(file.isOpen()).isTrue();
            });
        }
    }

    @Test
    void aStreamIsWrittenToAnotherUntilItEnds() throws Exception {
        connected((near, far) -> connectedTo(near, far, pattern(4 << 20)));
    }

    /// What is written to `near` comes back, since `far` transfers it to itself.
    private static void connectedTo(TcpStream near, TcpStream far, ByteBuffer all) throws IOException {
        Task<Long> echo = spawn(() -> {
            long count = far.transferTo(far);
            far.shutdownOutput();
            return count;
        });
        Task<Void> writer = spawn(() -> {
            near.write(all.duplicate());
            near.shutdownOutput();
        });
        ByteBuffer got = ByteBuffer.allocate(all.remaining());
        near.readFully(got);
        assertThat(near.read()).isNull();
        await(writer);
        assertThat(await(echo)).isEqualTo(all.remaining());
        assertThat(got.flip()).isEqualTo(all);
    }

    @Test
    void aTransferThatTimesOutLeavesWhatWasNotTakenToTheNextRead() throws Exception {
        connected((near, far) -> {
            ByteBuffer sent = pattern(LARGE);
            Task<Void> writer = spawn(() -> {
                near.write(sent);
                near.shutdownOutput();
            });
            assertThatThrownBy(() -> withTimeout(SOON, () -> far.transferTo(far)))
                    .isInstanceOf(DeadlineExceededException.class);
            ByteBuffer got = ByteBuffer.allocate(LARGE);
            Task<Void> back = spawn(() -> {
                for (ByteBuffer some = near.read(); some != null; some = near.read()) {
                    got.put(some);
                }
            });
            for (ByteBuffer some = far.read(); some != null; some = far.read()) {
                far.write(some);
            }
            far.shutdownOutput();
            await(writer);
            await(back);
            assertThat(got.flip()).isEqualTo(pattern(LARGE));
        });
    }

    @Test
    void whileATransferWritesNobodyElseReads() throws Exception {
        connected((near, far) -> {
            Task<Void> writer = spawn(() -> near.write(pattern(LARGE)));
            Task<Throwable> transfer = spawn(() -> catchThrowable(() -> far.transferTo(far)));
            letOthersRunUntil(() -> isRefused(() -> far.write(bytes("")))); // it waits in a write
            assertRefused("read", far, () -> far.read());
            assertRefused("read", far, () -> far.read(ByteBuffer.allocate(1)));
            assertRefused("read", far, () -> far.readFully(ByteBuffer.allocate(1)));
            assertRefused("read", far, () -> far.inputStream().read());
            assertRefused("read", far, () -> far.transferTo(near));
            assertRefused("read", far, far::shutdownInput);
            assertRefused("write", far, () -> far.write(bytes("x")));
            transfer.cancel();
            writer.cancel();
        });
    }

    private static boolean isRefused(ThrowingCallable call) {
        return catchThrowable(call) instanceof ViolationException;
    }

    private static void assertRefused(String verb, TcpStream stream, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(ViolationException.class)
                .hasMessage("ROUSE-V05 two functions " + verb + " at the same time: stream, local="
                        + Failures.text(stream.localAddress()) + ", remote=" + Failures.text(stream.remoteAddress())
                        + "; let one function do it and hand on what comes of it");
    }

    @Test
    void whateverAFunctionWritesNobodyElseDoes() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, pattern(LARGE).array());
        try (FileChannel file = FileChannel.open(path)) {
            connected((near, _) -> {
                Task<Throwable> gathering = spawn(() -> catchThrowable(() -> near.write(pattern(LARGE), pattern(1))));
                letOthersRun();
                assertNoOtherWriter(near, file);
                gathering.cancel();
                await(gathering);
                Task<Throwable> sending = spawn(() -> catchThrowable(() -> near.transferFrom(file, LARGE)));
                letOthersRun();
                assertNoOtherWriter(near, file);
                sending.cancel();
                await(sending);
                Task<Throwable> writing = spawn(() -> catchThrowable(() -> near.write(pattern(LARGE))));
                letOthersRun();
                assertNoOtherWriter(near, file);
                writing.cancel();
                await(writing);
            });
        }
    }

    private static void assertNoOtherWriter(TcpStream stream, FileChannel file) {
        assertRefused("write", stream, () -> stream.write(bytes("x")));
        assertRefused("write", stream, () -> stream.write(bytes("x"), bytes("y")));
        assertRefused("write", stream, () -> stream.transferFrom(file, 1));
        assertRefused("write", stream, stream::shutdownOutput);
    }

    @Test
    void afterShutdownOfInputItReadsNothingMoreAndStillWrites() throws Exception {
        connected((near, far) -> {
            near.write(bytes("unread"));
            assertThat(far.inputStream().read()).isEqualTo('u');
            far.shutdownInput();
            far.shutdownInput();
            assertThat(far.read()).isNull();
            assertThat(far.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThat(far.inputStream().read()).isEqualTo(-1);
            far.write(bytes("answer"));
            far.shutdownOutput();
            assertThat(rest(near)).isEqualTo("answer");
        });
    }

    @Test
    void shutdownOfInputIsRefusedWhileAFunctionReads() throws Exception {
        connected((near, far) -> {
            Task<ByteBuffer> reader = spawn(() -> Objects.requireNonNull(far.read()));
            sleepFor(Duration.ZERO);
            assertRefused("read", far, far::shutdownInput);
            near.write(bytes("x"));
            assertThat(await(reader).get()).isEqualTo((byte) 'x');
            far.close();
            assertThatThrownBy(far::shutdownInput).isInstanceOf(ClosedChannelException.class);
        });
    }
}
