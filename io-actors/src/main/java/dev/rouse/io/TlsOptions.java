package dev.rouse.io;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// How TLS is spoken: [#client], [#server], and what is to differ from them. Immutable.
///
/// A client checks that the server's certificate is trusted and names the host that was asked for, and tells the server
/// that name (SNI) unless it is an IP address. A server that is to choose its certificate by that name has a context
/// whose key manager does so; the JDK's of the algorithm `PKIX` does.
///
/// @param context holds keys and trusted certificates; null for the JDK's default
///     ([SSLContext#getDefault], which reads the system properties `javax.net.ssl.…`), for clients only
/// @param protocols versions of TLS to speak, as `TLSv1.3`
/// @param cipherSuites those to use, in order of preference; empty for those of the context
/// @param applicationProtocols those spoken above (ALPN), in order of preference, as `h2`; empty for no such
///     negotiation
/// @param clientCertificates what a server asks its clients for
/// @param serverName the name that a client asks for (SNI) instead of the host's; empty to ask for none, null for the
///     host's
/// @param hostnameCheck whether a client checks that the certificate names the host or, where
///     it asks for another name there, that
/// @param handshakeTimeout how long a handshake may take, 1 ms to 1 hour
public record TlsOptions(
        @Nullable SSLContext context,
        List<String> protocols,
        List<String> cipherSuites,
        List<String> applicationProtocols,
        ClientCertificates clientCertificates,
        @Nullable String serverName,
        boolean hostnameCheck,
        Duration handshakeTimeout) {

    /// Enough for a peer far away with lost packets, and short enough that peers who never finish hold a connection
    /// for a bounded time only. A guess.
    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(1);

    /// A peer that needs longer is none.
    private static final Duration LONGEST_TIMEOUT = Duration.ofHours(1);

    /// Names of application protocols have a length of one byte.
    private static final int LONGEST_APPLICATION_PROTOCOL = 255;

    private static final TlsOptions CLIENT = new TlsOptions(
            null,
            List.of("TLSv1.3", "TLSv1.2"),
            List.of(),
            List.of(),
            ClientCertificates.NONE,
            null,
            true,
            HANDSHAKE_TIMEOUT);

    /// @throws IllegalArgumentException if there is no protocol, an application protocol has no name or one longer
    ///     than 255 bytes, the server name is none, or the timeout is out of range
    public TlsOptions {
        protocols = List.copyOf(protocols);
        cipherSuites = List.copyOf(cipherSuites);
        applicationProtocols = List.copyOf(applicationProtocols);
        Objects.requireNonNull(clientCertificates, "clientCertificates");
        if (protocols.isEmpty()) {
            throw new IllegalArgumentException("option out of range: protocols=[], least=1 protocol, such as TLSv1.3");
        }
        for (String protocol : applicationProtocols) {
            if (protocol.isEmpty() || protocol.length() > LONGEST_APPLICATION_PROTOCOL) {
                throw new IllegalArgumentException("option out of range: applicationProtocol length="
                        + protocol.length() + ", least=1, most=" + LONGEST_APPLICATION_PROTOCOL);
            }
        }
        if (serverName != null && !serverName.isEmpty()) {
            requireName(serverName);
        }
        if (handshakeTimeout.compareTo(SHORTEST_TIMEOUT) < 0 || handshakeTimeout.compareTo(LONGEST_TIMEOUT) > 0) {
            throw new IllegalArgumentException("option out of range: handshakeTimeout=" + handshakeTimeout + ", least="
                    + SHORTEST_TIMEOUT + ", most=" + LONGEST_TIMEOUT);
        }
    }

    private static void requireName(String name) {
        try {
            SNIHostName valid = new SNIHostName(name);
            assert valid.getType() == 0 : "a host name is of type 0";
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("no host name: serverName=" + name + ", cause=" + e.getMessage(), e);
        }
    }

    /// TLS 1.3 or 1.2, the JDK's default context, the host's name checked, 10 s for the handshake.
    public static TlsOptions client() {
        return CLIENT;
    }

    /// TLS 1.3 or 1.2, the keys of this context, no client certificates, 10 s for the handshake.
    public static TlsOptions server(SSLContext context) {
        return CLIENT.withContext(context);
    }

    public TlsOptions withContext(SSLContext keysAndTrust) {
        return with(draft -> draft.context = Objects.requireNonNull(keysAndTrust, "context"));
    }

    public TlsOptions withProtocols(String... versions) {
        return with(draft -> draft.protocols = List.of(versions));
    }

    public TlsOptions withCipherSuites(String... suites) {
        return with(draft -> draft.cipherSuites = List.of(suites));
    }

    public TlsOptions withApplicationProtocols(String... names) {
        return with(draft -> draft.applicationProtocols = List.of(names));
    }

    public TlsOptions withClientCertificates(ClientCertificates asked) {
        return with(draft -> draft.clientCertificates = asked);
    }

    /// Asks for another name (SNI) than that of the host. The certificate must then name this one.
    public TlsOptions withServerName(String name) {
        return with(draft -> draft.serverName = Objects.requireNonNull(name, "name"));
    }

    /// Asks for no name: the server uses its default certificate.
    public TlsOptions withoutServerName() {
        return withServerName("");
    }

    /// **Insecure**: a client takes a trusted certificate for *whatever* name, so everybody who has one can stand
    /// between it and the server unseen. For tests, and for contexts that trust nothing but one certificate.
    public TlsOptions withInsecureAcceptanceOfAnyHostname() {
        return with(draft -> draft.hostnameCheck = false);
    }

    public TlsOptions withHandshakeTimeout(Duration timeout) {
        return with(draft -> draft.handshakeTimeout = timeout);
    }

    private TlsOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.finished();
    }

    /// The same, to be changed in one place.
    private static final class Draft {
        private @Nullable SSLContext context;
        private List<String> protocols;
        private List<String> cipherSuites;
        private List<String> applicationProtocols;
        private ClientCertificates clientCertificates;
        private @Nullable String serverName;
        private boolean hostnameCheck;
        private Duration handshakeTimeout;

        Draft(TlsOptions from) {
            this.context = from.context;
            this.protocols = from.protocols;
            this.cipherSuites = from.cipherSuites;
            this.applicationProtocols = from.applicationProtocols;
            this.clientCertificates = from.clientCertificates;
            this.serverName = from.serverName;
            this.hostnameCheck = from.hostnameCheck;
            this.handshakeTimeout = from.handshakeTimeout;
        }

        TlsOptions finished() {
            return new TlsOptions(
                    context,
                    protocols,
                    cipherSuites,
                    applicationProtocols,
                    clientCertificates,
                    serverName,
                    hostnameCheck,
                    handshakeTimeout);
        }
    }
}
