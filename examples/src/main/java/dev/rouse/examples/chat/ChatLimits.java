package dev.rouse.examples.chat;

import java.time.Duration;

/// Every bound of the server that is not a length of the protocol. Each default is a guess unless it says more.
///
/// @param clients           connections at once; one more is refused with an ERROR line
/// @param channels          channels at once; JOIN of one more is answered with 437
/// @param channelsPerClient channels one client may be on; one more is answered with 405
/// @param sendQueueBytes    what a client may leave unread before it is cut off
/// @param registerWithin    from connecting to having registered
record ChatLimits(
        int clients,
        int channels,
        int channelsPerClient,
        int sendQueueBytes,
        Flood flood,
        Duration registerWithin,
        Ping ping) {

    /// The least send queue: room for the names on a channel of some hundred members, which it sends in one go.
    private static final int LEAST_SEND_QUEUE_BYTES = 64 * 1024;

    /// @throws IllegalArgumentException if a value is out of range
    ChatLimits {
        requireRange("clients", clients, 1, 1_000_000);
        requireRange("channels", channels, 1, 1_000_000);
        requireRange("channels per client", channelsPerClient, 1, 1_000);
        requireRange("send queue bytes", sendQueueBytes, LEAST_SEND_QUEUE_BYTES, 1 << 30);
        requirePositive("time to register in", registerWithin);
    }

    /// How fast a client may talk.
    ///
    /// @param burst     lines at once
    /// @param perSecond lines for ever; one too many ends the client with "Excess Flood"
    record Flood(int burst, int perSecond) {

        /// @throws IllegalArgumentException if a value is out of range
        Flood {
            requireRange("flood burst", burst, 1, 1_000_000);
            requireRange("flood rate", perSecond, 1, 1_000_000);
        }
    }

    /// How long a client may be silent.
    ///
    /// @param after   silence after which the server asks whether the client is still there
    /// @param timeout further silence after which it is taken for dead
    record Ping(Duration after, Duration timeout) {

        /// @throws IllegalArgumentException if a value is out of range
        Ping {
            requirePositive("silence before a ping", after);
            requirePositive("ping timeout", timeout);
        }
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
                new Flood(40, 4),
                Duration.ofSeconds(60),
                new Ping(Duration.ofSeconds(120), Duration.ofSeconds(60)));
    }

    ChatLimits withClients(int n) {
        return new ChatLimits(n, channels, channelsPerClient, sendQueueBytes, flood, registerWithin, ping);
    }

    ChatLimits withChannels(int n) {
        return new ChatLimits(clients, n, channelsPerClient, sendQueueBytes, flood, registerWithin, ping);
    }

    ChatLimits withChannelsPerClient(int n) {
        return new ChatLimits(clients, channels, n, sendQueueBytes, flood, registerWithin, ping);
    }

    ChatLimits withSendQueueBytes(int n) {
        return new ChatLimits(clients, channels, channelsPerClient, n, flood, registerWithin, ping);
    }

    ChatLimits withFlood(int burst, int perSecond) {
        return new ChatLimits(
                clients,
                channels,
                channelsPerClient,
                sendQueueBytes,
                new Flood(burst, perSecond),
                registerWithin,
                ping);
    }

    ChatLimits withRegisterWithin(Duration limit) {
        return new ChatLimits(clients, channels, channelsPerClient, sendQueueBytes, flood, limit, ping);
    }

    ChatLimits withPing(Duration after, Duration timeout) {
        return new ChatLimits(
                clients, channels, channelsPerClient, sendQueueBytes, flood, registerWithin, new Ping(after, timeout));
    }
}
