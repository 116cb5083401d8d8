package dev.rouse.io;

import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/// Makes the JDK's engines as the options say. Takes milliseconds, since the JDK may read the trusted certificates and
/// make keys: not for a shard.
final class TlsEngines {
    private TlsEngines() {}

    /// An engine that has begun its handshake.
    ///
    /// @throws IllegalArgumentException if it does not know a protocol or a cipher suite
    static SSLEngine begun(TlsParty party, TlsOptions options) {
        SSLContext context = context(options);
        // By name and port a client finds an earlier session: the name must be the one that the certificate
        // was checked for.
        SSLEngine engine =
                party.isClient() ? context.createSSLEngine(party.name(), party.port()) : context.createSSLEngine();
        engine.setUseClientMode(party.isClient());
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(known(
                "protocol",
                options.protocols(),
                context.getSupportedSSLParameters().getProtocols()));
        if (!options.cipherSuites().isEmpty()) {
            parameters.setCipherSuites(known(
                    "cipher suite",
                    options.cipherSuites(),
                    context.getSupportedSSLParameters().getCipherSuites()));
        }
        parameters.setApplicationProtocols(options.applicationProtocols().toArray(new String[0]));
        if (party.isClient()) {
            setUpClient(parameters, party, options);
        } else {
            setUpServer(parameters, options);
        }
        engine.setSSLParameters(parameters);
        try {
            engine.beginHandshake();
        } catch (SSLException e) {
            throw new IllegalArgumentException(
                    "tls options do not go together: " + party + ", protocols=" + options.protocols()
                            + ", cipherSuites=" + options.cipherSuites() + ", cause=" + e.getMessage()
                            + "; choose cipher suites of the protocols",
                    e);
        }
        return engine;
    }

    private static SSLContext context(TlsOptions options) {
        SSLContext context = options.context();
        if (context != null) {
            return context;
        }
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(
                    "the JDK has no default context for tls: cause=" + e.getMessage()
                            + "; look at the system properties javax.net.ssl, or set TlsOptions.withContext",
                    e);
        }
    }

    private static String[] known(String what, List<String> wanted, String[] supported) {
        for (String each : wanted) {
            if (!Arrays.asList(supported).contains(each)) {
                throw new IllegalArgumentException(
                        what + " unknown: value=" + each + ", supported=" + String.join(" ", supported));
            }
        }
        return wanted.toArray(new String[0]);
    }

    private static void setUpClient(SSLParameters parameters, TlsParty party, TlsOptions options) {
        if (options.hostnameCheck()) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        SNIHostName name = serverName(String.valueOf(party.host()), options);
        parameters.setServerNames(name == null ? List.of() : List.of(name));
    }

    private static void setUpServer(SSLParameters parameters, TlsOptions options) {
        switch (options.clientCertificates()) {
            case NONE -> {}
            case WANTED -> parameters.setWantClientAuth(true);
            case REQUIRED -> parameters.setNeedClientAuth(true);
        }
    }

    /// The JDK's own choice would leave out names without a dot.
    private static @Nullable SNIHostName serverName(String host, TlsOptions options) {
        String chosen = options.serverName();
        if (chosen != null) {
            return chosen.isEmpty() ? null : new SNIHostName(chosen);
        }
        if (isAddress(host)) {
            return null;
        }
        try {
            return new SNIHostName(host);
        } catch (IllegalArgumentException _) {
            return null; // no name that the protocol can carry, such as one that ends with a dot
        }
    }

    /// Colons are in no name; and of digits and dots alone, no top level domain can be made.
    private static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }
}
