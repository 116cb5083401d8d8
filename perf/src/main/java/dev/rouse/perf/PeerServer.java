package dev.rouse.perf;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/// A server of one peer on the loopback interface, alone in a process.
interface PeerServer extends AutoCloseable {
    InetSocketAddress localAddress();

    /// Does what a scenario asks of the process, and answers with one line.
    ///
    /// @throws IOException also when it knows no such request
    default String answer(String request) throws IOException {
        throw new IOException("unknown request: line=" + request);
    }

    /// Closes the server and its connections, and waits for its threads.
    @Override
    void close() throws IOException;

    /// A free port on the loopback interface: nobody else can reach what is being measured.
    static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }
}
