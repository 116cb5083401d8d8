package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Shard;
import dev.rouse.io.TlsException.Reason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TlsStreamTest extends TlsTest {

    private static String text(Throwable failure) {
        return String.valueOf(failure.getMessage()).replaceAll("127\\.0\\.0\\.1:\\d+", "ADDRESS");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void whatIsWrittenIsReadAtTheOtherEnd(String protocol) throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = serveEcho(listener, serving.withProtocols(protocol));
            Task<String> client = connect(listener, trusting, stream -> {
                assertThat(stream.protocol()).isEqualTo(protocol);
                stream.write(bytes("hello"));
                return text(stream.inputStream().readNBytes(5));
            });
            assertThat(join(client)).isEqualTo("hello");
            join(server);
        }
    }

    /// What was opened for it may be another stream's by then.
    @Test
    void aFramedStreamOverItNoticesThatItWasReadPast() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = serveEcho(listener, serving);
            Task<Boolean> client = connect(listener, trusting, stream -> {
                Framed<String, String> framed = Framed.over(stream, Frames.lines(100, Utf8.STRICT));
                stream.write(bytes("first\nsecond\n"));
                assertThat(framed.read()).isEqualTo("first");
                stream.write(bytes("third\n"));
                assertThat(stream.read()).isNotNull();
                assertThatThrownBy(framed::read)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("a framed stream was read past: framed stream, remote=");
                return true;
            });
            assertThat(join(client)).isTrue();
            join(server);
        }
    }

    /// The next record is gathered in the buffer that was lent before, and its length read there.
    @Test
    void framesWhoseReaderSetsAnotherByteOrderGoBothWays() throws Exception {
        Codec<ByteBuffer> littleEndian =
                Frames.lengthPrefixed(LengthField.ofBytes(4).littleEndian(), 1_000);
        try (TcpListener listener = listener()) {
            Task<Integer> server = serve(listener, serving, stream -> {
                Framed<ByteBuffer, ByteBuffer> framed = Framed.over(stream, littleEndian);
                int frames = 0;
                for (ByteBuffer frame = framed.read(); frame != null; frame = framed.read()) {
                    framed.write(frame);
                    frames++;
                }
                return frames;
            });
            Task<List<String>> client = connect(listener, trusting, stream -> {
                Framed<ByteBuffer, ByteBuffer> framed = Framed.over(stream, littleEndian);
                List<String> echoed = new ArrayList<>();
                for (String text : List.of("one", "two", "three")) {
                    framed.write(bytes(text));
                    echoed.add(US_ASCII.decode(Objects.requireNonNull(framed.read()))
                            .toString());
                }
                return echoed;
            });
            assertThat(join(client)).containsExactly("one", "two", "three");
            assertThat(join(server)).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aLotGoesBothWaysAtTheSameTime(String protocol) throws Exception {
        byte[] sent = random(1, 3_000_000);
        try (TcpListener listener = listener()) {
            Task<Void> server = serveEcho(listener, serving.withProtocols(protocol));
            Task<byte[]> client = connect(listener, trusting, stream -> exchange(stream, sent));
            assertThat(join(client)).isEqualTo(sent);
            join(server);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void itDoesNotMatterInWhichPiecesSealedBytesTravel(String protocol) throws Exception {
        byte[] sent = random(1, 40_000);
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                ByteStream split = new SplitStream(listener.accept(), 1);
                try (TlsStream stream = TlsStream.server(split, serving.withProtocols(protocol))) {
                    return echoed(stream);
                }
            });
            Task<byte[]> client = system.spawn(() -> {
                ByteStream split = new SplitStream(TcpStream.connect(listener.localAddress()), 7);
                try (TlsStream stream = TlsStream.client(split, "localhost", trusting)) {
                    return exchange(stream, sent);
                }
            });
            assertThat(join(client)).isEqualTo(sent);
            join(server);
        }
    }

    @Test
    void tlsGoesOverTls() throws Exception {
        byte[] sent = random(1, 100_000);
        try (TcpListener listener = listener()) {
            Task<Void> server = serve(listener, serving, outer -> {
                try (TlsStream inner = TlsStream.server(outer, serving)) {
                    return echoed(inner);
                }
            });
            Task<byte[]> client = connect(listener, trusting, outer -> {
                try (TlsStream inner = TlsStream.client(outer, "localhost", trusting)) {
                    return exchange(inner, sent);
                }
            });
            assertThat(join(client)).isEqualTo(sent);
            join(server);
        }
    }

    @Test
    void connectGreetsTheHostOfTheAddress() throws Exception {
        try (TcpListener listener = listener()) {
            Task<String> server = serve(
                    listener, serving, stream -> stream.requestedServerName().orElse(""));
            Task<Boolean> client = system.spawn(() -> {
                try (TlsStream stream =
                        TlsStream.connect(new InetSocketAddress("localhost", listener.port()), trusting)) {
                    return stream.read() == null;
                }
            });
            assertThat(join(client)).isTrue();
            assertThat(join(server)).isEqualTo("localhost");
        }
    }

    @Test
    void readsIntoBuffersOfAnySize() throws Exception {
        byte[] sent = random(5, 200_000);
        try (TcpListener listener = listener()) {
            Task<Void> server = serve(listener, serving, stream -> {
                stream.write(ByteBuffer.wrap(sent));
                return echoed(stream);
            });
            Task<ByteBuffer> client = connect(listener, trusting, stream -> {
                assertThat(stream.read(ByteBuffer.allocate(0))).isZero();
                ByteBuffer all = ByteBuffer.allocate(sent.length);
                for (int size = 1; all.hasRemaining(); size = size * 3 % 50_000 + 1) {
                    ByteBuffer some = all.slice(all.position(), Math.min(size, all.remaining()));
                    int count = stream.read(some);
                    assertThat(count).isEqualTo(some.position()).isPositive();
                    all.position(all.position() + count);
                }
                stream.shutdownOutput();
                assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(-1);
                assertThat(stream.read()).isNull();
                assertThat(stream.inputStream().read()).isEqualTo(-1);
                return all.flip();
            });
            assertThat(join(client)).isEqualTo(ByteBuffer.wrap(sent));
            join(server);
        }
    }

    @Test
    void bytesThatTheInputStreamHasFetchedComeFirst() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = serve(listener, serving, stream -> {
                stream.write(bytes("abcdef"));
                return echoed(stream);
            });
            Task<String> client = connect(listener, trusting, stream -> {
                assertThat(stream.inputStream().read()).isEqualTo('a');
                assertThat(stream.inputStream().available()).isEqualTo(5);
                ByteBuffer two = ByteBuffer.allocate(2);
                assertThat(stream.read(two)).isEqualTo(2);
                assertThat(two.flip()).isEqualTo(bytes("bc"));
                String rest =
                        US_ASCII.decode(Objects.requireNonNull(stream.read())).toString();
                assertThat(stream.inputStream().available()).isZero();
                return rest;
            });
            assertThat(join(client)).isEqualTo("def");
            join(server);
        }
    }

    // The end.

    @Test
    void afterTheEndOfOneDirectionTheOtherGoesOn() throws Exception {
        try (TcpListener listener = listener()) {
            Task<String> server = serve(listener, serving, stream -> {
                String question = text(readAll(stream));
                stream.write(bytes("answer to " + question));
                return question;
            });
            Task<String> client = connect(listener, trusting, stream -> {
                stream.write(bytes("question"));
                stream.shutdownOutput();
                stream.shutdownOutput();
                assertThatThrownBy(() -> stream.write(bytes("more"))).isInstanceOf(ClosedChannelException.class);
                return text(readAll(stream));
            });
            assertThat(join(client)).isEqualTo("answer to question");
            assertThat(join(server)).isEqualTo("question");
        }
    }

    @Test
    void withTls12ThePeersEndEndsWritingToo() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Throwable> server = serve(listener, serving.withProtocols("TLSv1.2"), stream -> {
                assertThat(readAll(stream)).isEmpty();
                return catchThrowable(() -> stream.write(bytes("late")));
            });
            Task<byte[]> client = connect(listener, trusting, stream -> {
                stream.shutdownOutput();
                return readAll(stream);
            });
            assertThat(join(client)).isEmpty();
            assertThat(join(server)).isInstanceOf(ClosedChannelException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aConnectionThatIsCutIsNoEndOfTheStream(String protocol) throws Exception {
        try (TcpListener listener = listener()) {
            Task<Throwable> server = serve(listener, serving.withProtocols(protocol), stream -> {
                assertThat(text(stream.inputStream().readNBytes(4))).isEqualTo("part");
                Throwable failure = catchThrowable(stream::read);
                assertThat(catchThrowable(() -> stream.inputStream().read())).hasSameClassAs(failure);
                return failure;
            });
            Task<Void> client = system.spawn(() -> {
                TcpStream below = TcpStream.connect(listener.localAddress());
                TlsStream stream = TlsStream.client(below, "localhost", trusting);
                stream.write(bytes("part"));
                below.shutdownOutput(); // what somebody between the two can do as well
                assertThat(readAll(stream)).isEmpty();
                stream.close();
            });
            TlsException failure = (TlsException) join(server);
            assertThat(failure.reason()).isEqualTo(Reason.TRUNCATED);
            assertThat(text(failure))
                    .isEqualTo("tls connection ended without close_notify: tls stream, side=server, local=ADDRESS,"
                            + " remote=ADDRESS; somebody may have cut it, use what was read only if its own format says"
                            + " that it is whole");
            join(client);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void bytesThatWereChangedOnTheWayBreakTheConnection(String protocol) throws Exception {
        try (TcpListener listener = listener()) {
            Task<Throwable> server = serve(listener, serving.withProtocols(protocol), stream -> {
                assertThat(text(stream.inputStream().readNBytes(4))).isEqualTo("good");
                Throwable failure = catchThrowable(stream::read);
                assertThat(catchThrowable(stream::read)).hasMessage(failure.getMessage());
                assertThat(catchThrowable(() -> stream.write(bytes("x")))).hasMessage(failure.getMessage());
                return failure;
            });
            Task<Throwable> client = system.spawn(() -> {
                FlippingStream below = new FlippingStream(TcpStream.connect(listener.localAddress()));
                try (TlsStream stream = TlsStream.client(below, "localhost", trusting)) {
                    stream.write(bytes("good"));
                    below.flipLastBit();
                    stream.write(bytes("evil"));
                    return catchThrowable(stream::read);
                }
            });
            TlsException failure = (TlsException) join(server);
            assertThat(failure.reason()).isEqualTo(Reason.CORRUPT);
            assertThat(text(failure))
                    .isEqualTo("tls connection broken: tls stream, side=server, local=ADDRESS, remote=ADDRESS,"
                            + " cause=tag mismatch; what was read before is as the peer has sent it, close the stream");
            assertThat(((TlsException) join(client)).getMessage()).contains("bad_record_mac");
        }
    }

    @Test
    void whatIsNoRecordBreaksTheConnection() throws Exception {
        assertThat(brokenBy("GET / HTTP/1.1\r\n".getBytes(US_ASCII)))
                .isEqualTo("tls connection broken: tls stream, side=server, local=ADDRESS, remote=ADDRESS, cause=no"
                        + " record begins with \"GET / HTTP/1.1..\"; something between the peers has changed the bytes,"
                        + " close the stream");
    }

    @Test
    void aRecordMayBeAsLongAsTheProtocolAllowsAndNotOneByteMore() throws Exception {
        assertThat(brokenBy(record(RecordBuffers.LONGEST_CONTENT_BYTES + 1)))
                .isEqualTo("tls connection broken: tls stream, side=server, local=ADDRESS, remote=ADDRESS, cause=a"
                        + " record is too long, bytes=16705, limit=16704; the peer breaks the protocol, close the"
                        + " stream");
        assertThat(brokenBy(record(RecordBuffers.LONGEST_CONTENT_BYTES)))
                .doesNotContain("too long")
                .contains("broken");
    }

    private static byte[] record(int length) {
        return ByteBuffer.allocate(RecordBuffers.HEADER_BYTES + length)
                .put((byte) 23)
                .put((byte) 3)
                .put((byte) 3)
                .putShort((short) length)
                .array();
    }

    private String brokenBy(byte[] inTheClear) throws Exception {
        try (TcpListener listener = listener()) {
            Task<String> server = serve(listener, serving, stream -> text(catchThrowable(stream::read)));
            Task<Void> client = system.spawn(() -> {
                TcpStream below = TcpStream.connect(listener.localAddress());
                try (TlsStream stream = TlsStream.client(below, "localhost", trusting)) {
                    below.write(ByteBuffer.wrap(inTheClear));
                    assertThat(readAll(stream)).isEmpty();
                } catch (IOException _) {
                    // the server has told why, or has left
                }
            });
            String text = join(server);
            join(client);
            return text;
        }
    }

    @Test
    void aPeerThatRenegotiatesIsRefused() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Throwable> server = serve(listener, serving, stream -> {
                assertThat(stream.inputStream().read()).isEqualTo(1);
                return catchThrowable(stream::read);
            });
            try (SSLSocket peer = jdkClient(clientContext, listener.port(), "TLSv1.2")) {
                peer.getOutputStream().write(1);
                peer.startHandshake();
                CompletableFuture<Void> again = CompletableFuture.runAsync(() -> {
                    try {
                        peer.startHandshake();
                    } catch (IOException _) {
                        // as expected
                    }
                });
                TlsException failure = (TlsException) join(server);
                assertThat(failure.reason()).isEqualTo(Reason.RENEGOTIATION);
                assertThat(text(failure))
                        .isEqualTo("tls connection broken: tls stream, side=server, local=ADDRESS, remote=ADDRESS,"
                                + " cause=the peer wants to renegotiate, which is refused; have it speak TLS 1.3, close"
                                + " the stream");
                again.join();
            }
        }
    }

    @Test
    void aPeerMayAskForNewKeysAtAnyTime() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = serveEcho(listener, serving);
            try (SSLSocket peer = jdkClient(clientContext, listener.port(), "TLSv1.3")) {
                for (int i = 0; i < 5; i++) {
                    byte[] sent = random(i, 1_000);
                    peer.getOutputStream().write(sent);
                    peer.startHandshake(); // asks for new keys, once it is connected
                    assertThat(peer.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
                }
                peer.shutdownOutput();
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
            join(server);
        }
    }

    @Test
    void whoOnlyReadsAnswersRequestsForNewKeysAfterAFew() throws Exception {
        try (TcpListener listener = listener()) {
            Task<CountedStream.Counts> server = system.spawn(() -> {
                CountedStream counted = new CountedStream(listener.accept());
                try (TlsStream stream = TlsStream.server(counted, serving)) {
                    assertThat(stream.inputStream().read()).isEqualTo(0);
                    long written = counted.counts().written();
                    for (int i = 1; i <= 8; i++) {
                        assertThat(stream.inputStream().read()).isEqualTo(i);
                    }
                    assertThat(counted.counts().written()).isEqualTo(written);
                    for (int i = 9; i < 20; i++) {
                        assertThat(stream.inputStream().read()).isEqualTo(i);
                    }
                    assertThat(counted.counts().written()).isGreaterThan(written);
                    return counted.counts();
                }
            });
            try (SSLSocket peer = jdkClient(clientContext, listener.port(), "TLSv1.3")) {
                peer.getOutputStream().write(0);
                for (int i = 1; i < 20; i++) {
                    peer.startHandshake();
                    peer.getOutputStream().write(i);
                }
                join(server);
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    /// The reader does not wait for the writer, the writer's records and the answers keep their order.
    @Test
    void answersToRequestsForNewKeysGoOutAmongTheRecordsOfAWriterThatWaits() throws Exception {
        byte[] sent = random(3, 20_000_000);
        try (TcpListener listener = listener()) {
            CompletableFuture<Void> read = new CompletableFuture<>();
            Task<Void> server = serve(listener, serving, stream -> {
                Task<Void> writer = spawn(() -> stream.write(ByteBuffer.wrap(sent)));
                assertThat(stream.inputStream().readNBytes(8)).hasSize(8);
                assertThat(writer.isDone()).isFalse();
                read.complete(null);
                assertThat(stream.inputStream().readNBytes(12)).hasSize(12);
                await(writer);
                return echoed(stream);
            });
            try (SSLSocket peer = jdkClient(clientContext, listener.port(), "TLSv1.3")) {
                for (int i = 0; i < 20; i++) {
                    peer.startHandshake(); // after the first time it asks for new keys
                    peer.getOutputStream().write(i);
                }
                read.join();
                assertThat(peer.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
                peer.shutdownOutput();
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
            join(server);
        }
    }

    @Test
    void theJdkReadsOurEndAndWeTheirs() throws Exception {
        try (SSLServerSocket server = jdkServer(serverContext, "TLSv1.3")) {
            Task<String> client = connect(addressOf(server), trusting, stream -> {
                stream.write(bytes("question"));
                stream.shutdownOutput();
                return text(readAll(stream));
            });
            try (SSLSocket peer = (SSLSocket) server.accept()) {
                assertThat(text(peer.getInputStream().readAllBytes())).isEqualTo("question");
                peer.getOutputStream().write("answer".getBytes(US_ASCII));
            }
            assertThat(join(client)).isEqualTo("answer");
        }
    }

    // Closing.

    @Test
    void closeTellsThePeerThatItHasEverything() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Boolean> server = serve(listener, serving, stream -> {
                stream.write(bytes("all"));
                return true;
            });
            Task<String> client = connect(listener, trusting, stream -> text(readAll(stream)));
            assertThat(join(client)).isEqualTo("all");
            join(server);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void closeTellsThePeerAlsoWhereOthersHoldAllThereIs(String protocol) throws Exception {
        EnginePeer peer = EnginePeer.client(clientContext, protocol);
        join(system.spawn(() -> {
            TlsStream stream = TlsStream.server(peer, serving);
            stream.write(bytes("all"));
            BufferedBytes buffered = BufferedBytes.ofCurrentShard();
            int rest = (int) (Limits.defaults().bufferedBytesPerShard() - buffered.held());
            ConnectionBytes others = buffered.openUnbounded(system, "others");
            others.take(rest);
            assertThatThrownBy(() -> stream.write(bytes("more"))).isInstanceOf(BufferLimitException.class);
            assertThat(peer.hasHeardTheEnd()).isFalse();
            stream.close();
            others.giveBack(rest);
        }));
        assertThat(text(peer.received())).isEqualTo("all");
        assertThat(peer.hasHeardTheEnd()).isTrue();
    }

    @Test
    void closeFromAnotherThreadTellsThePeerTooAndEndsWhoWaits() throws Exception {
        try (TcpListener listener = listener()) {
            CompletableFuture<TlsStream> reading = new CompletableFuture<>();
            Task<Throwable> server = serve(listener, serving, stream -> {
                spawn(() -> {
                    reading.complete(stream); // once the one above waits
                });
                return catchThrowable(stream::read);
            });
            Task<byte[]> client = connect(listener, trusting, TlsTest::readAll);
            reading.join().close();
            assertThat(join(client)).isEmpty();
            assertThat(join(server)).isInstanceOf(AsynchronousCloseException.class);
        }
    }

    @Test
    void whatIsClosedIsNotUsed() throws Exception {
        try (TcpListener listener = listener()) {
            Task<byte[]> server = serve(listener, serving, TlsTest::readAll);
            Task<Boolean> client = connect(listener, trusting, stream -> {
                stream.close();
                stream.close();
                assertThatThrownBy(stream::read).isInstanceOf(ClosedChannelException.class);
                assertThatThrownBy(() -> stream.write(bytes("x"))).isInstanceOf(ClosedChannelException.class);
                assertThatThrownBy(stream::shutdownOutput).isInstanceOf(ClosedChannelException.class);
                return true;
            });
            join(client);
            assertThat(join(server)).isEmpty();
        }
    }

    @Test
    void closeDoesNotWaitForAPeerThatTakesNothing() throws Exception {
        try (TcpListener listener = listener();
                SSLSocket peer = jdkClient(clientContext, listener.port(), "TLSv1.3")) {
            Task<Throwable> server = serve(listener, serving, stream -> {
                Task<Throwable> writer =
                        spawn(() -> catchThrowable(() -> stream.write(ByteBuffer.allocate(50_000_000))));
                letOthersRun();
                stream.close();
                return await(writer);
            });
            peer.startHandshake();
            assertThat(join(server)).isInstanceOf(AsynchronousCloseException.class);
        }
    }

    @Test
    void closeWhileAnotherWritesEndsAfterItsRecord() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Integer> server = serve(listener, serving, stream -> {
                ByteBuffer much = ByteBuffer.allocate(50_000_000);
                Task<Throwable> writer = spawn(() -> catchThrowable(() -> stream.write(much)));
                letOthersRun();
                stream.close();
                assertThat(await(writer)).isInstanceOf(AsynchronousCloseException.class);
                return much.position();
            });
            Task<Integer> client = connect(listener, trusting, stream -> readAll(stream).length);
            assertThat(join(client))
                    .as("no truncation, and each byte that was taken")
                    .isEqualTo(join(server));
        }
    }

    @Test
    void aCancelledFunctionTellsThePeerInItsCleanup() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Object> server = serve(listener, serving, stream -> Objects.requireNonNull(stream.read()));
            Task<byte[]> client = connect(listener, trusting, stream -> {
                server.cancel();
                return readAll(stream);
            });
            assertThat(join(client)).isEmpty();
            assertThatThrownBy(() -> join(server)).isInstanceOf(CancelledException.class);
        }
    }

    // One at a time, on one shard.

    @Test
    @SuppressWarnings("try") // closed early, to let the others go
    void aSecondReaderAndASecondWriterAreRefused() throws Exception {
        try (TcpListener listener = listener();
                SSLSocket peer = jdkClient(clientContext, listener.port(), "TLSv1.3")) {
            Task<Boolean> server = serve(listener, serving, stream -> {
                Task<Throwable> reader = spawn(() -> catchThrowable(stream::read));
                Task<Throwable> writer =
                        spawn(() -> catchThrowable(() -> stream.write(ByteBuffer.allocate(50_000_000))));
                letOthersRun();
                assertThatThrownBy(stream::read)
                        .isInstanceOf(ViolationException.class)
                        .hasMessageStartingWith(
                                "ROUSE-V05 two functions read at the same time: tls stream, side=server, local=");
                assertThatThrownBy(() -> stream.write(bytes("x")))
                        .isInstanceOf(ViolationException.class)
                        .hasMessageStartingWith(
                                "ROUSE-V05 two functions write at the same time: tls stream, side=server, local=");
                assertThatThrownBy(stream::shutdownOutput).isInstanceOf(ViolationException.class);
                peer.close();
                await(reader);
                await(writer);
                return true;
            });
            peer.startHandshake();
            join(server);
        }
    }

    @Test
    void itStaysOnItsShardAndInFunctions() throws Exception {
        try (TcpListener listener = listener()) {
            AtomicReference<TlsStream> shared = new AtomicReference<>();
            CompletableFuture<Shard> home = new CompletableFuture<>();
            CompletableFuture<Void> tried = new CompletableFuture<>();
            Task<byte[]> server = serve(listener, serving, stream -> {
                shared.set(stream);
                home.complete(Objects.requireNonNull(Shard.current()));
                await(tried);
                return readAll(stream);
            });
            Task<byte[]> client = connect(listener, trusting, stream -> {
                await(tried);
                stream.shutdownOutput();
                return readAll(stream);
            });
            TlsStream stream =
                    Objects.requireNonNull(home.thenApply(_ -> shared.get()).join());
            assertThatThrownBy(stream::read)
                    .isInstanceOf(ViolationException.class)
                    .hasMessageStartingWith(
                            "ROUSE-V01 stream used outside a function: tls stream, side=server, local=");
            String refusal = null;
            while (refusal == null) {
                refusal = join(system.spawn(
                        () -> Objects.requireNonNull(Shard.current()).index()
                                        == home.join().index()
                                ? ""
                                : String.valueOf(catchThrowable(stream::read).getMessage())));
                refusal = refusal.isEmpty() ? null : refusal;
            }
            assertThat(refusal).startsWith("ROUSE-V06 stream used on another shard: tls stream, side=server, local=");
            tried.complete(null);
            join(client);
            join(server);
        }
    }

    // Cancellation.

    @Test
    void aReadThatTimesOutLosesNoByte() throws Exception {
        try (TcpListener listener = listener()) {
            CompletableFuture<Void> timedOut = new CompletableFuture<>();
            Task<String> server = serve(listener, serving, stream -> {
                assertThatThrownBy(() -> withTimeout(Duration.ofMillis(5), stream::read))
                        .isInstanceOf(DeadlineExceededException.class);
                timedOut.complete(null);
                return text(readAll(stream));
            });
            Task<byte[]> client = connect(listener, trusting, stream -> {
                await(timedOut);
                stream.write(bytes("late"));
                stream.shutdownOutput();
                return readAll(stream);
            });
            assertThat(join(server)).isEqualTo("late");
            join(client);
        }
    }

    @Test
    void aHandshakeThatIsCancelledClosesTheStreamBelow() throws Exception {
        try (TcpListener listener = listener();
                var peer = peerOf(listener)) {
            CompletableFuture<Void> begun = new CompletableFuture<>();
            Task<TlsStream> server = system.spawn(() -> {
                TcpStream below = listener.accept();
                begun.complete(null);
                return TlsStream.server(below, serving);
            });
            begun.join();
            server.cancel();
            assertThatThrownBy(() -> join(server)).isInstanceOf(CancelledException.class);
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void aDeadlineAroundAHandshakeIsNotItsOwn() throws Exception {
        try (TcpListener listener = listener();
                var peer = peerOf(listener)) {
            Task<TlsStream> server = system.spawn(
                    () -> withTimeout(Duration.ofMillis(20), () -> TlsStream.server(listener.accept(), serving)));
            assertThatThrownBy(() -> join(server)).isInstanceOf(DeadlineExceededException.class);
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }

    // Memory.

    @Test
    void whoWaitsForARecordHoldsNoBuffer() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Long> server = serve(listener, serving, stream -> {
                assertThat(stream.inputStream().readNBytes(3)).hasSize(3);
                spawn(() -> stream.write(bytes("go on"))); // while the one above waits
                Task<Long> held = spawn(() -> BufferedBytes.ofCurrentShard().held());
                assertThat(stream.read()).isNull();
                return await(held);
            });
            Task<byte[]> peer = connect(listener, trusting, stream -> {
                stream.write(bytes("abc"));
                assertThat(text(stream.inputStream().readNBytes(5))).isEqualTo("go on");
                return new byte[0];
            });
            join(peer);
            assertThat(join(server)).isZero();
        }
    }

    /// Anybody can begin a record, and say no more.
    @Test
    void whoHasBegunARecordOnlyHoldsLittle() throws Exception {
        int peers = 50;
        assertThat(join(system.spawn(() -> {
                    List<PacedStream> streams = new ArrayList<>();
                    List<Task<TlsStream>> handshakes = new ArrayList<>();
                    for (int i = 0; i < peers; i++) {
                        PacedStream below = new PacedStream();
                        below.supply(new byte[] {22});
                        streams.add(below);
                        handshakes.add(spawn(() -> TlsStream.server(below, serving)));
                    }
                    letOthersRunUntil(() -> streams.stream().allMatch(stream -> stream.reads() > 0));
                    long held = BufferedBytes.ofCurrentShard().held();
                    handshakes.forEach(Task::cancel);
                    for (Task<TlsStream> each : handshakes) {
                        assertThatThrownBy(() -> await(each)).isInstanceOf(CancelledException.class);
                    }
                    assertThat(BufferedBytes.ofCurrentShard().held()).isZero();
                    return held;
                })))
                .isEqualTo(64L * peers);
    }

    @Test
    void whatIsHeldOfARecordFollowsWhatHasCome() throws Exception {
        byte[] record = record(16_000);
        assertThat(heldOfFirst(record, 1)).isEqualTo(64);
        assertThat(heldOfFirst(record, 64)).isEqualTo(64);
        assertThat(heldOfFirst(record, 65)).isEqualTo(128);
        assertThat(heldOfFirst(record, TlsInbound.SUBSTANTIAL_BYTES - 1)).isEqualTo(4_096);
        assertThat(heldOfFirst(record, TlsInbound.SUBSTANTIAL_BYTES)).isEqualTo(RecordBuffers.RECORD_BYTES);
    }

    /// While the stream waits for the rest of it, and nobody looks at what was read before.
    private long heldOfFirst(byte[] record, int bytes) throws Exception {
        try (TcpListener listener = listener()) {
            CompletableFuture<Void> waiting = new CompletableFuture<>();
            CompletableFuture<Void> seen = new CompletableFuture<>();
            Task<Long> server = serve(listener, serving, stream -> {
                assertThat(stream.inputStream().readNBytes(3)).hasSize(3);
                Task<Throwable> reader = spawn(() -> catchThrowable(stream::read));
                letOthersRun();
                long all = bytesIn() + bytes; // they may come in pieces
                waiting.complete(null);
                letOthersRunUntil(() -> bytesIn() == all);
                long held = BufferedBytes.ofCurrentShard().held();
                seen.complete(null);
                assertThat(await(reader)).isInstanceOf(TlsException.class);
                return held;
            });
            Task<Void> client = system.spawn(() -> {
                TcpStream below = TcpStream.connect(listener.localAddress());
                try (TlsStream stream = TlsStream.client(below, "localhost", trusting)) {
                    stream.write(bytes("abc"));
                    await(waiting);
                    below.write(ByteBuffer.wrap(record, 0, bytes));
                    await(seen);
                }
            });
            long held = join(server);
            join(client);
            return held;
        }
    }

    private long bytesIn() {
        return system.socketFigures().getOrDefault("bytesIn", 0L);
    }

    @Test
    void whoHasTakenAllThatHasComeHoldsNoBuffer() throws Exception {
        try (TcpListener listener = listener()) {
            CompletableFuture<Void> greeted = new CompletableFuture<>();
            CompletableFuture<Void> checked = new CompletableFuture<>();
            Task<Boolean> server = serve(listener, serving, stream -> {
                BufferedBytes buffered = BufferedBytes.ofCurrentShard();
                assertThat(buffered.held()).as("after the handshake").isZero();
                greeted.complete(null);
                assertThat(stream.inputStream().readNBytes(3)).hasSize(3);
                assertThat(buffered.held())
                        .as("after a read by its input stream")
                        .isZero();
                checked.complete(null);
                stream.readFully(ByteBuffer.allocate(5));
                assertThat(buffered.held())
                        .as("after a read into a buffer, with the beginning of a record behind what it took")
                        .isEqualTo(64);
                assertThat(catchThrowable(stream::read)).isInstanceOf(TlsException.class);
                return buffered.held() == 64;
            });
            Task<Void> client = system.spawn(() -> {
                HeldBackStream below = new HeldBackStream(TcpStream.connect(listener.localAddress()));
                try (TlsStream stream = TlsStream.client(below, "localhost", trusting)) {
                    await(greeted);
                    stream.write(bytes("abc"));
                    await(checked);
                    below.holdBack();
                    stream.write(bytes("defgh"));
                    below.write(ByteBuffer.wrap(new byte[] {23}));
                    below.letGo();
                    below.wrapped.shutdownOutput();
                    assertThat(catchThrowable(() -> readAll(stream))).isNull();
                }
            });
            assertThat(join(server)).isTrue();
            join(client);
        }
    }

    /// Has several writes arrive as one.
    private static final class HeldBackStream extends WrappedStream {
        private final ByteBuffer held = ByteBuffer.allocate(1_024);
        private boolean holding;

        HeldBackStream(ByteStream wrapped) {
            super(wrapped);
        }

        void holdBack() {
            holding = true;
        }

        void letGo() throws IOException {
            holding = false;
            super.write(held.flip());
        }

        @Override
        public void write(ByteBuffer src) throws IOException {
            if (holding) {
                held.put(src);
            } else {
                super.write(src);
            }
        }
    }

    @Test
    void afterItsEndAllBuffersAreGivenBack() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Long> server = system.spawn(() -> {
                TlsStream stream = TlsStream.server(listener.accept(), serving);
                ByteBuffer much = ByteBuffer.allocate(50_000_000);
                Task<Throwable> writer = spawn(() -> catchThrowable(() -> stream.write(much)));
                AtomicBoolean begun = new AtomicBoolean();
                Task<Throwable> reader = spawn(() -> {
                    assertThat(stream.inputStream().read()).isEqualTo('a');
                    begun.set(true);
                    return catchThrowable(() -> stream.inputStream().readAllBytes());
                });
                letOthersRunUntil(begun::get);
                stream.close();
                await(writer);
                await(reader);
                return BufferedBytes.ofCurrentShard().held();
            });
            try (SSLSocket peer = jdkClient(clientContext, listener.port(), "TLSv1.3")) {
                peer.getOutputStream().write("ab".getBytes(US_ASCII));
                assertThat(join(server)).isZero();
            }
        }
    }
}
