package dev.rouse.io;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/// The texts of what can go wrong with datagrams.
final class UdpFailures {

    /// The length fields of IPv4 and UDP have 16 bits, headers of 20 and 8 bytes included.
    static final int MOST_BYTES_IPV4 = 65_507;

    /// In IPv6 the length is without the header of IP.
    static final int MOST_BYTES_IPV6 = 65_527;

    private UdpFailures() {}

    /// A failure with the caller's stack, saying what was done to which socket.
    static IOException of(String verb, String subject, IOException cause) {
        if (cause instanceof PortUnreachableException) {
            PortUnreachableException failure = new PortUnreachableException("port unreachable: " + subject + ", call="
                    + verb + "; an earlier datagram met nobody there; the socket stays usable, send again later");
            failure.initCause(cause);
            return failure;
        }
        String remedy = Failures.cause(cause).equals("permission denied")
                ? "; a broadcast needs UdpOptions.withBroadcast()"
                : "";
        return Failures.operation(verb, subject, cause, remedy);
    }

    /// A socket that has no peer of its own, in what it sends to one.
    static String towards(@Nullable InetSocketAddress target, String socket) {
        return socket + ", target=" + Failures.text(target);
    }

    static IOException tooLarge(String subject, int size, int limit) {
        return new SocketException("cannot send: " + subject + ", size=" + size + ", limit=" + limit
                + ", cause=message too long; send it in parts");
    }

    static IOException emptyFromConnected(String subject) {
        return new SocketException("cannot send: " + subject + ", size=0, cause=the JDK sends no empty datagram from a"
                + " connected socket; send it from one that is not connected");
    }

    static int mostBytes(InetAddress target) {
        return target instanceof Inet4Address ? MOST_BYTES_IPV4 : MOST_BYTES_IPV6;
    }
}
