package dev.rouse.io;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/// How a layer over a stream is called in messages, without holding the layer or its stream.
///
/// @param what its kind, and what else is to be said of it
/// @param remote null if it has no stream yet
record PeerName(String what, @Nullable SocketAddress remote) {

    static PeerName of(String what, ByteStream stream) {
        return new PeerName(what, stream.remoteAddress());
    }

    @Override
    public String toString() {
        return what + ", remote=" + (remote == null ? "none" : Failures.text(remote));
    }
}
