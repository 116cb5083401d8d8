package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Action;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
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

    private final ByteBuffer first = ByteBuffer.allocate(16);
    private final ByteBuffer second = ByteBuffer.allocate(16);

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

    private static Operation.Read begin(SocketChannel channel, ByteBuffer dst) {
        Operation.Read read = new Operation.Read(channel).into(dst.clear());
        read.begin();
        return read;
    }

    private static long nanosOf(NioPoller poller, long timeoutNanos) {
        long started = System.nanoTime();
        poller.poll(timeoutNanos);
        return System.nanoTime() - started;
    }

    @Test
    void readinessGoesOnlyToTheReaderThatArmedIt() throws Exception {
        step(poller -> {
            Operation.Read mine = begin(firstChannel, first);
            Operation.Read other = begin(secondChannel, second);
            poller.register(firstChannel).submit(mine);
            poller.register(secondChannel).submit(other);
            assertThat(mine.isDone()).isFalse();
            firstPeer.getOutputStream().write(7);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(mine.isDone()).isTrue();
            assertThat(mine.count()).isEqualTo(1);
            assertThat(first.get(0)).isEqualTo((byte) 7);
            assertThat(other.isDone()).isFalse();
        });
    }

    @Test
    void aReadOfWhatIsThereCompletesAtOnceAndIsNotFired() throws Exception {
        step(poller -> {
            firstPeer.getOutputStream().write(new byte[16]);
            firstPeer.shutdownOutput();
            Registration registration = poller.register(firstChannel);
            Operation.Read read = begin(firstChannel, first);
            registration.submit(read);
            while (!read.isDone()) {
                poller.poll(SECOND);
            }
            assertThat(read.count()).isEqualTo(16);
        });
    }

    @Test
    void afterAShortReadTheNextIsArmedUntried() throws Exception {
        step(poller -> {
            Registration registration = poller.register(firstChannel);
            Operation.Read read = begin(firstChannel, first);
            registration.submit(read);
            firstPeer.getOutputStream().write(1);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            read.finish();

            firstPeer.getOutputStream().write(2);
            read.into(first.clear()).begin();
            registration.submit(read);
            assertThat(read.isDone()).isFalse();
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(first.get(0)).isEqualTo((byte) 2);
        });
    }

    @Test
    void readinessThatNobodyWantsDoesNotSpinAndIsRemembered() throws Exception {
        step(poller -> {
            Registration registration = poller.register(firstChannel);
            Operation.Read read = begin(firstChannel, first);
            registration.submit(read);
            firstPeer.getOutputStream().write(1);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            read.finish();

            Operation.Read elsewhere = begin(secondChannel, second);
            poller.register(secondChannel).submit(elsewhere);
            firstPeer.getOutputStream().write(2);
            assertThat(poller.poll(10 * SECOND)).isZero();
            assertThat(poller.poll(10 * SECOND)).isZero();
            assertThat(nanosOf(poller, 20_000_000)).isGreaterThanOrEqualTo(20_000_000);

            read.into(first.clear()).begin();
            registration.submit(read);
            assertThat(read.isDone()).isTrue();
            assertThat(first.get(0)).isEqualTo((byte) 2);
        });
    }

    @Test
    void aWaitIsNeverEarlyNorForEver() throws Exception {
        step(poller -> {
            poller.register(firstChannel).submit(begin(firstChannel, first));
            for (long nanos : new long[] {1, 999_999, 1_000_000, 1_000_001, 3_500_000}) {
                assertThat(nanosOf(poller, nanos)).as("timeout=%s", nanos).isGreaterThanOrEqualTo(nanos);
            }
        });
    }

    @Test
    void aWakeupIsKeptForTheNextWaitAlsoIfAPollLooksBefore() throws Exception {
        step(poller -> {
            poller.register(firstChannel).submit(begin(firstChannel, first));
            poller.wakeup();
            assertThat(poller.poll(0)).isZero();
            assertThat(poller.poll(Long.MAX_VALUE)).isZero();
        });
    }

    @Test
    void aWithdrawnReadTakesNothing() throws Exception {
        step(poller -> {
            Registration registration = poller.register(firstChannel);
            Operation.Read read = begin(firstChannel, first);
            registration.submit(read);
            registration.cancel(read);
            assertThat(read.isIdle()).isTrue();
            firstPeer.getOutputStream().write(3);
            Operation.Read elsewhere = begin(secondChannel, second);
            poller.register(secondChannel).submit(elsewhere);
            assertThat(poller.poll(SECOND)).isZero();
            assertThat(first.position()).isZero();
            read.begin();
            registration.submit(read);
            assertThat(read.isDone()).isTrue();
            assertThat(first.get(0)).isEqualTo((byte) 3);
        });
    }

    @Test
    void oneChannelsFailureFailsOnlyItsOwnOperation() throws Exception {
        step(poller -> {
            Operation.Read broken = begin(firstChannel, first);
            Operation.Read healthy = begin(secondChannel, second);
            poller.register(firstChannel).submit(broken);
            poller.register(secondChannel).submit(healthy);
            firstPeer.setSoLinger(true, 0);
            firstPeer.close();
            secondPeer.getOutputStream().write(4);
            int completed = 0;
            while (completed < 2) {
                completed += poller.poll(10 * SECOND);
            }
            assertThat(catchThrowable(broken::finish)).isInstanceOf(IOException.class);
            healthy.finish();
            assertThat(healthy.count()).isEqualTo(1);
        });
    }

    @Test
    void aChannelClosedBehindThePollersBackDoesNotEndTheLoop() throws Exception {
        step(poller -> {
            Operation.Read closed = begin(firstChannel, first);
            Operation.Read healthy = begin(secondChannel, second);
            poller.register(firstChannel).submit(closed);
            poller.register(secondChannel).submit(healthy);
            assertThat(poller.poll(0)).isZero();
            firstChannel.close();
            secondPeer.getOutputStream().write(5);
            assertThat(poller.poll(10 * SECOND)).isEqualTo(1);
            assertThat(healthy.isDone()).isTrue();
        });
    }

    @Test
    void aClosedRegistrationReleasesItsDescriptorInTheNextPass() throws Exception {
        step(poller -> {
            Registration registration = poller.register(firstChannel);
            Operation.Read read = begin(firstChannel, first);
            registration.submit(read);
            poller.poll(0);
            registration.close();
            registration.close();
            assertThat(read.isDone()).isTrue();
            assertThat(firstChannel.isOpen()).isFalse();
            poller.poll(0);
            assertThat(firstChannel.isRegistered()).isFalse();
            assertThat(firstPeer.getInputStream().read()).isEqualTo(-1);
        });
    }

    @Test
    void anInterruptOfTheCarrierDoesNotMakeItSpin() throws Exception {
        AtomicBoolean interrupted = new AtomicBoolean();
        step(poller -> {
            poller.register(firstChannel).submit(begin(firstChannel, first));
            Thread.currentThread().interrupt();
            poller.poll(SECOND);
            interrupted.set(Thread.currentThread().isInterrupted());
            assertThat(nanosOf(poller, 10_000_000)).isGreaterThanOrEqualTo(10_000_000);
        });
        assertThat(interrupted).isFalse();
    }
}
