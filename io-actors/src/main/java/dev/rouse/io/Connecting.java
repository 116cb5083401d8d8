package dev.rouse.io;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/// How a [TcpStream] is connected: to one address, to the first of several that takes it, or to those of a name. Any
/// function; what it promises is said there.
final class Connecting {

    /// Addresses that one call tries. A name with more has them for sharing out load. A guess.
    static final int MOST_ADDRESSES = 16;

    private static final int MOST_PORT = 65_535;

    private Connecting() {}

    static TcpStream to(SocketAddress address, TcpOptions options) throws IOException {
        Failures.requireResolved("connect", address);
        Origin origin = Origin.here("stream");
        return TcpStream.connecting(open(address, options), origin, address, options);
    }

    static TcpStream toAny(List<? extends SocketAddress> addresses, TcpOptions options) throws IOException {
        if (addresses.isEmpty() || addresses.size() > MOST_ADDRESSES) {
            throw new IllegalArgumentException(
                    "cannot connect: addresses=" + addresses.size() + ", least=1, most=" + MOST_ADDRESSES);
        }
        return toFirst(List.copyOf(addresses), addresses.size(), options);
    }

    static TcpStream toName(Names names, String host, int port, TcpOptions options) throws IOException {
        if (port < 0 || port > MOST_PORT) {
            throw new IllegalArgumentException("cannot connect: port=" + port + ", least=0, most=" + MOST_PORT);
        }
        List<InetAddress> known = names.lookUp(host);
        List<InetSocketAddress> tried = known.stream()
                .limit(MOST_ADDRESSES)
                .map(each -> new InetSocketAddress(each, port))
                .toList();
        return toFirst(tried, known.size(), options);
    }

    /// @param known addresses that there are, of which some are tried
    private static TcpStream toFirst(List<? extends SocketAddress> addresses, int known, TcpOptions options)
            throws IOException {
        List<IOException> failures = new ArrayList<>();
        for (SocketAddress each : addresses) {
            try {
                return to(each, options);
            } catch (ConnectionLimitException e) {
                throw e; // the others would not be let in either
            } catch (IOException e) {
                failures.add(e);
            }
        }
        throw known == 1 ? failures.getFirst() : Failures.connect(failures, known);
    }

    private static SocketChannel open(SocketAddress address, TcpOptions options) throws ConnectException {
        SocketChannel channel = openUnconnected(address);
        try {
            SocketSetup.stream(channel, options);
            return channel;
        } catch (IOException e) {
            Failures.close(channel, e);
            throw Failures.connect(address, e);
        } catch (RuntimeException | Error e) {
            Failures.close(channel, e);
            throw e;
        }
    }

    private static SocketChannel openUnconnected(SocketAddress address) throws ConnectException {
        try {
            return Sockets.openStream(address);
        } catch (IOException e) {
            throw Failures.connect(address, e);
        }
    }
}
