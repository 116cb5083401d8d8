package dev.rouse.examples.echo;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.SystemClosedException;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import dev.rouse.io.UdpSocket;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;

/// Sends back what comes in, over TCP and UDP on one port.
///
/// Each connection is a function in direct style: it reads as if it blocked, and costs a thread nothing while it waits.
final class Echo implements AutoCloseable {
    private static final int LARGEST_DATAGRAM = 65_535;

    /// How many free ports are tried until one is free for UDP too. A guess: few machines use so many for UDP that
    /// one in a hundred is taken.
    private static final int PORT_ATTEMPTS = 10;

    private final TcpListener listener;
    private final UdpSocket socket;
    private final ActorSystem system;

    /// Listens and serves; ready when it returns. Port 0 takes a free one, see [#address].
    ///
    /// @throws IOException if the address cannot be listened on, for TCP or for UDP
    Echo(InetSocketAddress address) throws IOException {
        this(address, TcpListener::bind);
    }

    /// @param listen binds the TCP port, a seam for tests of which one that is
    Echo(InetSocketAddress address, Listen listen) throws IOException {
        Ports ports = ports(address, listen);
        listener = ports.listener();
        socket = ports.socket();
        system = ActorSystem.create();
        system.spawn(this::acceptAll);
        system.spawn(this::echoDatagrams);
    }

    /// A free port is chosen for TCP, and may be taken for UDP: then another one is tried.
    private static Ports ports(InetSocketAddress address, Listen listen) throws IOException {
        int attempts = address.getPort() == 0 ? PORT_ATTEMPTS : 1;
        for (int attempt = 1; ; attempt++) {
            TcpListener listener = listen.bind(address);
            try {
                return new Ports(listener, UdpSocket.bind(addressOf(listener)));
            } catch (IOException e) {
                listener.close();
                if (attempt == attempts) {
                    throw attempts == 1 ? e : noPortForBoth(address, e);
                }
            }
        }
    }

    private static InetSocketAddress addressOf(TcpListener listener) {
        return (InetSocketAddress) listener.localAddress();
    }

    private static BindException noPortForBoth(InetSocketAddress address, IOException last) {
        Throwable system = last.getCause() == null ? last : last.getCause();
        BindException failure = new BindException("found no port that is free for both TCP and UDP: host="
                + address.getHostString() + ", attempts=" + PORT_ATTEMPTS + ", last cause=" + system.getMessage()
                + "; choose a port with --port");
        failure.initCause(last);
        return failure;
    }

    @FunctionalInterface
    interface Listen {
        TcpListener bind(InetSocketAddress address) throws IOException;
    }

    private record Ports(TcpListener listener, UdpSocket socket) {}

    InetSocketAddress address() {
        return addressOf(listener);
    }

    @Override
    public void close() {
        listener.close();
        socket.close();
        system.close();
    }

    /// Whatever ends accepting closes the listener: peers are refused then, instead of waiting for nobody.
    private void acceptAll() {
        try (listener) {
            while (true) {
                start(listener.accept());
            }
        } catch (ClosedChannelException | SystemClosedException _) {
            // that is how accepting ends
        }
    }

    private void start(TcpStream stream) {
        try {
            system.spawn(() -> echo(stream));
        } catch (RuntimeException e) {
            stream.close();
            throw e;
        }
    }

    private static void echo(TcpStream stream) {
        try (stream) {
            for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                stream.write(bytes);
            }
        } catch (IOException _) {
            // the peer is gone: an end like any other
        }
    }

    private void echoDatagrams() throws IOException {
        ByteBuffer datagram = ByteBuffer.allocateDirect(LARGEST_DATAGRAM);
        try {
            while (true) {
                InetSocketAddress sender = socket.receive(datagram.clear());
                sendBack(datagram.flip(), sender);
            }
        } catch (ClosedChannelException _) {
            // that is how receiving ends
        }
    }

    private void sendBack(ByteBuffer datagram, InetSocketAddress sender) throws ClosedChannelException {
        try {
            socket.send(datagram, sender);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException _) {
            // its sender cannot be reached, port 0 for example: lost, as datagrams may be
        }
    }
}
