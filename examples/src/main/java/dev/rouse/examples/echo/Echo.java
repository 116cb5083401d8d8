package dev.rouse.examples.echo;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.SystemClosedException;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import dev.rouse.io.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;

/// Sends back what comes in, over TCP and UDP on one port.
///
/// Each connection is a function in direct style: it reads as if it blocked, and costs a thread nothing while it waits.
final class Echo implements AutoCloseable {
    private static final int LARGEST_DATAGRAM = 65_535;

    private final TcpListener listener;
    private final UdpSocket socket;
    private final ActorSystem system;

    /// Listens and serves; ready when it returns. Port 0 takes a free one, see [#address].
    ///
    /// @throws IOException if the address cannot be listened on, for TCP or for UDP
    Echo(InetSocketAddress address) throws IOException {
        listener = TcpListener.bind(address);
        try {
            socket = UdpSocket.bind(listener.localAddress());
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        system = ActorSystem.create();
        system.spawn(this::acceptAll);
        system.spawn(this::echoDatagrams);
    }

    InetSocketAddress address() {
        return listener.localAddress();
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
