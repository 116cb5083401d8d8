package dev.rouse.io;

/// The counters of one datagram socket. Its shard counts, any thread reads.
final class UdpCounts {
    final Count received = new Count();
    final Count sent = new Count();
    final Count truncated = new Count();
    final Count unreachable = new Count();
    final Count unsent = new Count();

    UdpCounters all() {
        return new UdpCounters(received.value(), sent.value(), truncated.value(), unreachable.value(), unsent.value());
    }
}
