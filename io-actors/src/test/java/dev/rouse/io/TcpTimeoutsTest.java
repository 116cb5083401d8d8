package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Task;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// The timeouts of streams, on loopback. What they are exactly is tested in a simulation.
final class TcpTimeoutsTest extends SocketTest {
    private static final TcpOptions DEFAULTS = TcpOptions.defaults();
    private static final Duration SHORT = Duration.ofMillis(20);

    @Test
    void aReadThatTimesOutNamesTheStreamAndLosesNoByte() throws Exception {
        TcpOptions options = DEFAULTS.withReadTimeout(SHORT);
        try (TcpListener listener = listener()) {
            join(system.spawn(() -> {
                try (TcpStream stream = TcpStream.connect(listener.localAddress(), options);
                        TcpStream peer = listener.accept()) {
                    String message = "cannot read: stream, local=" + Failures.text(stream.localAddress()) + ", remote="
                            + Failures.text(stream.remoteAddress()) + ", cause=no byte read for 20ms,"
                            + " option=readTimeout; close the stream to give the peer up, or try again";
                    assertThatThrownBy(stream::read)
                            .isInstanceOf(SocketTimeoutException.class)
                            .hasMessage(message);
                    assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(1)))
                            .hasMessage(message);
                    assertThatThrownBy(() -> stream.inputStream().read()).hasMessage(message);
                    peer.write(ByteBuffer.wrap("late".getBytes(US_ASCII)));
                    assertThat(US_ASCII.decode(Objects.requireNonNull(stream.read()))
                                    .toString())
                            .isEqualTo("late");
                }
            }));
        }
    }

    @Test
    void aWriteThatTimesOutSaysByItsBufferWhatHasGoneOut() throws Exception {
        TcpOptions options = DEFAULTS.withWriteTimeout(SHORT);
        try (TcpListener listener = listener()) {
            join(system.spawn(() -> {
                try (TcpStream stream = TcpStream.connect(listener.localAddress(), options);
                        TcpStream peer = listener.accept()) {
                    ByteBuffer all = ByteBuffer.allocate(24 << 20);
                    assertThatThrownBy(() -> stream.write(all))
                            .isInstanceOf(SocketTimeoutException.class)
                            .hasMessageStartingWith("cannot write: stream, local=")
                            .hasMessageEndingWith(", cause=no byte written for 20ms, option=writeTimeout;"
                                    + " close the stream to give the peer up, or try again");
                    assertThat(all.position()).isBetween(1, all.limit() - 1);
                    ByteBuffer[] two = {all.duplicate(), ByteBuffer.allocate(1)};
                    assertThatThrownBy(() -> stream.write(two)).isInstanceOf(SocketTimeoutException.class);
                    all.position(two[0].position());
                    Task<Void> writer = spawn(() -> {
                        while (all.hasRemaining()) {
                            Throwable _ = catchThrowable(() -> stream.write(all)); // a busy machine may be slow, too
                        }
                        stream.shutdownOutput();
                    });
                    long got = 0;
                    for (ByteBuffer some = peer.read(); some != null; some = peer.read()) {
                        got += some.remaining();
                    }
                    await(writer);
                    assertThat(got).isEqualTo(24 << 20);
                }
            }));
        }
    }

    @Test
    void aConnectWithoutAnswerTimesOut() throws Exception {
        TcpOptions one = DEFAULTS.withBacklog(1);
        TcpOptions impatient = DEFAULTS.withConnectTimeout(Duration.ofMillis(50));
        try (TcpListener full = TcpListener.bind(ANY_PORT, one)) {
            Task<Throwable> client = system.spawn(() -> {
                List<TcpStream> connected = new ArrayList<>();
                Throwable failure = null;
                for (int i = 0; i < 10 && failure == null; i++) {
                    failure = catchThrowable(() -> connected.add(TcpStream.connect(full.localAddress(), impatient)));
                }
                connected.forEach(TcpStream::close);
                return Objects.requireNonNull(failure);
            });
            assertThat(join(client))
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessage("cannot connect: stream, remote=127.0.0.1:" + full.port() + ", cause=no answer for"
                            + " 50ms, option=connectTimeout; the peer is not there or does not get round to it");
        }
    }

    @Test
    void anAcceptedStreamHasTheTimeoutsOfItsListener() throws Exception {
        try (TcpListener listener = TcpListener.bind(ANY_PORT, DEFAULTS.withIdleTimeout(SHORT))) {
            join(system.spawn(() -> {
                try (TcpStream _ = TcpStream.connect(listener.localAddress());
                        TcpStream stream = listener.accept()) {
                    assertThatThrownBy(stream::read)
                            .isInstanceOf(SocketTimeoutException.class)
                            .hasMessageContaining("cause=no byte moved for 20ms, option=idleTimeout; ");
                }
            }));
        }
    }

    @Test
    void timesOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> DEFAULTS.withReadTimeout(Duration.ofNanos(999_999)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("option out of range: readTimeout=PT0.000999999S, least=PT0.001S, most=PT2400H;"
                        + " zero for none");
        assertThatThrownBy(() -> DEFAULTS.withWriteTimeout(Duration.ofDays(100).plusNanos(1)))
                .hasMessageStartingWith("option out of range: writeTimeout=PT2400H0.000000001S, ");
        assertThatThrownBy(() -> DEFAULTS.withIdleTimeout(Duration.ofMillis(-1)))
                .hasMessageStartingWith("option out of range: idleTimeout=PT-0.001S, ");
        assertThatThrownBy(() -> DEFAULTS.withConnectTimeout(Duration.ofNanos(1)))
                .hasMessageStartingWith("option out of range: connectTimeout=PT0.000000001S, ");
        assertThat(DEFAULTS.withReadTimeout(Duration.ofMillis(1)).withReadTimeout(Duration.ZERO))
                .isEqualTo(DEFAULTS);
        assertThat(DEFAULTS.withIdleTimeout(Duration.ofDays(100)).timeouts().idle())
                .isEqualTo(Duration.ofDays(100));
    }
}
