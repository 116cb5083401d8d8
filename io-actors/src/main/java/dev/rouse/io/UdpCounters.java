package dev.rouse.io;

/// What has become of the datagrams of one [UdpSocket], so far. What the system has dropped before is not among it:
/// [UdpSocket#kernelDrops].
///
/// @param received datagrams taken from the system, those that were truncated or discarded among them
/// @param sent datagrams handed to the system; whether they arrive nobody says
/// @param truncated received ones that were larger than the room offered: cut or discarded, see [Oversize]
/// @param unreachable calls that failed since an earlier datagram had met a port where nobody receives; only a
///     connected socket is told
/// @param unsent sends that failed in another way: too large, not allowed, no way there
public record UdpCounters(long received, long sent, long truncated, long unreachable, long unsent) {}
