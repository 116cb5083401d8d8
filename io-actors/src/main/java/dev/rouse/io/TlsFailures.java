package dev.rouse.io;

import dev.rouse.io.TlsException.Reason;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The texts of what can go wrong with TLS, and why it has: an engine says so in words only.
final class TlsFailures {
    /// Bytes of a peer that does not speak TLS that a message shows.
    private static final int SHOWN_BYTES = 16;

    /// Causes of causes that are looked at. A guess.
    private static final int DEPTH = 8;

    private static final String ALERT = "fatal alert: ";

    private TlsFailures() {}

    static TlsException handshake(TlsParty party, Exception cause) {
        Reason reason = reason(cause);
        if (reason == Reason.ENDED_IN_HANDSHAKE) {
            return endedInHandshake(party);
        }
        return new TlsException(
                reason,
                "tls handshake failed: " + party + ", cause=" + text(reason, cause) + remedy(reason, cause, party),
                cause);
    }

    static TlsException broken(TlsParty party, Exception cause) {
        return new TlsException(
                reason(cause),
                "tls connection broken: " + party + ", cause=" + text(rootOf(cause))
                        + "; what was read before is as the peer has sent it, close the stream",
                cause);
    }

    static TlsException timeout(TlsParty party, Duration timeout) {
        return new TlsException(
                Reason.TIMEOUT,
                "tls handshake timed out: " + party + ", handshakeTimeout=" + timeout.toMillis()
                        + "ms; the peer is slow, does not speak TLS, or waits for us to speak first in the clear",
                null);
    }

    static TlsException plainText(TlsParty party, ByteBuffer bytes) {
        return new TlsException(
                Reason.PLAIN_TEXT,
                "peer does not speak tls: " + party + ", received=\"" + printable(bytes)
                        + (party.isClient()
                                ? "\"; connect to the port where it serves TLS, or without TLS"
                                : "\"; it may have taken this for the port without TLS"),
                null);
    }

    static TlsException noRecord(TlsParty party, ByteBuffer bytes) {
        return new TlsException(
                Reason.CORRUPT,
                "tls connection broken: " + party + ", cause=no record begins with \"" + printable(bytes)
                        + "\"; something between the peers has changed the bytes, close the stream",
                null);
    }

    static TlsException longRecord(TlsParty party, int bytes) {
        return new TlsException(
                Reason.CORRUPT,
                "tls connection broken: " + party + ", cause=a record is too long, bytes=" + bytes + ", limit="
                        + RecordBuffers.LONGEST_CONTENT_BYTES + "; the peer breaks the protocol, close the stream",
                null);
    }

    static TlsException endedInHandshake(TlsParty party) {
        return new TlsException(
                Reason.ENDED_IN_HANDSHAKE,
                "tls handshake failed: " + party
                        + ", cause=the peer has closed the connection; its log may say why, it may not speak TLS",
                null);
    }

    static TlsException truncated(TlsParty party) {
        return new TlsException(
                Reason.TRUNCATED,
                "tls connection ended without close_notify: " + party
                        + "; somebody may have cut it, use what was read only if its own format says that it is whole",
                null);
    }

    static TlsException renegotiation(TlsParty party) {
        return new TlsException(
                Reason.RENEGOTIATION,
                "tls connection broken: " + party
                        + ", cause=the peer wants to renegotiate, which is refused; have it speak TLS 1.3, close the"
                        + " stream",
                null);
    }

    static TlsException crowdedRecord(TlsParty party) {
        return new TlsException(
                Reason.NO_PROGRESS,
                "tls connection broken: " + party
                        + ", cause=one record of the peer asks for more answers than limit=" + TlsStream.ANSWERS
                        + "; the peer breaks the protocol, where new keys begin with a new record, close the stream",
                null);
    }

    static TlsException noProgress(TlsParty party, int records, int bytes) {
        return new TlsException(
                Reason.NO_PROGRESS,
                "tls connection broken: " + party + ", cause=too much in a row that has no byte for the reader,"
                        + " records=" + records + ", limit=" + TlsStream.IDLE_RECORDS + ", bytes=" + bytes
                        + ", limitBytes=" + TlsStream.IDLE_BYTES
                        + "; the peer asks for new keys, or sends tickets, without need, close the stream",
                null);
    }

    static TlsException overloaded(TlsParty party) {
        return new TlsException(
                Reason.OVERLOADED,
                "tls handshake refused: " + party + ", limit=" + TlsTasks.QUEUED
                        + "; so many steps of handshakes wait to be computed, accept fewer connections at a time",
                null);
    }

    /// The same again, for whoever uses the stream after it.
    static TlsException again(TlsException first) {
        return new TlsException(first.reason(), String.valueOf(first.getMessage()), first);
    }

    private static Reason reason(Throwable failure) {
        Throwable each = failure;
        for (int i = 0; i < DEPTH && each != null; i++) {
            Reason reason = reasonOf(each);
            if (reason != null) {
                return reason;
            }
            each = each.getCause();
        }
        return reasonOf(text(failure));
    }

    /// By the type of one of the causes.
    private static @Nullable Reason reasonOf(Throwable cause) {
        return switch (cause) {
            case CertificateExpiredException _, CertificateNotYetValidException _ -> Reason.EXPIRED_CERTIFICATE;
            case CertPathBuilderException _ -> Reason.UNTRUSTED_CERTIFICATE;
            case CertPathValidatorException e ->
                e.getReason() == CertPathValidatorException.BasicReason.EXPIRED
                                || e.getReason() == CertPathValidatorException.BasicReason.NOT_YET_VALID
                        ? Reason.EXPIRED_CERTIFICATE
                        : Reason.UNTRUSTED_CERTIFICATE;
            case CertificateException e
            when e.getCause() == null ->
                text(e).contains(" matching ") ? Reason.NAME_MISMATCH : Reason.UNTRUSTED_CERTIFICATE;
            case GeneralSecurityException e when e.getCause() == null -> Reason.CORRUPT;
            default -> null;
        };
    }

    /// By what the engine says.
    private static Reason reasonOf(String text) {
        int alert = text.indexOf(ALERT);
        if (alert >= 0) {
            return switch (text.substring(alert + ALERT.length())) {
                case "protocol_version" -> Reason.NO_COMMON_PROTOCOL;
                case "no_application_protocol" -> Reason.NO_COMMON_APPLICATION_PROTOCOL;
                case "certificate_required" -> Reason.MISSING_CERTIFICATE;
                case "bad_record_mac", "decryption_failed", "decode_error" -> Reason.CORRUPT;
                default -> Reason.REFUSED_BY_PEER;
            };
        }
        if (text.contains("close_notify during handshake")) {
            return Reason.ENDED_IN_HANDSHAKE;
        }
        if (text.contains("application layer protocol") || text.contains("application protocol")) {
            return Reason.NO_COMMON_APPLICATION_PROTOCOL;
        }
        if (text.contains("cipher suites in common") || text.contains("selected ciphersuite")) {
            return Reason.NO_COMMON_CIPHER_SUITE;
        }
        if (text.contains("protocol version")
                || text.contains("appropriate protocol")
                || text.contains("is not enabled or supported")) {
            return Reason.NO_COMMON_PROTOCOL;
        }
        if (text.contains("certificate chain") || text.contains("authentication scheme")) {
            return Reason.MISSING_CERTIFICATE;
        }
        return Reason.CORRUPT;
    }

    private static String text(Reason reason, Exception cause) {
        return switch (reason) {
            case UNTRUSTED_CERTIFICATE, EXPIRED_CERTIFICATE, NAME_MISMATCH -> text(rootOf(cause));
            default -> text(cause);
        };
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        for (int i = 0; i < DEPTH && root.getCause() != null; i++) {
            root = root.getCause();
        }
        return root;
    }

    private static String remedy(Reason reason, Exception cause, TlsParty party) {
        return switch (reason) {
            case UNTRUSTED_CERTIFICATE ->
                "; have the trust managers of the context trust the authority that has issued the peer's"
                        + " certificate, or the peer send the certificates between";
            case EXPIRED_CERTIFICATE -> "; the peer needs a new certificate, if the clock of this machine is right";
            case NAME_MISMATCH ->
                "; connect by a name that is in the certificate, or have one issued for " + party.name();
            case MISSING_CERTIFICATE ->
                text(cause).contains(ALERT)
                        ? "; the peer wants a client certificate, put one in the key managers of the context"
                        : "; the side without it needs a key and a certificate in the key managers of its context, of"
                                + " a kind that both sides speak";
            case NO_COMMON_PROTOCOL -> "; compare the protocols in the options of both sides";
            case NO_COMMON_CIPHER_SUITE ->
                "; compare the cipher suites in the options of both sides, and see whether the server has a key for"
                        + " one of them";
            case NO_COMMON_APPLICATION_PROTOCOL -> "; compare the application protocols in the options of both sides";
            case REFUSED_BY_PEER -> "; the peer has refused, its log says more" + remedyOfAlert(text(cause));
            default -> "; the peer breaks the protocol, or something between has changed the bytes";
        };
    }

    private static String remedyOfAlert(String text) {
        if (text.endsWith("unknown_ca") || text.endsWith("certificate_unknown") || text.endsWith("bad_certificate")) {
            return ": it does not trust our certificate, or its names";
        }
        if (text.endsWith("handshake_failure")) {
            return ": there may be no common cipher suite, or it wants a client certificate";
        }
        return "";
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        if (message == null || message.isEmpty()) {
            return failure.getClass().getSimpleName();
        }
        String text = message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }

    /// What of it can be shown on one line.
    private static String printable(ByteBuffer bytes) {
        StringBuilder text = new StringBuilder();
        int end = Math.min(bytes.limit(), bytes.position() + SHOWN_BYTES);
        for (int i = bytes.position(); i < end; i++) {
            char c = (char) Byte.toUnsignedInt(bytes.get(i));
            text.append(c >= ' ' && c <= '~' && c != '"' ? c : '.');
        }
        return text.toString();
    }
}
