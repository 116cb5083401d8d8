package dev.rouse.examples.chat;

import java.time.Duration;

/// Every bound of the server that is not a length of the protocol. Each default is a guess unless it says more.
///
/// @param clients           connections at once; one more is refused with an ERROR line
/// @param channels          channels at once; JOIN of one more is answered with 437
/// @param channelsPerClient channels one client may be on; one more is answered with 405
/// @param sendQueueBytes    what a client may leave unread before it is cut off
/// @param floodBurst        lines a client may send at once
/// @param floodPerSecond    lines a client may send for ever; one too many ends it with "Excess Flood"
/// @param registerWithin    from connecting to having registered
/// @param pingAfter         silence after which the server asks whether the client is still there
/// @param pingTimeout       further silence after which it is taken for dead
record ChatLimits(
        int clients,
        int channels,
        int channelsPerClient,
        int sendQueueBytes,
        int floodBurst,
        int floodPerSecond,
        Duration registerWithin,
        Duration pingAfter,
        Duration pingTimeout) {

    /// The least send queue: room for the names on a channel of some hundred members, which it sends in one go.
    private static final int LEAST_SEND_QUEUE_BYTES = 64 * 1024;

    /// @throws IllegalArgumentException if a value is out of range
    ChatLimits {
        requireRange("clients", clients, 1, 1_000_000);
        requireRange("channels", channels, 1, 1_000_000);
        requireRange("channels per client", channelsPerClient, 1, 1_000);
        requireRange("send queue bytes", sendQueueBytes, LEAST_SEND_QUEUE_BYTES, 1 << 30);
        requireRange("flood burst", floodBurst, 1, 1_000_000);
        requireRange("flood rate", floodPerSecond, 1, 1_000_000);
        requirePositive("time to register in", registerWithin);
        requirePositive("silence before a ping", pingAfter);
        requirePositive("ping timeout", pingTimeout);
    }

    private static void requireRange(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    what + " out of range: value=" + value + ", least=" + least + ", most=" + most);
        }
    }

    private static void requirePositive(String what, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(what + " must be above zero: value=" + value);
        }
    }

    static ChatLimits defaults() {
        return new ChatLimits(
                2_000,
                10_000,
                50,
                1 << 20,
                40,
                4,
                Duration.ofSeconds(60),
                Duration.ofSeconds(120),
                Duration.ofSeconds(60));
    }

    ChatLimits withClients(int n) {
        return new ChatLimits(
                n,
                channels,
                channelsPerClient,
                sendQueueBytes,
                floodBurst,
                floodPerSecond,
                registerWithin,
                pingAfter,
                pingTimeout);
    }

    ChatLimits withChannels(int n) {
        return new ChatLimits(
                clients,
                n,
                channelsPerClient,
                sendQueueBytes,
                floodBurst,
                floodPerSecond,
                registerWithin,
                pingAfter,
                pingTimeout);
    }

    ChatLimits withChannelsPerClient(int n) {
        return new ChatLimits(
                clients,
                channels,
                n,
                sendQueueBytes,
                floodBurst,
                floodPerSecond,
                registerWithin,
                pingAfter,
                pingTimeout);
    }

    ChatLimits withSendQueueBytes(int n) {
        return new ChatLimits(
                clients,
                channels,
                channelsPerClient,
                n,
                floodBurst,
                floodPerSecond,
                registerWithin,
                pingAfter,
                pingTimeout);
    }

    ChatLimits withFlood(int burst, int perSecond) {
        return new ChatLimits(
                clients,
                channels,
                channelsPerClient,
                sendQueueBytes,
                burst,
                perSecond,
                registerWithin,
                pingAfter,
                pingTimeout);
    }

    ChatLimits withRegisterWithin(Duration d) {
        return new ChatLimits(
                clients,
                channels,
                channelsPerClient,
                sendQueueBytes,
                floodBurst,
                floodPerSecond,
                d,
                pingAfter,
                pingTimeout);
    }

    ChatLimits withPing(Duration after, Duration timeout) {
        return new ChatLimits(
                clients,
                channels,
                channelsPerClient,
                sendQueueBytes,
                floodBurst,
                floodPerSecond,
                registerWithin,
                after,
                timeout);
    }
}
