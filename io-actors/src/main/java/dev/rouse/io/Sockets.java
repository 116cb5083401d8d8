package dev.rouse.io;

import dev.rouse.dispatch.spi.Conductor;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;

/// Where sockets come from: the machine or, for code in a simulation, that.
final class Sockets {

    private Sockets() {}

    static SelectorProvider provider() {
        Conductor conductor = Conductor.current();
        return conductor == null ? SelectorProvider.provider() : conductor.sockets();
    }

    /// @throws UnsupportedOperationException if there are no sockets for such an address
    static SocketChannel openStream(SocketAddress address) throws IOException {
        return isUnix(address)
                ? provider().openSocketChannel(StandardProtocolFamily.UNIX)
                : provider().openSocketChannel();
    }

    /// @throws UnsupportedOperationException if there are no sockets for such an address
    static ServerSocketChannel openListener(SocketAddress address) throws IOException {
        return isUnix(address)
                ? provider().openServerSocketChannel(StandardProtocolFamily.UNIX)
                : provider().openServerSocketChannel();
    }

    private static boolean isUnix(SocketAddress address) {
        return address instanceof UnixDomainSocketAddress;
    }
}
