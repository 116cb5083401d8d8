package dev.rouse.testkit;

import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ports of one protocol on a [SimulatedHost]: which socket has which, at which address of the host or at all.
///
/// As in Linux, a socket at one address hears what is sent to just that, so one at loopback hears nobody on another
/// host, and two may have the same port at different addresses.
final class Ports<C> {
    /// At most one for each port and address of the host.
    private final Map<InetSocketAddress, C> bound = new LinkedHashMap<>();

    boolean hasTaken(int port) {
        return bound.keySet().stream().anyMatch(each -> each.getPort() == port);
    }

    void bind(InetSocketAddress at, C socket) throws BindException {
        boolean taken = isAny(at) ? hasTaken(at.getPort()) : find(at) != null;
        if (taken) {
            throw new BindException("Address already in use");
        }
        bound.put(key(at), socket);
    }

    /// Has a socket that was at all addresses at this one only.
    void move(C socket, InetSocketAddress to) {
        remove(socket);
        bound.put(key(to), socket);
    }

    /// The one that hears what is sent there.
    @Nullable
    C find(InetSocketAddress to) {
        C exactly = bound.get(to);
        return exactly == null ? bound.get(any(to.getPort())) : exactly;
    }

    void remove(C socket) {
        bound.values().remove(socket);
    }

    void clear() {
        bound.clear();
    }

    Collection<C> sockets() {
        return bound.values();
    }

    /// All addresses are one, of whatever family they were asked for.
    private static InetSocketAddress key(InetSocketAddress at) {
        return isAny(at) ? any(at.getPort()) : at;
    }

    private static InetSocketAddress any(int port) {
        return new InetSocketAddress(port);
    }

    private static boolean isAny(InetSocketAddress at) {
        InetAddress address = at.getAddress();
        return address.isAnyLocalAddress();
    }
}
