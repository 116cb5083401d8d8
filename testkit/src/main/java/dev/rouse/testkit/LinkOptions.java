package dev.rouse.testkit;

import java.time.Duration;
import java.util.Objects;

/// What the way between two hosts is like: [#defaults], and what is to differ from them. Immutable.
///
/// @param leastLatency    the least time that something is on its way
/// @param mostLatency     the most; each time is drawn between the two
/// @param bytesPerSecond  how much goes through in each direction, for all connections together
/// @param windowBytes     what a sender may have on its way, or unread by its peer, before its writes wait
///                        (less where both ends have set smaller buffers)
/// @param queueBytes      what may wait, in each direction, for a way that is too narrow for it:
///                        a datagram beyond that is dropped, and TCP waits
/// @param lossPercent     of datagrams, how many get lost
/// @param doublingPercent of datagrams, how many come twice
public record LinkOptions(
        Duration leastLatency,
        Duration mostLatency,
        long bytesPerSecond,
        int windowBytes,
        int queueBytes,
        int lossPercent,
        int doublingPercent) {

    private static final Duration LONGEST = Duration.ofDays(1);

    private static final int PERCENT = 100;

    private static final LinkOptions DEFAULTS = new LinkOptions(
            Duration.ofNanos(50_000), Duration.ofMillis(1), 1_000_000_000, 64 * 1024, 1024 * 1024, 0, 0);

    /// @throws IllegalArgumentException if a value is out of its range: a latency up to a day, percents up to 100,
    ///     the other numbers from 1
    public LinkOptions {
        Objects.requireNonNull(leastLatency, "leastLatency");
        Objects.requireNonNull(mostLatency, "mostLatency");
        boolean ordered = leastLatency.compareTo(mostLatency) <= 0;
        if (leastLatency.isNegative() || !ordered || mostLatency.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("latencies are out of range: least=" + leastLatency + ", most="
                    + mostLatency + "; allowed are 0 to " + LONGEST + ", the least first");
        }
        requireRange("bytesPerSecond", bytesPerSecond, 1, Long.MAX_VALUE);
        requireRange("windowBytes", windowBytes, 1, Integer.MAX_VALUE);
        requireRange("queueBytes", queueBytes, 1, Integer.MAX_VALUE);
        requireRange("lossPercent", lossPercent, 0, PERCENT);
        requireRange("doublingPercent", doublingPercent, 0, PERCENT);
    }

    private static void requireRange(String what, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    what + " is out of range: value=" + value + ", least=" + least + ", most=" + most);
        }
    }

    /// Latencies of 50 us to 1 ms, a gigabyte in a second, windows of 64 KiB, queues of a mebibyte, no datagram
    /// lost or doubled.
    public static LinkOptions defaults() {
        return DEFAULTS;
    }

    public LinkOptions withLatency(Duration least, Duration most) {
        return new LinkOptions(least, most, bytesPerSecond, windowBytes, queueBytes, lossPercent, doublingPercent);
    }

    public LinkOptions withBytesPerSecond(long value) {
        return new LinkOptions(leastLatency, mostLatency, value, windowBytes, queueBytes, lossPercent, doublingPercent);
    }

    public LinkOptions withWindowBytes(int value) {
        return new LinkOptions(
                leastLatency, mostLatency, bytesPerSecond, value, queueBytes, lossPercent, doublingPercent);
    }

    public LinkOptions withQueueBytes(int value) {
        return new LinkOptions(
                leastLatency, mostLatency, bytesPerSecond, windowBytes, value, lossPercent, doublingPercent);
    }

    public LinkOptions withLossPercent(int value) {
        return new LinkOptions(
                leastLatency, mostLatency, bytesPerSecond, windowBytes, queueBytes, value, doublingPercent);
    }

    public LinkOptions withDoublingPercent(int value) {
        return new LinkOptions(leastLatency, mostLatency, bytesPerSecond, windowBytes, queueBytes, lossPercent, value);
    }
}
