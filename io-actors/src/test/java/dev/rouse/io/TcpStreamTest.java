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
import dev.rouse.dispatch.Shard;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Exchanger;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class TcpStreamTest extends SocketTest {

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private static String text(ByteBuffer buffer) {
        return US_ASCII.decode(buffer).toString();
    }

    private static void echo(TcpStream stream) throws IOException {
        ByteBuffer buffer;
        while ((buffer = stream.read()) != null) {
            stream.write(buffer);
        }
    }

    @Test
    void echoesWhatAPeerSends() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    echo(stream);
                }
            });
            try (Socket peer = peerOf(listener)) {
                for (int i = 0; i < 100; i++) {
                    byte[] sent = ("message " + i).getBytes(US_ASCII);
                    peer.getOutputStream().write(sent);
                    assertThat(peer.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
                }
                peer.shutdownOutput();
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
            join(server);
        }
    }

    @Test
    void aConnectedStreamTalksToAnAcceptedOne() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    echo(stream);
                }
            });
            Task<String> client = system.spawn(() -> {
                try (TcpStream stream = TcpStream.connect(listener.localAddress())) {
                    assertThat(stream.remoteAddress()).isEqualTo(listener.localAddress());
                    stream.write(bytes("hello"));
                    stream.shutdownOutput();
                    StringBuilder answer = new StringBuilder();
                    ByteBuffer buffer;
                    while ((buffer = stream.read()) != null) {
                        answer.append(text(buffer));
                    }
                    return answer.toString();
                }
            });
            assertThat(join(client)).isEqualTo("hello");
            join(server);
        }
    }

    @Test
    void readsIntoASmallBufferPieceByPiece() throws Exception {
        try (TcpListener listener = listener()) {
            Task<String> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    StringBuilder all = new StringBuilder();
                    ByteBuffer three = ByteBuffer.allocate(3);
                    while (stream.read(three) >= 0) {
                        assertThat(three.position()).isBetween(1, 3);
                        all.append(text(three.flip()));
                        three.clear();
                    }
                    assertThat(stream.read(three)).isEqualTo(-1);
                    assertThat(stream.read()).isNull();
                    return all.toString();
                }
            });
            try (Socket peer = peerOf(listener)) {
                peer.getOutputStream().write("one two three".getBytes(US_ASCII));
            }
            assertThat(join(server)).isEqualTo("one two three");
        }
    }

    @Test
    void aBufferWithoutRoomReadsNothing() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Integer> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    return stream.read(ByteBuffer.allocate(0));
                }
            });
            assertThat(join(server)).isZero();
            assertThat(peer.isClosed()).isFalse();
        }
    }

    @Test
    void aWriterWhosePeerDoesNotReadIsSuspendedAndItsShardGoesOn() throws Exception {
        int size = 32 << 20;
        AtomicBoolean written = new AtomicBoolean();
        CountDownLatch neighbourServed = new CountDownLatch(1);
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    Task<Void> writer = spawn(() -> {
                        ByteBuffer all = ByteBuffer.allocate(size);
                        for (int i = 0; i < size; i++) {
                            all.put((byte) (i * 31));
                        }
                        stream.write(all.flip());
                        assertThat(all.hasRemaining()).isFalse();
                        written.set(true);
                    });
                    letOthersRun();
                    assertThat(written).isFalse();
                    neighbourServed.countDown();
                    await(writer);
                }
            });
            neighbourServed.await();
            assertThat(written).isFalse();
            InputStream in = peer.getInputStream();
            byte[] piece = new byte[100_003];
            int total = 0;
            int count;
            while ((count = in.read(piece)) > 0) {
                for (int i = 0; i < count; i++, total++) {
                    if (piece[i] != (byte) (total * 31)) {
                        throw new AssertionError("wrong byte: offset=" + total);
                    }
                }
            }
            assertThat(total).isEqualTo(size);
            join(server);
        }
    }

    @Test
    void halfClosedByThePeerItCanStillAnswer() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    assertThat(text(Objects.requireNonNull(stream.read()))).isEqualTo("question");
                    assertThat(stream.read()).isNull();
                    stream.write(bytes("answer"));
                }
            });
            try (Socket peer = peerOf(listener)) {
                peer.getOutputStream().write("question".getBytes(US_ASCII));
                peer.shutdownOutput();
                assertThat(new String(peer.getInputStream().readAllBytes(), US_ASCII))
                        .isEqualTo("answer");
            }
            join(server);
        }
    }

    @Test
    void afterShutdownOfOutputItStillReadsAndNoLongerWrites() throws Exception {
        try (TcpListener listener = listener()) {
            Task<String> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    stream.write(bytes("question"));
                    stream.shutdownOutput();
                    stream.shutdownOutput();
                    assertThatThrownBy(() -> stream.write(bytes("more"))).isInstanceOf(ClosedChannelException.class);
                    return text(Objects.requireNonNull(stream.read()));
                }
            });
            try (Socket peer = peerOf(listener)) {
                assertThat(new String(peer.getInputStream().readAllBytes(), US_ASCII))
                        .isEqualTo("question");
                peer.getOutputStream().write("answer".getBytes(US_ASCII));
                assertThat(join(server)).isEqualTo("answer");
            }
        }
    }

    @Test
    void aFailedShutdownOfOutputNamesTheStreamAndTheRemedy() throws Exception {
        TcpStream lost = TcpStream.accepted(
                new BrokenSocketChannel(), Origin.here("stream"), TcpOptions.defaults(), new HashSet<>(), new Place());
        assertThat(join(system.spawn(() -> {
                    Objects.requireNonNull(Shard.current())
                            .poller(NioPoller.class, shard -> new NioPoller(shard, FailingSelector::new));
                    return catchThrowable(lost::shutdownOutput);
                })))
                .isInstanceOf(SocketException.class)
                .hasMessage("cannot shut down output: stream, local=127.0.0.1:1, remote=127.0.0.1:2, cause=transport"
                        + " endpoint is not connected; the connection is gone, close the stream")
                .hasRootCauseMessage("Transport endpoint is not connected");
    }

    @Test
    void aResetEndsTheReadWithBothAddressesInTheError() throws Exception {
        try (TcpListener listener = listener()) {
            Socket peer = peerOf(listener);
            int peerPort = peer.getLocalPort();
            Task<Throwable> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    return catchThrowable(stream::read);
                }
            });
            peer.setSoLinger(true, 0);
            peer.close();
            assertThat(join(server))
                    .isInstanceOf(SocketException.class)
                    .hasMessage("cannot read: stream, local=127.0.0.1:"
                            + listener.port() + ", remote=127.0.0.1:" + peerPort
                            + ", cause=connection reset");
        }
    }

    @Test
    void aRefusedConnectionNamesTheAddress() throws Exception {
        SocketAddress nobody;
        int port;
        try (TcpListener listener = listener()) {
            nobody = listener.localAddress();
            port = listener.port();
        }
        Task<Throwable> client = system.spawn(() -> catchThrowable(() -> TcpStream.connect(nobody)));
        assertThat(join(client))
                .isInstanceOf(ConnectException.class)
                .hasMessage("cannot connect: address=127.0.0.1:" + port
                        + ", cause=connection refused; nobody listens there")
                .hasCauseInstanceOf(ConnectException.class);
    }

    @Test
    void anUnresolvedNameIsRefused() {
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nowhere.invalid", 80);
        assertThatThrownBy(() -> TcpStream.connect(unresolved))
                .isInstanceOf(UnknownHostException.class)
                .hasMessageStartingWith(
                        "cannot connect: host=nowhere.invalid, port=80, cause=the name is not resolved");
    }

    @Test
    void outsideAFunctionItSaysSo() throws Exception {
        try (TcpListener listener = listener()) {
            assertThatThrownBy(() -> TcpStream.connect(listener.localAddress()))
                    .isInstanceOf(ViolationException.class)
                    .hasMessageStartingWith("ROUSE-V01 socket used outside a function: stream, remote=127.0.0.1:")
                    .hasMessageEndingWith(
                            "; call it inside system.spawn(() -> ...), or use task.join() where a plain thread must"
                                    + " wait");
        }
    }

    @Test
    void closingFromAnotherThreadEndsASuspendedRead() throws Exception {
        Exchanger<TcpStream> handOver = new Exchanger<>();
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Throwable> server = system.spawn(() -> {
                TcpStream stream = listener.accept();
                Task<Throwable> reader = spawn(() -> catchThrowable(stream::read));
                letOthersRun();
                handOver.exchange(stream);
                Throwable failure = await(reader);
                assertThatThrownBy(stream::read).isInstanceOf(ClosedChannelException.class);
                return failure;
            });
            TcpStream stream = handOver.exchange(null);
            stream.close();
            stream.close();
            assertThat(join(server)).isInstanceOf(AsynchronousCloseException.class);
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void closingInASiblingEndsASuspendedRead() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Throwable> server = system.spawn(() -> {
                TcpStream stream = listener.accept();
                Task<Throwable> reader = spawn(() -> catchThrowable(stream::read));
                letOthersRun();
                stream.close();
                return await(reader);
            });
            assertThat(join(server)).isInstanceOf(AsynchronousCloseException.class);
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void closingEndsASuspendedWrite() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Throwable> server = system.spawn(() -> {
                TcpStream stream = listener.accept();
                Task<Throwable> writer = spawn(() -> catchThrowable(() -> stream.write(ByteBuffer.allocate(64 << 20))));
                letOthersRun();
                stream.close();
                return await(writer);
            });
            assertThat(join(server)).isInstanceOf(AsynchronousCloseException.class);
            assertThat(peer.isConnected()).isTrue();
        }
    }

    @Test
    void aConnectWithoutAnswerCanBeGivenUp() throws Exception {
        TcpOptions one = TcpOptions.defaults().withBacklog(1);
        try (TcpListener full = TcpListener.bind(ANY_PORT, one)) {
            Task<Integer> client = system.spawn(() -> {
                List<TcpStream> connected = new ArrayList<>();
                try {
                    for (int i = 0; i < 10; i++) {
                        connected.add(
                                withTimeout(Duration.ofMillis(100), () -> TcpStream.connect(full.localAddress())));
                    }
                    return -1;
                } catch (DeadlineExceededException _) {
                    return connected.size();
                } finally {
                    connected.forEach(TcpStream::close);
                }
            });
            assertThat(join(client)).isBetween(1, 9);
        }
    }

    @Test
    void aReadThatTimesOutLosesNoByte() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            CountDownLatch timedOut = new CountDownLatch(1);
            Task<String> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    assertThatThrownBy(() -> withTimeout(Duration.ofMillis(5), stream::read))
                            .isInstanceOf(DeadlineExceededException.class);
                    assertThatThrownBy(() -> withTimeout(Duration.ofMillis(5), stream::read))
                            .isInstanceOf(DeadlineExceededException.class);
                    timedOut.countDown();
                    return text(Objects.requireNonNull(stream.read()));
                }
            });
            timedOut.await();
            peer.getOutputStream().write("late".getBytes(US_ASCII));
            assertThat(join(server)).isEqualTo("late");
        }
    }

    /// The peer's pace is about that of the timeouts, so that about half of the reads are cancelled, some in the
    /// very pass in which their byte arrives.
    @Test
    void timeoutsThatRaceWithArrivalsLoseNoByte() throws Exception {
        int count = 1_000;
        long seed = new Random().nextLong();
        AtomicInteger timeouts = new AtomicInteger();
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Integer> server = system.spawn(() -> {
                int next = 0;
                try (TcpStream stream = listener.accept()) {
                    while (next < count) {
                        try {
                            ByteBuffer buffer = Objects.requireNonNull(withTimeout(Duration.ofMillis(1), stream::read));
                            while (buffer.hasRemaining()) {
                                if (buffer.get() != (byte) next) {
                                    return -next;
                                }
                                next++;
                            }
                        } catch (DeadlineExceededException _) {
                            timeouts.incrementAndGet();
                        }
                    }
                }
                return next;
            });
            OutputStream out = peer.getOutputStream();
            Random random = new Random(seed);
            for (int i = 0; i < count; i++) {
                LockSupport.parkNanos(random.nextInt(2_000_000));
                out.write(i);
            }
            assertThat(join(server)).as("seed=%s", seed).isEqualTo(count);
            assertThat(timeouts).as("seed=%s", seed).hasPositiveValue();
        }
    }

    @Test
    void aWriteThatTimesOutSaysHowMuchWentOut() throws Exception {
        int size = 16 << 20;
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            CountDownLatch timedOut = new CountDownLatch(1);
            Task<Void> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    ByteBuffer all = ByteBuffer.allocate(size);
                    for (int i = 0; i < size; i++) {
                        all.put((byte) (i * 17));
                    }
                    all.flip();
                    assertThatThrownBy(() -> withTimeout(Duration.ofMillis(20), () -> {
                                stream.write(all);
                                return 0;
                            }))
                            .isInstanceOf(DeadlineExceededException.class);
                    assertThat(all.position()).isBetween(1, size - 1);
                    timedOut.countDown();
                    stream.write(all);
                }
            });
            timedOut.await();
            byte[] got = peer.getInputStream().readAllBytes();
            join(server);
            assertThat(got).hasSize(size);
            for (int i = 0; i < size; i++) {
                if (got[i] != (byte) (i * 17)) {
                    throw new AssertionError("wrong byte: offset=" + i);
                }
            }
        }
    }

    @Test
    void aSecondReaderIsRefusedAndTheFirstIsNotDisturbed() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            CountDownLatch refused = new CountDownLatch(1);
            Task<String> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    Task<String> first = spawn(() -> text(Objects.requireNonNull(stream.read())));
                    letOthersRun();
                    assertThatThrownBy(stream::read)
                            .isInstanceOf(ViolationException.class)
                            .hasMessageStartingWith(
                                    "ROUSE-V05 two functions read at the same time: stream, local=127.0.0.1:")
                            .hasMessageEndingWith("; let one function do it and hand on what comes of it");
                    assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(10)))
                            .isInstanceOf(ViolationException.class);
                    assertThatThrownBy(() -> stream.inputStream().read()).isInstanceOf(ViolationException.class);
                    refused.countDown();
                    return await(first);
                }
            });
            refused.await();
            peer.getOutputStream().write("for the first".getBytes(US_ASCII));
            assertThat(join(server)).isEqualTo("for the first");
        }
    }

    @Test
    void aSecondWriterIsRefused() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                TcpStream stream = listener.accept();
                Task<Throwable> first = spawn(() -> catchThrowable(() -> stream.write(ByteBuffer.allocate(64 << 20))));
                letOthersRun();
                assertThatThrownBy(() -> stream.write(bytes("me too")))
                        .isInstanceOf(ViolationException.class)
                        .hasMessageStartingWith(
                                "ROUSE-V05 two functions write at the same time: stream, local=127.0.0.1:");
                assertThatThrownBy(stream::shutdownOutput).isInstanceOf(ViolationException.class);
                stream.close();
                await(first);
            });
            join(server);
            assertThat(peer.isConnected()).isTrue();
        }
    }

    @Test
    void anAcceptedStreamMovesToTheShardThatUsesItFirst() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                int home = Objects.requireNonNull(Shard.current()).index();
                TcpStream stream = listener.accept();
                Task<Integer> elsewhere = spawnElsewhere(home, stream);
                assertThat(await(elsewhere)).isNotEqualTo(home);
                assertThatThrownBy(stream::read)
                        .isInstanceOf(ViolationException.class)
                        .hasMessageStartingWith("ROUSE-V06 socket used on another shard: stream, local=127.0.0.1:")
                        .hasMessageContaining("owner=" + (1 - home) + ", current=" + home)
                        .hasMessageEndingWith("pass it on before that; send its owner a message instead");
                stream.close();
            });
            peer.getOutputStream().write('x');
            assertThat(peer.getInputStream().read()).isEqualTo('x');
            join(server);
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }

    /// Root functions are placed round robin, so one of two lands on the other shard.
    private Task<Integer> spawnElsewhere(int home, TcpStream stream) {
        while (true) {
            Task<Integer> task = system.spawn(() -> {
                int index = Objects.requireNonNull(Shard.current()).index();
                if (index == home) {
                    return home;
                }
                stream.write(Objects.requireNonNull(stream.read()));
                return index;
            });
            if (await(task) != home) {
                return task;
            }
        }
    }

    @Test
    void anIdleReaderHoldsNoBuffer() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                BufferPool pool = pool();
                try (TcpStream stream = listener.accept()) {
                    peer.getOutputStream().write('x');
                    assertThat(stream.read()).isNotNull();
                    assertThat(pool.lent()).isEqualTo(1);
                    Task<Boolean> reader = spawn(() -> stream.read() == null);
                    letOthersRun();
                    assertThat(pool.lent()).isZero();
                    peer.shutdownOutput();
                    assertThat(await(reader)).isTrue();
                    assertThat(pool.lent()).isZero();
                    assertThat(pool.direct()).isEqualTo(1);
                }
            });
            join(server);
        }
    }

    private static BufferPool pool() {
        return Objects.requireNonNull(Shard.current())
                .poller(NioPoller.class, NioPoller::new)
                .buffers();
    }

    @Test
    void whoHasTakenAllThatHasComeHoldsNoBuffer() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            peer.getOutputStream().write("abcdefgh".getBytes(US_ASCII));
            join(system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    BufferedBytes buffered = BufferedBytes.ofCurrentShard();
                    assertThat(stream.inputStream().readNBytes(8)).hasSize(8);
                    assertThat(buffered.held()).isZero();
                    peer.getOutputStream().write("ab".getBytes(US_ASCII));
                    ByteBuffer two = ByteBuffer.allocate(2);
                    assertThat(stream.inputStream().read()).isEqualTo('a');
                    stream.readFully(two.limit(1));
                    assertThat(buffered.held()).isZero();
                    peer.getOutputStream().write('c');
                    assertThat(stream.inputStream().read()).isEqualTo('c');
                    assertThat(buffered.held()).isZero();
                }
            }));
        }
    }

    @Test
    void closingEndsALoanAndTheBorrowersBufferIsLentAgain() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                BufferPool pool = pool();
                TcpStream stream = listener.accept();
                peer.getOutputStream().write('x');
                ByteBuffer loan = Objects.requireNonNull(stream.read());
                stream.close();
                assertThat(pool.lent()).isZero();
                assertThat(loan.hasRemaining()).isFalse();
                assertThat(pool.lend("test")).isSameAs(loan);
            });
            join(server);
        }
    }

    @Test
    void aStreamClosedByASiblingLeavesItsLoanToTheBorrower() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                BufferPool pool = pool();
                TcpStream stream = listener.accept();
                peer.getOutputStream().write("mine".getBytes(US_ASCII));
                ByteBuffer loan = Objects.requireNonNull(stream.read());
                await(spawn(stream::close));
                assertThat(pool.lent()).isZero();
                assertThat(pool.lend("test")).isNotSameAs(loan);
                assertThat(text(loan)).isEqualTo("mine");
            });
            join(server);
        }
    }

    /// The function that closes runs on the thread that the borrower has left: a thread says nothing about who
    /// borrowed.
    @Test
    void aLoanWhoseBorrowerHasEndedIsNotLentAgainWhenItsThreadClosesTheStream() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                BufferPool pool = pool();
                TcpStream stream = listener.accept();
                peer.getOutputStream().write("mine".getBytes(US_ASCII));
                AtomicReference<Thread> left = new AtomicReference<>();
                ByteBuffer loan = await(spawn(() -> {
                    left.set(Thread.currentThread());
                    return Objects.requireNonNull(stream.read());
                }));
                await(spawn(() -> {
                    assertThat(Thread.currentThread()).isSameAs(left.get());
                    stream.close();
                }));
                assertThat(pool.lent()).isZero();
                assertThat(pool.lend("test")).isNotSameAs(loan);
                assertThat(text(loan)).isEqualTo("mine");
            });
            join(server);
        }
    }

    @Test
    void aBufferedReaderReadsLinesAcrossPackets() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<List<String>> server = system.spawn(() -> {
                List<String> lines = new ArrayList<>();
                try (TcpStream stream = listener.accept();
                        BufferedReader in = new BufferedReader(new InputStreamReader(stream.inputStream(), US_ASCII));
                        PrintWriter out = new PrintWriter(stream.outputStream(), true, US_ASCII)) {
                    String line;
                    while ((line = in.readLine()) != null) {
                        lines.add(line);
                        out.println("got " + line);
                    }
                }
                return lines;
            });
            BufferedReader in = new BufferedReader(new InputStreamReader(peer.getInputStream(), US_ASCII));
            OutputStream out = peer.getOutputStream();
            out.write("fir".getBytes(US_ASCII));
            out.write("st\nsecond\n".getBytes(US_ASCII));
            assertThat(in.readLine()).isEqualTo("got first");
            assertThat(in.readLine()).isEqualTo("got second");
            out.write("third".getBytes(US_ASCII));
            peer.shutdownOutput();
            assertThat(in.readLine()).isEqualTo("got third");
            assertThat(in.readLine()).isNull();
            assertThat(join(server)).containsExactly("first", "second", "third");
        }
    }

    @Test
    void theInputStreamAndReadShareTheBytesInOrder() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            peer.getOutputStream().write("abcdef".getBytes(US_ASCII));
            Task<String> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    InputStream in = stream.inputStream();
                    StringBuilder all = new StringBuilder();
                    all.append((char) in.read());
                    assertThat(in.available()).isEqualTo(5);
                    ByteBuffer two = ByteBuffer.allocate(2);
                    assertThat(stream.read(two)).isEqualTo(2);
                    all.append(text(two.flip()));
                    all.append(text(Objects.requireNonNull(stream.read())));
                    assertThat(in.available()).isZero();
                    peer.shutdownOutput();
                    assertThat(in.read()).isEqualTo(-1);
                    assertThat(in.read(new byte[4])).isEqualTo(-1);
                    return all.toString();
                }
            });
            assertThat(join(server)).isEqualTo("abcdef");
        }
    }

    @Test
    void aPeerThatNeverPausesDoesNotStarveANeighbour() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            AtomicBoolean stop = new AtomicBoolean();
            Thread firehose = Thread.ofPlatform().start(() -> {
                byte[] piece = new byte[1 << 20];
                try {
                    while (!stop.get()) {
                        peer.getOutputStream().write(piece);
                    }
                    peer.shutdownOutput();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            Task<Void> server = system.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    Task<Void> reader = spawn(() -> {
                        ByteBuffer buffer = ByteBuffer.allocateDirect(1024);
                        while (stream.read(buffer) >= 0) {
                            buffer.clear();
                        }
                    });
                    for (int i = 0; i < 20; i++) {
                        sleepFor(Duration.ofMillis(1));
                    }
                    stop.set(true);
                    await(reader);
                }
            });
            join(server);
            firehose.join();
        }
    }

    @Test
    void closingTheSystemClosesTheStreamsOfItsFunctions() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<Void> server = system.spawn(() -> {
                TcpStream stream = listener.accept();
                stream.write(bytes("x"));
                stream.read();
            });
            assertThat(peer.getInputStream().read()).isEqualTo('x');
            system.close();
            assertThat(server.isDone()).isTrue();
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void aStreamThatOutlivesItsSystemCanBeClosed() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<TcpStream> server = system.spawn(() -> {
                TcpStream stream = listener.accept();
                stream.write(bytes("x"));
                return stream;
            });
            TcpStream stream = join(server);
            system.close();
            stream.close();
            assertThat(peer.getInputStream().read()).isEqualTo('x');
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }
}
