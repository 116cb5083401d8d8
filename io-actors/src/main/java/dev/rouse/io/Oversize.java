package dev.rouse.io;

/// What becomes of a datagram that is larger than the room it is received into. Each is counted:
/// [UdpCounters#truncated].
public enum Oversize {
    /// What fits is received; [UdpSocket#truncatedBytes] says how much was discarded.
    TRUNCATE,

    /// It is discarded as a whole, and the next one received.
    DISCARD,

    /// What fits is in the buffer, and the call throws a [DatagramTruncatedException]. Anybody who can send to the
    /// port can cause it: catch it inside the loop that receives. Not for batches, which say it of each datagram.
    FAIL
}
