package dev.rouse.perf;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/// A server that sends back what it gets, on the loopback interface: the same work for every peer.
interface EchoServer extends AutoCloseable {
    InetSocketAddress localAddress();

    /// Closes the server and its connections, and waits for its threads.
    @Override
    void close() throws IOException;

    /// A free port on the loopback interface: nobody else can reach what is being measured.
    static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }
}
