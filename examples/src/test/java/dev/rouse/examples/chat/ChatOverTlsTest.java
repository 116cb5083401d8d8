package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.io.TlsOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The server with `--tls-keystore`, and clients that check whom they talk to.
class ChatOverTlsTest {
    /// Of the authority and of all that it has issued; the keys for `localhost` are among them.
    private static final Path KEYS = Path.of("../io-actors/src/test/resources/tls/certificates.p12");

    private static final String PASSWORD = "rouse-test";

    private final TestServer server;

    @TempDir
    private Path files = Path.of("");

    ChatOverTlsTest() throws Exception {
        Path keys = Files.createTempFile("server", ".p12");
        Path password = Files.createTempFile("password", ".txt");
        try {
            Files.write(keys, serverKeys());
            Files.writeString(password, PASSWORD + "\n");
            TlsOptions tls = TlsOptions.server(TlsKeys.load(keys, password));
            server = TestServer.start(options -> options.withTls(tls));
        } finally {
            Files.delete(keys);
            Files.delete(password);
        }
    }

    @AfterEach
    void close() {
        server.close();
    }

    private static KeyStore all() throws Exception {
        try (InputStream in = Files.newInputStream(KEYS)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            return store;
        }
    }

    /// Only the key for `localhost`.
    private static byte[] serverKeys() throws Exception {
        KeyStore all = all();
        char[] password = PASSWORD.toCharArray();
        KeyStore one = KeyStore.getInstance("PKCS12");
        one.load(null, password);
        one.setKeyEntry("server", all.getKey("server", password), password, all.getCertificateChain("server"));
        var out = new java.io.ByteArrayOutputStream();
        one.store(out, password);
        return out.toByteArray();
    }

    private static SSLContext trust() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", all().getCertificate("authority"));
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private TestClient connect() throws Exception {
        Socket plain =
                new Socket(server.address().getAddress(), server.address().getPort());
        SSLSocket socket =
                (SSLSocket) trust().getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        return TestClient.over(socket);
    }

    private TestClient join(String nick) throws Exception {
        TestClient client = connect();
        client.send("NICK " + nick, "USER " + nick + " 0 * :" + nick, "JOIN #rouse");
        client.expect(" 366 ");
        return client;
    }

    @Test
    void clientsTalkAndHearThatOneHasQuit() throws Exception {
        try (TestClient ada = join("ada");
                TestClient bob = join("bob")) {
            ada.expect("JOIN #rouse");
            ada.send("PRIVMSG #rouse :" + "hello ".repeat(50));
            assertThat(bob.expect("PRIVMSG")).contains("hello hello");
            ada.send("QUIT :bye");
            assertThat(ada.readToTheEnd().getLast()).contains("ERROR");
            bob.expect("QUIT :");
        }
    }

    @Test
    void aClientWithoutTlsIsNotServedAndHarmsNobody() throws Exception {
        try (TestClient ada = join("ada")) {
            try (TestClient plain = server.connect()) {
                plain.send("NICK plain", "USER plain 0 * :plain");
                assertThat(plain.readToTheEnd()).noneMatch(line -> line.contains("plain"));
            }
            assertThat(ada.ask("ISON plain ada")).containsExactly(":irc.test 303 ada :ada");
        }
    }

    @Test
    void everybodyHearsThatTheServerEnds() throws Exception {
        try (TestClient ada = join("ada")) {
            server.server().close();
            assertThat(ada.readToTheEnd().getLast()).contains(IrcServer.SHUTTING_DOWN);
        }
    }

    @Test
    void keysThatCannotBeUsedAreNamed() throws Exception {
        Path password = Files.writeString(files.resolve("password"), "wrong");
        assertThatThrownBy(() -> TlsKeys.load(KEYS, password))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot use the keys: file=" + KEYS + ", cause=keystore password was incorrect");
        Path none = files.resolve("none");
        assertThatThrownBy(() -> TlsKeys.load(KEYS, none))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot read the password: file=" + none + ", cause=");
        Path good = Files.writeString(files.resolve("good"), PASSWORD);
        assertThatThrownBy(() -> TlsKeys.load(none, good))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot use the keys: file=" + none + ", cause=");
        KeyStore empty = KeyStore.getInstance("PKCS12");
        empty.load(null, null);
        Path keyless = files.resolve("keyless");
        try (var out = Files.newOutputStream(keyless)) {
            empty.store(out, PASSWORD.toCharArray());
        }
        assertThatThrownBy(() -> TlsKeys.load(keyless, good))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot use the keys: file=" + keyless + ", cause=it holds no private key");
    }
}
