package dev.rouse.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// Keys and certificates for tests, and contexts that use them. All but the stranger's are issued by the authority,
/// which the contexts trust.
///
/// They are in a file that was made once, by the JDK's `keytool`, with
/// ```
/// K="keytool -keystore certificates.p12 -storepass rouse-test"
/// V="-startdate 2025/01/01 -validity 36500"
/// P="-genkeypair -keyalg EC -groupname secp256r1"
/// $K $P -alias authority -dname CN=authority -ext bc:c $V
/// $K $P -signer authority $V -alias server -dname CN=server -ext san=dns:localhost,dns:server.test,ip:127.0.0.1
/// $K $P -signer authority $V -alias other -dname CN=other -ext san=dns:other.test
/// $K $P -signer authority $V -alias client -dname CN=client
/// $K $P -alias stranger -dname CN=stranger -ext san=dns:localhost $V
/// $K $P -signer authority -alias expired -dname CN=expired -ext san=dns:localhost -startdate 2025/01/01 -validity 1
/// $K -genkeypair -keyalg RSA -keysize 2048 -signer authority -alias rsa -dname CN=rsa -ext san=dns:localhost $V
/// ```
final class TestCertificates {
    static final char[] PASSWORD = "rouse-test".toCharArray();

    private static final KeyStore ALL = load();

    private TestCertificates() {}

    private static KeyStore load() {
        try (InputStream in = Objects.requireNonNull(
                TestCertificates.class.getResourceAsStream("/tls/certificates.p12"), "the file of certificates")) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD);
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /// With these keys, trusting the authority. A context of its own, so that no session of another test is
    /// resumed.
    static SSLContext context(String... aliases) {
        try {
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(keys(aliases), PASSWORD);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(certificates("authority"));
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static KeyStore keys(String... aliases) {
        try {
            KeyStore some = empty();
            for (String alias : aliases) {
                some.setKeyEntry(alias, ALL.getKey(alias, PASSWORD), PASSWORD, ALL.getCertificateChain(alias));
            }
            return some;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static KeyStore certificates(String... aliases) {
        try {
            KeyStore some = empty();
            for (String alias : aliases) {
                some.setCertificateEntry(alias, ALL.getCertificate(alias));
            }
            return some;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static KeyStore empty() throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, PASSWORD);
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
