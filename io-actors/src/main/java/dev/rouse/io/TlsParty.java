package dev.rouse.io;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One end of a TLS connection, as messages name it.
///
/// @param host the name or address that a client has asked for; null on a server
/// @param name whom the server's certificate must name: the host or, where a client asks for another name there, that;
///     null on a server
record TlsParty(@Nullable String host, @Nullable String name, SocketAddress local, SocketAddress remote) {

    static TlsParty client(String host, TlsOptions options, ByteStream below) {
        String asked = options.serverName();
        String name = asked == null || asked.isEmpty() ? host : asked;
        return new TlsParty(host, name, below.localAddress(), below.remoteAddress());
    }

    static TlsParty server(ByteStream below) {
        return new TlsParty(null, null, below.localAddress(), below.remoteAddress());
    }

    boolean isClient() {
        return host != null;
    }

    /// The peer's port, by which a client finds a session again; -1 where there is none.
    int port() {
        return remote instanceof InetSocketAddress address ? address.getPort() : -1;
    }

    @Override
    public String toString() {
        return "tls stream, side=" + (host == null ? "server" : "client, host=" + host)
                + (Objects.equals(host, name) ? "" : ", serverName=" + name) + ", local=" + Failures.text(local)
                + ", remote=" + Failures.text(remote);
    }
}
