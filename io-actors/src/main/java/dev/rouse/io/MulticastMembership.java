package dev.rouse.io;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.channels.MembershipKey;
import org.jspecify.annotations.Nullable;

/// That a [UdpSocket] gets what is sent to a multicast group, until this or the socket is closed. Any thread.
public final class MulticastMembership implements AutoCloseable {
    private final MembershipKey key;

    MulticastMembership(MembershipKey key) {
        this.key = key;
    }

    public InetAddress group() {
        return key.group();
    }

    /// On which interface it was joined.
    public NetworkInterface device() {
        return key.networkInterface();
    }

    /// The only sender that is heard; null if all are.
    public @Nullable InetAddress source() {
        return key.sourceAddress();
    }

    /// Whether it has not been left.
    public boolean isMember() {
        return key.isValid();
    }

    /// Leaves the group. What has arrived already is still received. Idempotent.
    @Override
    public void close() {
        key.drop();
    }
}
