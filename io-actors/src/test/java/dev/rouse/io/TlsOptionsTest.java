package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class TlsOptionsTest {
    private final TlsOptions options = TlsOptions.client();

    @Test
    void theDefaultsAreSafe() {
        assertThat(options.hostnameCheck()).isTrue();
        assertThat(options.protocols()).containsExactly("TLSv1.3", "TLSv1.2");
        assertThat(options.handshakeTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(options.clientCertificates()).isEqualTo(ClientCertificates.NONE);
    }

    @Test
    void eachOptionIsChangedAlone() {
        assertThat(options.withProtocols("TLSv1.2").withProtocols("TLSv1.3", "TLSv1.2"))
                .isEqualTo(options);
        assertThat(options.withCipherSuites("a").cipherSuites()).containsExactly("a");
        assertThat(options.withApplicationProtocols("h2", "x").applicationProtocols())
                .containsExactly("h2", "x");
        assertThat(options.withServerName("a.test").serverName()).isEqualTo("a.test");
        assertThat(options.withoutServerName().serverName()).isEmpty();
        assertThat(options.withInsecureAcceptanceOfAnyHostname().hostnameCheck())
                .isFalse();
        assertThat(options.withClientCertificates(ClientCertificates.WANTED).clientCertificates())
                .isEqualTo(ClientCertificates.WANTED);
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertThatThrownBy(options::withProtocols)
                .hasMessage("option out of range: protocols=[], least=1 protocol, such as TLSv1.3");
        assertThat(options.withApplicationProtocols("x".repeat(255)).applicationProtocols())
                .hasSize(1);
        assertThatThrownBy(() -> options.withApplicationProtocols("x".repeat(256)))
                .hasMessage("option out of range: applicationProtocol length=256, least=1, most=255");
        assertThatThrownBy(() -> options.withApplicationProtocols(""))
                .hasMessage("option out of range: applicationProtocol length=0, least=1, most=255");
        assertThatThrownBy(() -> options.withServerName("a b"))
                .hasMessageStartingWith("no host name: serverName=a b, cause=");
        assertThat(options.withHandshakeTimeout(Duration.ofMillis(1)).handshakeTimeout())
                .isEqualTo(Duration.ofMillis(1));
        assertThat(options.withHandshakeTimeout(Duration.ofHours(1)).handshakeTimeout())
                .isEqualTo(Duration.ofHours(1));
        assertThatThrownBy(() -> options.withHandshakeTimeout(Duration.ofNanos(999_999)))
                .hasMessage("option out of range: handshakeTimeout=PT0.000999999S, least=PT0.001S, most=PT1H");
        assertThatThrownBy(
                        () -> options.withHandshakeTimeout(Duration.ofHours(1).plusNanos(1)))
                .hasMessage("option out of range: handshakeTimeout=PT1H0.000000001S, least=PT0.001S, most=PT1H");
    }
}
