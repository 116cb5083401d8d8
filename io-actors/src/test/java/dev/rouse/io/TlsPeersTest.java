package dev.rouse.io;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rouse.actor.Task;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// TLS with the programs `openssl` and `curl`, where the machine has them.
final class TlsPeersTest extends TlsTest {
    private static final byte[] PAGE = random(9, 300_000);

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void writeFiles() throws Exception {
        KeyStore keys = TestCertificates.keys("server", "client");
        for (String alias : List.of("server", "client")) {
            Files.writeString(
                    file(alias + ".key"),
                    pem(
                            "PRIVATE KEY",
                            keys.getKey(alias, TestCertificates.PASSWORD).getEncoded()));
            Files.writeString(file(alias + ".pem"), certificate(keys.getCertificate(alias)));
        }
        Files.writeString(
                file("authority.pem"),
                certificate(TestCertificates.certificates("authority").getCertificate("authority")));
    }

    @AfterEach
    void endProcesses() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    private static String certificate(Certificate certificate) throws Exception {
        return pem("CERTIFICATE", certificate.getEncoded());
    }

    private static String pem(String what, byte[] bytes) {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
    }

    private static void assumeInstalled(String program) {
        assumeTrue(
                Path.of("/usr/bin", program).toFile().canExecute()
                        || Path.of("/usr/local/bin", program).toFile().canExecute(),
                program + " is not installed");
    }

    private Process run(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        processes.add(process);
        return process;
    }

    /// A program that does not end in time is ended, and its output then is not what is expected.
    private static byte[] output(Process process) throws Exception {
        CompletableFuture<Process> _ = process.onExit()
                .orTimeout(30, TimeUnit.SECONDS)
                .whenComplete((_, late) -> {
                    if (late != null) {
                        process.destroyForcibly();
                    }
                });
        byte[] output = process.getInputStream().readAllBytes();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    private static String port(TcpListener listener) {
        return Integer.toString(listener.port());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_3", "-tls1_2"})
    void opensslConnectsToOurServer(String version) throws Exception {
        assumeInstalled("openssl");
        try (TcpListener listener = listener()) {
            Task<String> server = serve(
                    listener,
                    serving.withApplicationProtocols("echo").withClientCertificates(ClientCertificates.REQUIRED),
                    stream -> {
                        String line = text(stream.inputStream().readNBytes(6));
                        stream.write(bytes("seen " + line));
                        stream.shutdownOutput();
                        readAll(stream);
                        return line
                                + stream.peerCertificates().getFirst().getSubjectX500Principal()
                                + stream.requestedServerName().orElse("")
                                + stream.applicationProtocol().orElse("");
                    });
            Process client = run(
                    "openssl",
                    "s_client",
                    version,
                    "-connect",
                    "127.0.0.1:" + port(listener),
                    "-servername",
                    "server.test",
                    "-alpn",
                    "echo",
                    "-CAfile",
                    "authority.pem",
                    "-verify_return_error",
                    "-verify_hostname",
                    "localhost",
                    "-cert",
                    "client.pem",
                    "-key",
                    "client.key");
            client.getOutputStream().write("hello\n".getBytes(US_ASCII));
            client.getOutputStream().flush();
            String output = text(output(client));
            assertThat(output).contains("seen hello", "Verify return code: 0 (ok)", "ALPN protocol: echo");
            assertThat(join(server)).isEqualTo("hello\nCN=clientserver.testecho");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_3", "-tls1_2"})
    void opensslResumesItsSessionWithOurServer(String version) throws Exception {
        assumeInstalled("openssl");
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> {
                for (int i = 0; i < 2; i++) {
                    try (TlsStream stream = TlsStream.server(listener.accept(), serving)) {
                        stream.write(ByteBuffer.wrap(stream.inputStream().readNBytes(6)));
                        stream.shutdownOutput();
                        readAll(stream);
                    }
                }
            });
            assertThat(greeting(listener, version, "-sess_out"))
                    .contains("New, TLSv1")
                    .doesNotContain("Reused, TLSv1");
            assertThat(greeting(listener, version, "-sess_in"))
                    .contains("Reused, TLSv1")
                    .doesNotContain("New, TLSv1");
            join(server);
        }
    }

    private String greeting(TcpListener listener, String version, String session) throws Exception {
        Process client = run(
                "openssl",
                "s_client",
                version,
                "-connect",
                "127.0.0.1:" + port(listener),
                "-CAfile",
                "authority.pem",
                "-verify_return_error",
                session,
                "session.pem");
        client.getOutputStream().write("hello\n".getBytes(US_ASCII));
        client.getOutputStream().flush();
        return text(output(client));
    }

    @Test
    void opensslMayAskForNewKeys() throws Exception {
        assumeInstalled("openssl");
        try (TcpListener listener = listener()) {
            Task<String> server = serve(listener, serving, stream -> {
                String first = text(stream.inputStream().readNBytes(2));
                stream.write(bytes("first\n"));
                String second = text(stream.inputStream().readNBytes(2));
                stream.write(bytes("second\n"));
                stream.shutdownOutput();
                readAll(stream);
                return first + second;
            });
            Process client = run(
                    "openssl",
                    "s_client",
                    "-tls1_3",
                    "-connect",
                    "127.0.0.1:" + port(listener),
                    "-CAfile",
                    "authority.pem");
            BufferedReader lines = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
            client.getOutputStream().write("a\n".getBytes(US_ASCII));
            client.getOutputStream().flush();
            awaitLine(lines, "first");
            client.getOutputStream().write("K\n".getBytes(US_ASCII));
            client.getOutputStream().flush();
            awaitLine(lines, "KEYUPDATE");
            client.getOutputStream().write("b\n".getBytes(US_ASCII));
            client.getOutputStream().flush();
            awaitLine(lines, "second");
            client.getOutputStream().close();
            assertThat(join(server)).isEqualTo("a\nb\n");
        }
    }

    private static void awaitLine(BufferedReader lines, String text) throws IOException {
        String line = lines.readLine();
        while (line != null && !line.contains(text)) {
            line = lines.readLine();
        }
        assertThat(line).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_3", "-tls1_2"})
    void weConnectToOpenssl(String version) throws Exception {
        assumeInstalled("openssl");
        int port = freePort();
        Files.write(file("page"), PAGE);
        run(
                "openssl",
                "s_server",
                version,
                "-accept",
                "127.0.0.1:" + port,
                "-cert",
                "server.pem",
                "-key",
                "server.key",
                "-CAfile",
                "authority.pem",
                "-Verify",
                "1",
                "-verify_return_error",
                "-alpn",
                "http/1.1",
                "-WWW",
                "-quiet");
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        TlsOptions options =
                trusting.withContext(TestCertificates.context("client")).withApplicationProtocols("http/1.1");
        Awaitility.await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> {
            join(system.spawn(() -> TcpStream.connect(address).close()));
            return true;
        });
        for (int i = 0; i < 2; i++) { // the second one resumes the session
            byte[] answer = join(connect(address, options, stream -> {
                assertThat(stream.applicationProtocol()).contains("http/1.1");
                stream.write(bytes("GET /page HTTP/1.0\r\n\r\n"));
                return readAll(stream);
            }));
            assertThat(ByteBuffer.wrap(answer, answer.length - PAGE.length, PAGE.length))
                    .isEqualTo(ByteBuffer.wrap(PAGE));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--tlsv1.3", "--tls-max=1.2"})
    void curlGetsAPage(String version) throws Exception {
        assumeInstalled("curl");
        try (TcpListener listener = listener()) {
            Task<Boolean> server = serve(listener, serving.withApplicationProtocols("http/1.1"), stream -> {
                BufferedReader request = new BufferedReader(new InputStreamReader(stream.inputStream(), US_ASCII));
                String line = request.readLine();
                while (line != null && !line.isEmpty()) {
                    line = request.readLine();
                }
                stream.write(bytes("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
                stream.write(ByteBuffer.wrap(PAGE));
                stream.shutdownOutput();
                return readAll(stream).length == 0;
            });
            String[] tls = version.split("=", 2);
            List<String> command = new ArrayList<>(List.of("curl", "--silent", "--show-error", "--max-time", "25"));
            command.addAll(List.of(tls));
            command.addAll(List.of("--cacert", "authority.pem", "https://localhost:" + port(listener) + "/"));
            assertThat(output(run(command.toArray(new String[0])))).isEqualTo(PAGE);
            assertThat(join(server)).isTrue();
        }
    }
}
