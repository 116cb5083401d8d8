package dev.rouse.io;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Task;
import dev.rouse.actor.ViolationException;
import dev.rouse.io.TlsException.Reason;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TlsHandshakeTest extends TlsTest {

    /// Why each end has failed, with everything in it that differs from run to run taken out.
    private record Ends(TlsException server, TlsException client) {}

    private Ends fail(TlsOptions server, TlsOptions client) throws Exception {
        return fail(server, client, "localhost");
    }

    private Ends fail(TlsOptions server, TlsOptions client, String host) throws Exception {
        try (TcpListener listener = listener()) {
            Task<byte[]> serving = serve(listener, server, TlsTest::readAll);
            Task<byte[]> connecting = system.spawn(() -> {
                try (TlsStream stream = TlsStream.client(TcpStream.connect(listener.localAddress()), host, client)) {
                    return readAll(stream);
                }
            });
            TlsException ofClient = failureOf(connecting);
            return new Ends(failureOf(serving), ofClient);
        }
    }

    private static TlsException failureOf(Task<?> task) {
        Throwable failure = catchThrowable(() -> join(task));
        assertThat(failure).hasCauseInstanceOf(TlsException.class);
        return (TlsException) Objects.requireNonNull(failure.getCause());
    }

    private static String text(Throwable failure) {
        return String.valueOf(failure.getMessage()).replaceAll("127\\.0\\.0\\.1:\\d+", "ADDRESS");
    }

    private static String atClient(String text) {
        return "tls handshake failed: tls stream, side=client, host=localhost, local=ADDRESS, remote=ADDRESS, cause="
                + text;
    }

    private static String atServer(String text) {
        return "tls handshake failed: tls stream, side=server, local=ADDRESS, remote=ADDRESS, cause=" + text;
    }

    @Test
    void bothEndsKnowWhatWasAgreed() throws Exception {
        try (TcpListener listener = listener()) {
            Task<List<Object>> server = serve(
                    listener,
                    serving.withApplicationProtocols("h2", "echo"),
                    stream -> List.of(
                            stream.protocol(),
                            stream.cipherSuite(),
                            stream.applicationProtocol(),
                            stream.requestedServerName(),
                            stream.peerCertificates(),
                            stream.remoteAddress()));
            Task<List<Object>> client = connect(listener, trusting.withApplicationProtocols("echo"), stream -> {
                X509Certificate certificate = stream.peerCertificates().getFirst();
                assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=server");
                assertThat(stream.session().getPeerHost()).isEqualTo("localhost");
                return List.of(
                        stream.protocol(),
                        stream.cipherSuite(),
                        stream.applicationProtocol(),
                        stream.requestedServerName(),
                        List.of(),
                        stream.localAddress());
            });
            assertThat(join(server)).isEqualTo(join(client));
            assertThat(join(server).toString())
                    .startsWith("[TLSv1.3, TLS_AES_256_GCM_SHA384, Optional[echo], Optional[localhost], [],");
        }
    }

    @Test
    void withoutApplicationProtocolsNoneIsAgreed() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Boolean> server = serve(
                    listener, serving, stream -> stream.applicationProtocol().isPresent());
            Task<Boolean> client = connect(
                    listener, trusting, stream -> stream.applicationProtocol().isPresent());
            assertThat(join(server)).isFalse();
            assertThat(join(client)).isFalse();
        }
    }

    @Test
    void anUntrustedCertificateIsRefused() throws Exception {
        Ends ends = fail(serving.withContext(TestCertificates.context("stranger")), trusting);
        assertThat(ends.client().reason()).isEqualTo(Reason.UNTRUSTED_CERTIFICATE);
        assertThat(text(ends.client()))
                .isEqualTo(
                        atClient("unable to find valid certification path to requested target; have the trust managers"
                            + " of the context trust the authority that has issued the peer's certificate, or the peer"
                            + " send the certificates between"));
        assertThat(ends.server().reason()).isEqualTo(Reason.REFUSED_BY_PEER);
        assertThat(text(ends.server()))
                .isEqualTo(atServer("(certificate_unknown) Received fatal alert: certificate_unknown; the peer has"
                        + " refused, its log says more: it does not trust our certificate, or its names"));
    }

    @Test
    void theDefaultContextTrustsNoPrivateAuthority() throws Exception {
        Ends ends = fail(serving, TlsOptions.client());
        assertThat(ends.client().reason()).isEqualTo(Reason.UNTRUSTED_CERTIFICATE);
    }

    @Test
    void anExpiredCertificateIsRefused() throws Exception {
        Ends ends = fail(serving.withContext(TestCertificates.context("expired")), trusting);
        assertThat(ends.client().reason()).isEqualTo(Reason.EXPIRED_CERTIFICATE);
        assertThat(text(ends.client()))
                .startsWith(atClient("notAfter: "))
                .endsWith("; the peer needs a new certificate, if the clock of this machine is right");
    }

    @Test
    void aCertificateForAnotherNameIsRefused() throws Exception {
        Ends ends = fail(serving.withContext(TestCertificates.context("other")), trusting);
        assertThat(ends.client().reason()).isEqualTo(Reason.NAME_MISMATCH);
        assertThat(text(ends.client()))
                .isEqualTo(atClient("no subject alternative DNS name matching localhost found; connect by a name that"
                        + " is in the certificate, or have one issued for localhost"));
    }

    @Test
    void anAddressMustBeInTheCertificateToo() throws Exception {
        Ends ends = fail(serving.withContext(TestCertificates.context("other")), trusting, "127.0.0.1");
        assertThat(ends.client().reason()).isEqualTo(Reason.NAME_MISMATCH);
    }

    @Test
    void onlyWhoSaysSoTakesACertificateForAnotherName() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = serveEcho(listener, serving.withContext(TestCertificates.context("other")));
            Task<String> client = connect(
                    listener,
                    trusting.withInsecureAcceptanceOfAnyHostname(),
                    stream -> stream.peerCertificates()
                            .getFirst()
                            .getSubjectX500Principal()
                            .getName());
            assertThat(join(client)).isEqualTo("CN=other");
            join(server);
        }
    }

    @Test
    void anUntrustedCertificateIsRefusedWhateverTheName() throws Exception {
        Ends ends = fail(
                serving.withContext(TestCertificates.context("stranger")),
                trusting.withInsecureAcceptanceOfAnyHostname());
        assertThat(ends.client().reason()).isEqualTo(Reason.UNTRUSTED_CERTIFICATE);
    }

    @Test
    void withoutACommonProtocolThereIsNoConnection() throws Exception {
        Ends ends = fail(serving.withProtocols("TLSv1.3"), trusting.withProtocols("TLSv1.2"));
        assertThat(ends.server().reason()).isEqualTo(Reason.NO_COMMON_PROTOCOL);
        assertThat(text(ends.server()))
                .startsWith(atServer(""))
                .endsWith("; compare the protocols in the options of both sides");
        assertThat(ends.client().reason()).isEqualTo(Reason.NO_COMMON_PROTOCOL);
        assertThat(text(ends.client()))
                .isEqualTo(
                        atClient("(protocol_version) Received fatal alert: protocol_version; compare the protocols in"
                                + " the options of both sides"));
    }

    @Test
    void withoutACommonCipherSuiteThereIsNoConnection() throws Exception {
        Ends ends = fail(
                serving.withCipherSuites("TLS_AES_128_GCM_SHA256"),
                trusting.withCipherSuites("TLS_AES_256_GCM_SHA384"));
        assertThat(ends.server().reason()).isEqualTo(Reason.NO_COMMON_CIPHER_SUITE);
        assertThat(text(ends.server()))
                .isEqualTo(atServer("(handshake_failure) no cipher suites in common; compare the cipher suites in the"
                        + " options of both sides, and see whether the server has a key for one of them"));
        assertThat(ends.client().reason()).isEqualTo(Reason.REFUSED_BY_PEER);
    }

    @Test
    void withoutACommonApplicationProtocolThereIsNoConnection() throws Exception {
        Ends ends = fail(serving.withApplicationProtocols("h2"), trusting.withApplicationProtocols("echo"));
        assertThat(ends.server().reason()).isEqualTo(Reason.NO_COMMON_APPLICATION_PROTOCOL);
        assertThat(ends.client().reason()).isEqualTo(Reason.NO_COMMON_APPLICATION_PROTOCOL);
        assertThat(text(ends.client()))
                .isEqualTo(
                        atClient("(no_application_protocol) Received fatal alert: no_application_protocol; compare the"
                                + " application protocols in the options of both sides"));
    }

    @Test
    void aServerWithoutACertificateRefuses() throws Exception {
        Ends ends = fail(serving.withContext(TestCertificates.context()), trusting);
        assertThat(ends.server().reason()).isIn(Reason.MISSING_CERTIFICATE, Reason.NO_COMMON_CIPHER_SUITE);
        assertThat(text(ends.server())).contains("key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aRequiredClientCertificateIsShown(String protocol) throws Exception {
        assertThat(clientName(ClientCertificates.REQUIRED, protocol, TestCertificates.context("client")))
                .isEqualTo("CN=client");
    }

    @Test
    void aWantedClientCertificateMayBeLeftOut() throws Exception {
        assertThat(clientName(ClientCertificates.WANTED, "TLSv1.3", clientContext))
                .isEmpty();
        assertThat(clientName(ClientCertificates.WANTED, "TLSv1.3", TestCertificates.context("client")))
                .isEqualTo("CN=client");
    }

    @Test
    void aClientCertificateThatNobodyAsksForIsNotShown() throws Exception {
        assertThat(clientName(ClientCertificates.NONE, "TLSv1.3", TestCertificates.context("client")))
                .isEmpty();
    }

    private String clientName(ClientCertificates asked, String protocol, SSLContext client) throws Exception {
        try (TcpListener listener = listener()) {
            Task<String> server = serve(
                    listener,
                    serving.withClientCertificates(asked).withProtocols(protocol),
                    stream -> stream.peerCertificates().stream()
                            .map(each -> each.getSubjectX500Principal().getName())
                            .findFirst()
                            .orElse(""));
            Task<byte[]> done = connect(listener, trusting.withContext(client), TlsTest::readAll);
            assertThat(join(done)).isEmpty();
            return join(server);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aMissingClientCertificateIsRefusedAndTheClientLearnsIt(String protocol) throws Exception {
        try (TcpListener listener = listener()) {
            Task<byte[]> server = serve(
                    listener,
                    serving.withProtocols(protocol).withClientCertificates(ClientCertificates.REQUIRED),
                    TlsTest::readAll);
            Task<byte[]> client = connect(listener, trusting, TlsTest::readAll);
            TlsException atServer = failureOf(server);
            assertThat(atServer.reason()).isEqualTo(Reason.MISSING_CERTIFICATE);
            assertThat(text(atServer))
                    .endsWith("; the side without it needs a key and a certificate in the key managers of its context,"
                            + " of a kind that both sides speak");
            assertThat(failureOf(client).reason()).isIn(Reason.MISSING_CERTIFICATE, Reason.REFUSED_BY_PEER);
        }
    }

    @Test
    void anUntrustedClientCertificateIsRefused() throws Exception {
        try (TcpListener listener = listener()) {
            Task<byte[]> server =
                    serve(listener, serving.withClientCertificates(ClientCertificates.REQUIRED), TlsTest::readAll);
            Task<byte[]> client =
                    connect(listener, trusting.withContext(TestCertificates.context("stranger")), TlsTest::readAll);
            // Its key manager offers only what the authorities of the server have issued, so it shows none.
            assertThat(failureOf(server).reason()).isIn(Reason.UNTRUSTED_CERTIFICATE, Reason.MISSING_CERTIFICATE);
            failureOf(client);
        }
    }

    @Test
    void theServerChoosesItsCertificateByTheNameThatIsAskedFor() throws Exception {
        TlsOptions both = serving.withContext(TestCertificates.context("server", "other"));
        for (String name : List.of("server.test", "other.test")) {
            try (TcpListener listener = listener()) {
                Task<String> server = serve(
                        listener, both, stream -> stream.requestedServerName().orElse(""));
                Task<String> client = system.spawn(() -> {
                    try (TlsStream stream =
                            TlsStream.client(TcpStream.connect(listener.localAddress()), name, trusting)) {
                        return stream.peerCertificates()
                                .getFirst()
                                .getSubjectX500Principal()
                                .getName();
                    }
                });
                assertThat("CN=" + name).startsWith(join(client));
                assertThat(join(server)).isEqualTo(name);
            }
        }
    }

    @Test
    void noNameIsAskedForWhereTheHostIsAnAddress() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Boolean> server = serve(
                    listener, serving, stream -> stream.requestedServerName().isPresent());
            Task<String> client = system.spawn(() -> {
                try (TlsStream stream =
                        TlsStream.client(TcpStream.connect(listener.localAddress()), "127.0.0.1", trusting)) {
                    return stream.protocol();
                }
            });
            assertThat(join(client)).isEqualTo("TLSv1.3");
            assertThat(join(server)).isFalse();
        }
    }

    @Test
    void anotherNameOrNoneCanBeAskedFor() throws Exception {
        for (TlsOptions options : List.of(trusting.withServerName("server.test"), trusting.withoutServerName())) {
            try (TcpListener listener = listener()) {
                Task<String> server = serve(
                        listener,
                        serving,
                        stream -> stream.requestedServerName().orElse(""));
                Task<byte[]> client = connect(listener, options, TlsTest::readAll);
                assertThat(join(server)).isEqualTo(options.serverName());
                join(client);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aSecondConnectionResumesTheSession(String protocol) throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                for (int i = 0; i < 2; i++) {
                    try (TlsStream stream = TlsStream.server(listener.accept(), serving.withProtocols(protocol))) {
                        echo(stream);
                    }
                }
            });
            CountedStream.Counts first = connectCounted(listener);
            CountedStream.Counts second = connectCounted(listener);
            assertThat(second.read())
                    .as("the server shows its certificate once")
                    .isLessThan(first.read() - certificateBytes());
            join(server);
        }
    }

    private static int certificateBytes() throws Exception {
        return TestCertificates.certificates("server").getCertificate("server").getEncoded().length;
    }

    private CountedStream.Counts connectCounted(TcpListener listener) throws Exception {
        Task<CountedStream.Counts> client = system.spawn(() -> {
            CountedStream counted = new CountedStream(TcpStream.connect(listener.localAddress()));
            try (TlsStream stream = TlsStream.client(counted, "localhost", trusting)) {
                assertThat(exchange(stream, new byte[10])).hasSize(10);
                assertThat(stream.peerCertificates()).isNotEmpty();
                return counted.counts();
            }
        });
        return join(client);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aClientOfTheJdkIsServed(String protocol) throws Exception {
        byte[] sent = random(2, 300_000);
        try (TcpListener listener = listener()) {
            Task<byte[]> server = serve(listener, serving.withApplicationProtocols("echo"), stream -> {
                byte[] received = stream.inputStream().readNBytes(sent.length);
                stream.write(java.nio.ByteBuffer.wrap(received));
                stream.shutdownOutput();
                return readAll(stream);
            });
            try (SSLSocket peer = jdkClient(clientContext, listener.port(), protocol)) {
                SSLParameters parameters = peer.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {"echo"});
                peer.setSSLParameters(parameters);
                peer.getOutputStream().write(sent);
                assertThat(peer.getInputStream().readAllBytes()).isEqualTo(sent);
                assertThat(peer.getApplicationProtocol()).isEqualTo("echo");
            }
            assertThat(join(server)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aServerOfTheJdkIsUnderstood(String protocol) throws Exception {
        byte[] sent = random(3, 300_000);
        try (SSLServerSocket server = jdkServer(serverContext, protocol)) {
            Task<byte[]> client = connect(addressOf(server), trusting, stream -> {
                assertThat(stream.protocol()).isEqualTo(protocol);
                stream.write(java.nio.ByteBuffer.wrap(sent));
                return readAll(stream);
            });
            try (SSLSocket peer = (SSLSocket) server.accept()) {
                byte[] received = peer.getInputStream().readNBytes(sent.length);
                peer.getOutputStream().write(received);
            }
            assertThat(join(client)).isEqualTo(sent);
        }
    }

    @Test
    void aServerSaysThatItsPeerDoesNotSpeakTls() throws Exception {
        try (TcpListener listener = listener()) {
            Task<byte[]> server = serve(listener, serving, TlsTest::readAll);
            try (Socket peer = peerOf(listener)) {
                peer.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
                TlsException failure = failureOf(server);
                assertThat(failure.reason()).isEqualTo(Reason.PLAIN_TEXT);
                assertThat(text(failure))
                        .isEqualTo("peer does not speak tls: tls stream, side=server, local=ADDRESS, remote=ADDRESS,"
                                + " received=\"GET / HTTP/1.1..\"; it may have taken this for the port without TLS");
            }
        }
    }

    @Test
    void aClientSaysThatItsPeerDoesNotSpeakTls() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, ANY_PORT.getAddress())) {
            Task<byte[]> client = connect(
                    new InetSocketAddress(server.getInetAddress(), server.getLocalPort()), trusting, TlsTest::readAll);
            try (Socket peer = server.accept()) {
                peer.getOutputStream().write("220 mail\r\n".getBytes(US_ASCII));
                TlsException failure = failureOf(client);
                assertThat(failure.reason()).isEqualTo(Reason.PLAIN_TEXT);
                assertThat(text(failure))
                        .isEqualTo("peer does not speak tls: tls stream, side=client, host=localhost, local=ADDRESS,"
                                + " remote=ADDRESS, received=\"220 mail..\"; connect to the port where it serves TLS,"
                                + " or without TLS");
            }
        }
    }

    @Test
    void aPeerThatSaysNothingTimesOut() throws Exception {
        try (TcpListener listener = listener()) {
            Task<byte[]> server =
                    serve(listener, serving.withHandshakeTimeout(Duration.ofMillis(20)), TlsTest::readAll);
            try (Socket peer = peerOf(listener)) {
                TlsException failure = failureOf(server);
                assertThat(failure.reason()).isEqualTo(Reason.TIMEOUT);
                assertThat(text(failure))
                        .isEqualTo("tls handshake timed out: tls stream, side=server, local=ADDRESS, remote=ADDRESS,"
                                + " handshakeTimeout=20ms; the peer is slow, does not speak TLS, or waits for us to"
                                + " speak first in the clear");
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void aPeerThatLeavesWithinTheHandshakeIsReported() throws Exception {
        try (TcpListener listener = listener()) {
            Task<byte[]> server = serve(listener, serving, TlsTest::readAll);
            peerOf(listener).close();
            TlsException failure = failureOf(server);
            assertThat(failure.reason()).isEqualTo(Reason.ENDED_IN_HANDSHAKE);
            assertThat(text(failure))
                    .isEqualTo(
                            atServer("the peer has closed the connection; its log may say why, it may not speak TLS"));
        }
    }

    @Test
    void garbageThatLooksLikeARecordIsRefused() throws Exception {
        for (int seed = 0; seed < 20; seed++) {
            byte[] garbage = random(seed, 100);
            garbage[0] = 22;
            garbage[1] = 3;
            garbage[2] = 3;
            garbage[3] = 0;
            garbage[4] = 95;
            try (TcpListener listener = listener()) {
                Task<byte[]> server = serve(listener, serving, TlsTest::readAll);
                try (Socket peer = peerOf(listener)) {
                    peer.getOutputStream().write(garbage);
                    peer.shutdownOutput();
                    assertThat(failureOf(server).reason())
                            .as("seed=" + seed)
                            .isIn(Reason.CORRUPT, Reason.ENDED_IN_HANDSHAKE);
                }
            }
        }
    }

    @Test
    void aServerNeedsAContext() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            Task<TlsStream> server = system.spawn(() -> TlsStream.server(listener.accept(), TlsOptions.client()));
            assertThatThrownBy(() -> join(server))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tls server without keys: options have no context; use TlsOptions.server(context)");
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void whatTheJdkDoesNotKnowIsRefused() throws Exception {
        assertThat(refusal(trusting.withProtocols("TLSv9"))).startsWith("protocol unknown: value=TLSv9, supported=");
        assertThat(refusal(trusting.withCipherSuites("ROT13")))
                .startsWith("cipher suite unknown: value=ROT13, supported=");
        assertThat(refusal(trusting.withProtocols("TLSv1.3").withCipherSuites("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")))
                .startsWith("tls options do not go together: ")
                .endsWith("; choose cipher suites of the protocols");
    }

    private String refusal(TlsOptions options) throws Exception {
        try (TcpListener listener = listener()) {
            Task<byte[]> client = connect(listener, options, TlsTest::readAll);
            Throwable failure = catchThrowable(() -> join(client));
            assertThat(failure).isInstanceOf(IllegalArgumentException.class);
            return String.valueOf(failure.getMessage());
        }
    }

    @Test
    void outsideAFunctionThereIsNoHandshake() throws Exception {
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            TcpStream accepted = join(system.spawn(listener::accept));
            assertThatThrownBy(() -> TlsStream.server(accepted, serving))
                    .isInstanceOf(ViolationException.class)
                    .hasMessageStartingWith(
                            "ROUSE-V01 tls handshake outside a function: tls stream, side=server, local=");
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }
}
