package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Action;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A poller stepped by hand, inside one function, with two connections.
final class NioPollerTest extends SocketTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private ServerSocketChannel server;
    private Socket firstPeer;
    private Socket secondPeer;
    private SocketChannel firstChannel;
    private SocketChannel secondChannel;

    @BeforeEach
    void connect() throws IOException {
        server = TcpListener.open(ANY_PORT, TcpOptions.defaults());
        server.configureBlocking(true);
        firstPeer = new Socket(ANY_PORT.getAddress(), server.socket().getLocalPort());
        firstChannel = accept();
        secondPeer = new Socket(ANY_PORT.getAddress(), server.socket().getLocalPort());
        secondChannel = accept();
    }

    private SocketChannel accept() throws IOException {
        SocketChannel channel = server.accept();
        channel.configureBlocking(false);
        return channel;
    }

    @AfterEach
    void disconnect() throws IOException {
        firstPeer.close();
        secondPeer.close();
        firstChannel.close();
        secondChannel.close();
        server.close();
    }

    private interface Steps {
        void run(NioPoller poller) throws Exception;
    }

    private void step(Steps steps) throws Exception {
        Action inFunction = () -> {
            NioPoller poller = new NioPoller(Objects.requireNonNull(Shard.current()));
            try {
                steps.run(poller);
            } finally {
                poller.close();
            }
        };
        join(system.spawn(inFunction));
    }

    /// What a function does with its stream, step by step.
    private static final class Reader {
        private final SocketChannel channel;
        private final Registration registration;
        private final Operation.Read read;
        private final ByteBuffer buffer = ByteBuffer.allocate(16);

        Reader(NioPoller poller, SocketChannel channel) {
            this.channel = channel;
            registration = poller.register(
                    new Endpoint(channel, channel, Origin.here("stream"), Endpoint.Holdings.NONE, null, null));
            read = new Operation.Read(channel);
        }

        /// Starts to read and says whether that was complete at once.
        boolean submit() {
            read.into(buffer.clear()).begin();
            registration.submit(read);
            return read.isDone();
        }

        /// Goes on if it was told to, and says whether the read is complete.
        boolean resume() {
            registration.resume(read);
            return read.isDone();
        }

        /// The first byte of what was read.
        int finish() throws IOException {
            read.finish();
            assertThat(read.count()).as("bytes from %s", channel).isPositive();
            return buffer.get(0);
        }
    }

    private static long nanosOf(NioPoller poller, long timeoutNanos) {
        long started = System.nanoTime();
        poller.poll(timeoutNanos);
        return System.nanoTime() - started;
    }

    /// Looks, never waiting, until something is there.
    private static void lookUntilTold(NioPoller poller) {
        long deadline = System.nanoTime() + 10 * SECOND;
        while (poller.poll(0) == 0) {
            assertThat(System.nanoTime()).isLessThan(deadline);
        }
    }

    @Test
    void readinessGoesOnlyToTheReaderThatArmedIt() throws Exception {
        step(poller -> {
            Reader mine = new Reader(poller, firstChannel);
            Reader other = new Reader(poller, secondChannel);
            assertThat(mine.submit()).isFalse();
            assertThat(other.submit()).isFalse();
            firstPeer.getOutputStream().write(7);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(other.resume()).isFalse();
            assertThat(mine.resume()).isTrue();
            assertThat(mine.finish()).isEqualTo(7);
        });
    }

    @Test
    void afterAShortReadTheNextIsArmedUntried() throws Exception {
        step(poller -> {
            Reader reader = new Reader(poller, firstChannel);
            assertThat(reader.submit()).isFalse();
            firstPeer.getOutputStream().write(1);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(reader.resume()).isTrue();
            assertThat(reader.finish()).isEqualTo(1);

            firstPeer.getOutputStream().write(2);
            assertThat(reader.submit()).isFalse();
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(reader.resume()).isTrue();
            assertThat(reader.finish()).isEqualTo(2);
        });
    }

    @Test
    void afterAReadThatFilledItsBufferTheNextIsTriedAtOnce() throws Exception {
        step(poller -> {
            Reader reader = new Reader(poller, firstChannel);
            assertThat(reader.submit()).isFalse();
            firstPeer.getOutputStream().write(new byte[32]);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(reader.resume()).isTrue();
            assertThat(reader.finish()).isZero();
            assertThat(reader.submit()).isTrue();
            assertThat(reader.finish()).isZero();
        });
    }

    @Test
    void aBatchIsDigestedBeforeTheNextLook() throws Exception {
        step(poller -> {
            Reader first = new Reader(poller, firstChannel);
            Reader second = new Reader(poller, secondChannel);
            assertThat(first.submit()).isFalse();
            assertThat(second.submit()).isFalse();
            firstPeer.getOutputStream().write(1);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            secondPeer.getOutputStream().write(2);
            assertThat(poller.poll(0)).isZero();
            assertThat(first.resume()).isTrue();
            lookUntilTold(poller);
            assertThat(second.resume()).isTrue();
            assertThat(second.finish()).isEqualTo(2);
        });
    }

    @Test
    void readinessThatNobodyWantsDoesNotSpinAndIsRemembered() throws Exception {
        step(poller -> {
            Reader reader = new Reader(poller, firstChannel);
            assertThat(reader.submit()).isFalse();
            firstPeer.getOutputStream().write(1);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(reader.resume()).isTrue();
            assertThat(reader.finish()).isEqualTo(1);

            firstPeer.getOutputStream().write(2);
            assertThat(poller.poll(10 * SECOND)).isZero();
            assertThat(poller.poll(10 * SECOND)).isZero();
            assertThat(nanosOf(poller, 20_000_000)).isGreaterThanOrEqualTo(20_000_000);

            assertThat(reader.submit()).isTrue();
            assertThat(reader.finish()).isEqualTo(2);
        });
    }

    @Test
    void aWaitIsNeverEarlyNorForEver() throws Exception {
        step(poller -> {
            assertThat(new Reader(poller, firstChannel).submit()).isFalse();
            for (long nanos : new long[] {1, 999_999, 1_000_000, 1_000_001, 3_500_000}) {
                assertThat(nanosOf(poller, nanos)).as("timeout=%s", nanos).isGreaterThanOrEqualTo(nanos);
            }
        });
    }

    @Test
    void aWakeupIsKeptForTheNextWaitAlsoIfAPollLooksBefore() throws Exception {
        step(poller -> {
            assertThat(new Reader(poller, firstChannel).submit()).isFalse();
            poller.wakeup();
            assertThat(poller.poll(0)).isZero();
            assertThat(poller.poll(Long.MAX_VALUE)).isZero();
        });
    }

    @Test
    void aWithdrawnReadTakesNothing() throws Exception {
        step(poller -> {
            Reader reader = new Reader(poller, firstChannel);
            assertThat(reader.submit()).isFalse();
            reader.registration.cancel(reader.read);
            assertThat(reader.read.isIdle()).isTrue();
            firstPeer.getOutputStream().write(3);
            assertThat(poller.poll(10 * SECOND)).isZero();
            assertThat(reader.buffer.position()).isZero();
            assertThat(reader.submit()).isTrue();
            assertThat(reader.finish()).isEqualTo(3);
        });
    }

    @Test
    void aReadWithdrawnAfterItWasToldTakesNothingAndTheLoopGoesOn() throws Exception {
        step(poller -> {
            Reader reader = new Reader(poller, firstChannel);
            assertThat(reader.submit()).isFalse();
            firstPeer.getOutputStream().write(3);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            reader.registration.cancel(reader.read);
            assertThat(reader.read.isIdle()).isTrue();

            Reader other = new Reader(poller, secondChannel);
            assertThat(other.submit()).isFalse();
            secondPeer.getOutputStream().write(4);
            lookUntilTold(poller);
            assertThat(other.resume()).isTrue();
            assertThat(reader.submit()).isTrue();
            assertThat(reader.finish()).isEqualTo(3);
        });
    }

    @Test
    void aStreamThatAlwaysHasMoreIsArmedAfterItsBurst() throws Exception {
        step(poller -> {
            firstPeer.getOutputStream().write(new byte[16 * (NioPoller.BURST + 2)]);
            Reader reader = new Reader(poller, firstChannel);
            if (!reader.submit()) {
                assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
                assertThat(reader.resume()).isTrue();
            }
            int atOnce = 0;
            do {
                assertThat(reader.finish()).isZero();
                atOnce++;
            } while (reader.submit());
            assertThat(atOnce).isBetween(NioPoller.BURST, NioPoller.BURST + 1);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(reader.resume()).isTrue();
        });
    }

    @Test
    void oneChannelsFailureFailsOnlyItsOwnOperation() throws Exception {
        step(poller -> {
            Reader broken = new Reader(poller, firstChannel);
            Reader healthy = new Reader(poller, secondChannel);
            assertThat(broken.submit()).isFalse();
            assertThat(healthy.submit()).isFalse();
            firstPeer.setSoLinger(true, 0);
            firstPeer.close();
            secondPeer.getOutputStream().write(4);
            int told = 0;
            while (told < 2) {
                told += poller.poll(10 * SECOND);
            }
            assertThat(broken.resume()).isTrue();
            assertThat(healthy.resume()).isTrue();
            assertThat(catchThrowable(broken.read::finish)).isInstanceOf(IOException.class);
            assertThat(healthy.finish()).isEqualTo(4);
        });
    }

    @Test
    void aChannelClosedBehindThePollersBackDoesNotEndTheLoop() throws Exception {
        step(poller -> {
            Reader closed = new Reader(poller, firstChannel);
            Reader healthy = new Reader(poller, secondChannel);
            assertThat(closed.submit()).isFalse();
            assertThat(healthy.submit()).isFalse();
            assertThat(poller.poll(0)).isZero();
            firstChannel.close();
            secondPeer.getOutputStream().write(5);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(healthy.resume()).isTrue();
        });
    }

    @Test
    void closingFailsThePendingAndReleasesTheDescriptorInTheNextPass() throws Exception {
        step(poller -> {
            Reader reader = new Reader(poller, firstChannel);
            assertThat(reader.submit()).isFalse();
            assertThat(poller.poll(0)).isZero();
            reader.registration.close();
            reader.registration.close();
            assertThat(reader.read.isDone()).isTrue();
            assertThat(catchThrowable(reader.read::finish)).isInstanceOf(AsynchronousCloseException.class);
            assertThat(poller.poll(0)).isZero();
            assertThat(firstChannel.isRegistered()).isFalse();
            assertThat(firstPeer.getInputStream().read()).isEqualTo(-1);
        });
    }

    /// Readiness was acted upon in the turn that closed another socket, inside the monitor of the selector.
    @Test
    void releasingADescriptorInATurnLeavesWhatIsReadyToTheNextPass() throws Exception {
        step(poller -> {
            try (Socket thirdPeer =
                            new Socket(ANY_PORT.getAddress(), server.socket().getLocalPort());
                    SocketChannel thirdChannel = accept();
                    Selector kernel = Selector.open()) {
                Reader closed = new Reader(poller, thirdChannel);
                assertThat(closed.submit()).isFalse();
                Reader reader = new Reader(poller, firstChannel);
                assertThat(reader.submit()).isFalse();
                ByteBuffer rest = ByteBuffer.allocate(24 << 20);
                Output.Write write = new Output.Write(secondChannel).from(rest);
                write.begin();
                new Reader(poller, secondChannel).registration.submit(write);
                assertThat(poller.poll(0)).isZero();

                firstPeer.getOutputStream().write(7);
                awaitReady(kernel, firstChannel, SelectionKey.OP_READ, () -> {});
                byte[] taken = new byte[64 * 1024];
                awaitReady(
                        kernel,
                        secondChannel,
                        SelectionKey.OP_WRITE,
                        () -> assertThat(secondPeer.getInputStream().read(taken))
                                .isPositive());

                int position = rest.position();
                closed.registration.close();
                closed.registration.releaseNow();
                assertThat(thirdChannel.isRegistered()).isFalse();
                assertThat(thirdPeer.getInputStream().read()).isEqualTo(-1);
                assertThat(rest.position()).isEqualTo(position);
                assertThat(reader.resume()).as("told").isFalse();

                assertThat(poller.poll(10 * SECOND)).isPositive();
                assertThat(reader.resume()).isTrue();
                assertThat(reader.finish()).isEqualTo(7);
                assertThat(rest.position()).isGreaterThan(position);
            }
        });
    }

    /// Looks past the poller, with a step before each look.
    private static void awaitReady(Selector kernel, SocketChannel channel, int interest, Action step) throws Exception {
        SelectionKey key = channel.register(kernel, interest);
        long deadline = System.nanoTime() + 10 * SECOND;
        do {
            assertThat(System.nanoTime()).isLessThan(deadline);
            step.run();
        } while (kernel.selectNow(_ -> {}) == 0);
        key.cancel();
        kernel.selectNow();
    }

    @Test
    void closingFailsAReadThatWasToldButHasNotRun() throws Exception {
        step(poller -> {
            Reader reader = new Reader(poller, firstChannel);
            assertThat(reader.submit()).isFalse();
            firstPeer.getOutputStream().write(1);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            reader.registration.close();
            assertThat(reader.resume()).isTrue();
            assertThat(catchThrowable(reader.read::finish)).isInstanceOf(AsynchronousCloseException.class);
        });
    }

    @Test
    void anInterruptOfTheCarrierDoesNotMakeItSpin() throws Exception {
        AtomicBoolean interrupted = new AtomicBoolean();
        step(poller -> {
            assertThat(new Reader(poller, firstChannel).submit()).isFalse();
            Thread.currentThread().interrupt();
            poller.poll(SECOND);
            interrupted.set(Thread.currentThread().isInterrupted());
            assertThat(nanosOf(poller, 10_000_000)).isGreaterThanOrEqualTo(10_000_000);
        });
        assertThat(interrupted).isFalse();
    }
}
