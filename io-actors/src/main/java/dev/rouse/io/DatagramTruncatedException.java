package dev.rouse.io;

import java.io.IOException;
import java.io.Serial;
import java.net.InetSocketAddress;

/// A datagram was larger than the buffer that it was received into, and the socket's [UdpOptions] say that this fails.
/// What fitted is in the buffer, the rest is gone; the socket stays usable.
public final class DatagramTruncatedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final InetSocketAddress sender;
    private final int datagramBytes;

    DatagramTruncatedException(String subject, InetSocketAddress sender, int datagramBytes, int roomBytes) {
        super("datagram was truncated: " + subject + ", sender=" + Failures.text(sender) + ", size=" + datagramBytes
                + ", room=" + roomBytes + "; offer a larger buffer");
        this.sender = sender;
        this.datagramBytes = datagramBytes;
    }

    /// Who has sent it.
    public InetSocketAddress sender() {
        return sender;
    }

    /// Its whole size.
    public int datagramBytes() {
        return datagramBytes;
    }
}
