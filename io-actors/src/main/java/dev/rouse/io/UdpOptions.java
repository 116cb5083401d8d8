package dev.rouse.io;

import java.net.NetworkInterface;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// How a UDP socket is set up: [#defaults], and what is to differ from them. Immutable.
///
/// @param reuseAddress share the port with others that do too (`SO_REUSEADDR`), as several listeners to one group must
/// @param reusePort share the port, and let the system spread what comes over those that do (`SO_REUSEPORT`)
/// @param broadcast may send to broadcast addresses (`SO_BROADCAST`)
/// @param sendBufferBytes `SO_SNDBUF`, a hint; 0 leaves it to the system
/// @param receiveBufferBytes `SO_RCVBUF`, a hint; 0 leaves it to the system. What comes while it is full is dropped by
///     the system: [UdpSocket#kernelDrops]
/// @param multicastInterface by which datagrams to groups leave; null leaves it to the system
/// @param multicastTtl how many networks datagrams to groups cross, 0 to 255
/// @param multicastLoop whether members on this machine get what is sent to a group here
/// @param oversize what becomes of a datagram that is larger than the room offered
public record UdpOptions(
        boolean reuseAddress,
        boolean reusePort,
        boolean broadcast,
        int sendBufferBytes,
        int receiveBufferBytes,
        @Nullable NetworkInterface multicastInterface,
        int multicastTtl,
        boolean multicastLoop,
        Oversize oversize) {

    /// One byte of the header.
    private static final int MOST_TTL = 255;

    private static final UdpOptions DEFAULTS =
            new UdpOptions(false, false, false, 0, 0, null, 1, true, Oversize.TRUNCATE);

    /// @throws IllegalArgumentException if a size is below 0 or the TTL out of its range
    public UdpOptions {
        Objects.requireNonNull(oversize, "oversize");
        requireAtLeastZero("sendBufferBytes", sendBufferBytes);
        requireAtLeastZero("receiveBufferBytes", receiveBufferBytes);
        requireAtLeastZero("multicastTtl", multicastTtl);
        if (multicastTtl > MOST_TTL) {
            throw new IllegalArgumentException(
                    "option out of range: multicastTtl=" + multicastTtl + ", most=" + MOST_TTL);
        }
    }

    private static void requireAtLeastZero(String name, int actual) {
        if (actual < 0) {
            throw new IllegalArgumentException("option out of range: " + name + "=" + actual + ", least=0");
        }
    }

    /// Shares nothing, no broadcasts, buffers and interface as the system chooses, groups within one network and on
    /// this machine, larger datagrams are cut.
    public static UdpOptions defaults() {
        return DEFAULTS;
    }

    /// Shares the port with others that do too.
    public UdpOptions withReuseAddress() {
        return with(draft -> draft.reuseAddress = true);
    }

    /// Shares the port, and the load, with others that do too.
    public UdpOptions withReusePort() {
        return with(draft -> draft.reusePort = true);
    }

    /// May send to broadcast addresses.
    public UdpOptions withBroadcast() {
        return with(draft -> draft.broadcast = true);
    }

    public UdpOptions withSendBufferBytes(int bytes) {
        return with(draft -> draft.sendBufferBytes = bytes);
    }

    public UdpOptions withReceiveBufferBytes(int bytes) {
        return with(draft -> draft.receiveBufferBytes = bytes);
    }

    /// Sends to groups by this interface.
    public UdpOptions withMulticastInterface(NetworkInterface device) {
        return with(draft -> draft.multicastInterface = Objects.requireNonNull(device, "device"));
    }

    public UdpOptions withMulticastTtl(int networks) {
        return with(draft -> draft.multicastTtl = networks);
    }

    /// Members on this machine do not get what is sent to a group here.
    public UdpOptions withoutMulticastLoop() {
        return with(draft -> draft.multicastLoop = false);
    }

    public UdpOptions withOversize(Oversize value) {
        return with(draft -> draft.oversize = value);
    }

    private UdpOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.finished();
    }

    /// The same, to be changed in one place.
    private static final class Draft {
        private boolean reuseAddress;
        private boolean reusePort;
        private boolean broadcast;
        private int sendBufferBytes;
        private int receiveBufferBytes;
        private @Nullable NetworkInterface multicastInterface;
        private int multicastTtl;
        private boolean multicastLoop;
        private Oversize oversize;

        Draft(UdpOptions from) {
            this.reuseAddress = from.reuseAddress;
            this.reusePort = from.reusePort;
            this.broadcast = from.broadcast;
            this.sendBufferBytes = from.sendBufferBytes;
            this.receiveBufferBytes = from.receiveBufferBytes;
            this.multicastInterface = from.multicastInterface;
            this.multicastTtl = from.multicastTtl;
            this.multicastLoop = from.multicastLoop;
            this.oversize = from.oversize;
        }

        UdpOptions finished() {
            return new UdpOptions(
                    reuseAddress,
                    reusePort,
                    broadcast,
                    sendBufferBytes,
                    receiveBufferBytes,
                    multicastInterface,
                    multicastTtl,
                    multicastLoop,
                    oversize);
        }
    }
}
