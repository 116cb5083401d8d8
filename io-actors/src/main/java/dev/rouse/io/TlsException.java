package dev.rouse.io;

import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// TLS cannot protect a connection, or not any more: it is broken, and all that is left is to close it. [#reason] says
/// why, the message also who and what to do.
public final class TlsException extends SSLException {
    private static final long serialVersionUID = 1L;

    /// Why.
    public enum Reason {
        /// The handshake was not over in [TlsOptions#handshakeTimeout].
        TIMEOUT,

        /// What the peer has sent first is no TLS.
        PLAIN_TEXT,

        /// The peer's certificate is none that the trust managers of the context accept.
        UNTRUSTED_CERTIFICATE,

        /// A certificate of the peer is out of date, or not in force yet.
        EXPIRED_CERTIFICATE,

        /// The server's certificate is for other names than the one that was asked for.
        NAME_MISMATCH,

        /// One side has no certificate that the other one wants.
        MISSING_CERTIFICATE,

        /// Both sides have no version of TLS in common.
        NO_COMMON_PROTOCOL,

        /// Both sides have no cipher suite in common.
        NO_COMMON_CIPHER_SUITE,

        /// Both sides speak TLS, but no application protocol (ALPN) in common.
        NO_COMMON_APPLICATION_PROTOCOL,

        /// The peer has sent an alert of another kind. It knows why.
        REFUSED_BY_PEER,

        /// The connection has ended within the handshake.
        ENDED_IN_HANDSHAKE,

        /// The connection has ended without the peer's close_notify: what was read may be only a part of what
        /// was sent.
        TRUNCATED,

        /// The peer wants another handshake on the same connection, which TLS 1.3 has abolished.
        RENEGOTIATION,

        /// The peer sends ever more that has no byte for the reader, such as requests for new keys, which cost
        /// it little and this end much.
        NO_PROGRESS,

        /// Too many handshakes wait to be computed.
        OVERLOADED,

        /// What has come is not what the peer has sealed, or breaks the protocol.
        CORRUPT
    }

    private final Reason reason;

    TlsException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
