package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.io.TcpOptions.KeepAlive;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.HashSet;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;

final class TcpOptionsTest extends SocketTest {
    private static final TcpOptions DEFAULTS = TcpOptions.defaults();

    @Test
    void eachWithChangesItsOwnOption() {
        Duration minute = Duration.ofMinutes(1);
        Duration second = Duration.ofSeconds(1);
        TcpOptions changed = DEFAULTS.withBacklog(5)
                .withNagle()
                .withKeepAlive(minute, second, 3)
                .withoutReuseAddress()
                .withReusePort()
                .withResetOnClose()
                .withSendBufferBytes(6)
                .withReceiveBufferBytes(7)
                .withConnectTimeout(minute)
                .withReadTimeout(second)
                .withWriteTimeout(Duration.ofSeconds(2))
                .withIdleTimeout(Duration.ofSeconds(3))
                .withMaxConnections(8)
                .withOverload(Overload.REFUSE);
        assertThat(changed)
                .isEqualTo(new TcpOptions(
                        5,
                        false,
                        new KeepAlive(true, minute, second, 3),
                        false,
                        true,
                        true,
                        6,
                        7,
                        new TcpOptions.Timeouts(minute, second, Duration.ofSeconds(2), Duration.ofSeconds(3)),
                        8,
                        Overload.REFUSE));
    }

    @Test
    void eachSwitchCanBeTurnedBack() {
        assertThat(DEFAULTS.withNagle().withNoDelay()).isEqualTo(DEFAULTS);
        assertThat(DEFAULTS.withKeepAlive().withoutKeepAlive()).isEqualTo(DEFAULTS);
        assertThat(DEFAULTS.withoutReuseAddress().withReuseAddress()).isEqualTo(DEFAULTS);
        assertThat(DEFAULTS.withReusePort().withoutReusePort()).isEqualTo(DEFAULTS);
        assertThat(DEFAULTS.withResetOnClose().withoutResetOnClose()).isEqualTo(DEFAULTS);
    }

    @Test
    void valuesOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> DEFAULTS.withBacklog(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("option out of range: backlog=0, least=1");
        assertThatThrownBy(() -> DEFAULTS.withSendBufferBytes(-1))
                .hasMessage("option out of range: sendBufferBytes=-1, least=0");
        assertThatThrownBy(() -> DEFAULTS.withReceiveBufferBytes(-1))
                .hasMessage("option out of range: receiveBufferBytes=-1, least=0");
        assertThatThrownBy(() -> TcpOptions.defaults().withMaxConnections(0))
                .hasMessage("option out of range: maxConnections=0, least=1");
    }

    @Test
    void probesOutOfRangeAreRefusedByName() {
        Duration some = Duration.ofSeconds(1);
        assertThatThrownBy(() -> DEFAULTS.withKeepAlive(Duration.ofMillis(1_500), some, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("option out of range: keepAliveIdle=PT1.5S, least=0 s, most=32767 s; whole seconds only");
        assertThatThrownBy(() -> DEFAULTS.withKeepAlive(some, Duration.ofSeconds(32_768), 1))
                .hasMessage("option out of range: keepAliveInterval=PT9H6M8S, least=0 s, most=32767 s;"
                        + " whole seconds only");
        assertThatThrownBy(() -> DEFAULTS.withKeepAlive(some, Duration.ofSeconds(-1), 1))
                .hasMessageStartingWith("option out of range: keepAliveInterval=PT-1S");
        assertThatThrownBy(() -> DEFAULTS.withKeepAlive(some, some, 128))
                .hasMessage("option out of range: keepAliveProbes=128, least=0, most=127");
        assertThatThrownBy(() -> DEFAULTS.withKeepAlive(some, some, -1))
                .hasMessage("option out of range: keepAliveProbes=-1, least=0, most=127");
    }

    /// Both ends are set up with them.
    private <T> T taken(TcpOptions options, SocketOption<T> name) throws Exception {
        try (TcpListener listener = TcpListener.bind(ANY_PORT, options)) {
            return join(system.spawn(() -> {
                try (TcpStream connected = TcpStream.connect(listener.localAddress(), options);
                        TcpStream accepted = listener.accept()) {
                    assertThat(accepted.option(name)).isEqualTo(connected.option(name));
                    return connected.option(name);
                }
            }));
        }
    }

    @Test
    void theSystemTakesTheOptionsOfAStream() throws Exception {
        assertThat(taken(DEFAULTS, StandardSocketOptions.TCP_NODELAY)).isTrue();
        assertThat(taken(DEFAULTS.withNagle(), StandardSocketOptions.TCP_NODELAY))
                .isFalse();
        assertThat(taken(DEFAULTS, StandardSocketOptions.SO_KEEPALIVE)).isFalse();
        assertThat(taken(DEFAULTS.withKeepAlive(), StandardSocketOptions.SO_KEEPALIVE))
                .isTrue();
        assertThat(taken(DEFAULTS, StandardSocketOptions.SO_LINGER)).isNegative();
        assertThat(taken(DEFAULTS.withResetOnClose(), StandardSocketOptions.SO_LINGER))
                .isZero();
        assertThat(taken(DEFAULTS.withSendBufferBytes(30_000), StandardSocketOptions.SO_SNDBUF))
                .isBetween(30_000, 60_000);
        assertThat(taken(DEFAULTS.withReceiveBufferBytes(20_000), StandardSocketOptions.SO_RCVBUF))
                .isBetween(20_000, 40_000);
    }

    @Test
    void theSystemTakesTheTimesOfProbesUpToTheirLimits() throws Exception {
        for (int seconds : new int[] {1, 32_767}) {
            TcpOptions options = DEFAULTS.withKeepAlive(
                    Duration.ofSeconds(seconds), Duration.ofSeconds(seconds), Math.min(seconds, 127));
            assertThat(taken(options, StandardSocketOptions.SO_KEEPALIVE)).isTrue();
            assertThat(taken(options, ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(seconds);
            assertThat(taken(options, ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(seconds);
            assertThat(taken(options, ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(Math.min(seconds, 127));
        }
    }

    @Test
    void whatTheSystemDoesNotHaveIsRefusedByName() throws Exception {
        TcpOptions probes = DEFAULTS.withKeepAlive(Duration.ofSeconds(7), Duration.ZERO, 0);
        try (BrokenSocketChannel channel = new BrokenSocketChannel()) {
            assertThatThrownBy(() ->
                            TcpStream.accepted(channel, Origin.here("stream"), probes, new HashSet<>(), new Place()))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage("this system has no such socket option: option=TCP_KEEPIDLE, value=7; leave it out of"
                            + " TcpOptions");
        }
    }

    @Test
    void aPortIsSharedByThoseWhoAllAskForIt() throws Exception {
        TcpOptions shared = DEFAULTS.withReusePort();
        try (TcpListener first = TcpListener.bind(ANY_PORT, shared);
                TcpListener second = TcpListener.bind(first.localAddress(), shared)) {
            assertThat(second.port()).isEqualTo(first.port());
            assertThat(second.option(StandardSocketOptions.SO_REUSEPORT)).isTrue();
            assertThatThrownBy(() -> TcpListener.bind(first.localAddress())).isInstanceOf(BindException.class);
        }
    }

    @Test
    void reuseOfAnAddressReachesTheListener() throws Exception {
        try (TcpListener listener = listener()) {
            assertThat(listener.option(StandardSocketOptions.SO_REUSEADDR)).isTrue();
        }
        TcpOptions strict = DEFAULTS.withoutReuseAddress();
        try (TcpListener listener = TcpListener.bind(ANY_PORT, strict)) {
            assertThat(listener.option(StandardSocketOptions.SO_REUSEADDR)).isFalse();
            assertThat(listener.option(StandardSocketOptions.SO_REUSEPORT)).isFalse();
        }
    }

    @Test
    void withResetOnCloseThePeerSeesAReset() throws Exception {
        try (TcpListener listener = TcpListener.bind(ANY_PORT, DEFAULTS.withResetOnClose());
                Socket peer = peerOf(listener)) {
            join(system.spawn(() -> listener.accept().close()));
            assertThatThrownBy(() -> peer.getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .hasMessage("Connection reset");
        }
    }

    @Test
    void anOptionOfAClosedSocketIsRefused() throws Exception {
        TcpListener listener = listener();
        listener.close();
        assertThatThrownBy(() -> listener.option(StandardSocketOptions.SO_RCVBUF))
                .isInstanceOf(ClosedChannelException.class);
        assertThat(listener.port()).isEqualTo(((InetSocketAddress) listener.localAddress()).getPort());
    }
}
