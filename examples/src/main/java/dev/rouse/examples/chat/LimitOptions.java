package dev.rouse.examples.chat;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// The options of `chat-server` that are limits. Their defaults are those of [ChatLimits].
final class LimitOptions {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");

    private static final ChatLimits DEFAULTS = ChatLimits.defaults();

    @Option(names = "--max-clients", paramLabel = "N", description = "Connections at once (default: ${DEFAULT-VALUE}).")
    int maxClients = DEFAULTS.clients();

    @Option(names = "--max-channels", paramLabel = "N", description = "Channels at once (default: ${DEFAULT-VALUE}).")
    int maxChannels = DEFAULTS.channels();

    @Option(
            names = "--channels-per-client",
            paramLabel = "N",
            description = "Channels one client may be on (default: ${DEFAULT-VALUE}).")
    int channelsPerClient = DEFAULTS.channelsPerClient();

    @Option(
            names = "--sendq",
            paramLabel = "BYTES",
            description = "What a client may leave unread before it is cut off (default: ${DEFAULT-VALUE}).")
    int sendQueueBytes = DEFAULTS.sendQueueBytes();

    @Option(
            names = "--flood-burst",
            paramLabel = "LINES",
            description = "Lines a client may send at once (default: ${DEFAULT-VALUE}).")
    int floodBurst = DEFAULTS.flood().burst();

    @Option(
            names = "--flood-rate",
            paramLabel = "LINES",
            description = "Lines per second a client may send for ever (default: ${DEFAULT-VALUE}).")
    int floodPerSecond = DEFAULTS.flood().perSecond();

    @Option(
            names = "--register-within",
            paramLabel = "TIME",
            description = "Time to register in, such as 500ms, 60s or 2m (default: 60s).")
    Duration registerWithin = DEFAULTS.registerWithin();

    @Option(names = "--ping-after", paramLabel = "TIME", description = "Silence before a PING (default: 120s).")
    Duration pingAfter = DEFAULTS.ping().after();

    @Option(
            names = "--ping-timeout",
            paramLabel = "TIME",
            description = "Further silence before a client is taken for dead (default: 60s).")
    Duration pingTimeout = DEFAULTS.ping().timeout();

    /// @throws IllegalArgumentException if a value is out of range, see [ChatLimits]
    ChatLimits limits() {
        return new ChatLimits(
                maxClients,
                maxChannels,
                channelsPerClient,
                sendQueueBytes,
                new ChatLimits.Flood(floodBurst, floodPerSecond),
                registerWithin,
                new ChatLimits.Ping(pingAfter, pingTimeout));
    }

    /// A number with `ms`, `s`, `m` or `h`.
    static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new TypeConversionException("'" + text + "' is not a time; write it as 500ms, 60s, 2m or 1h");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }
}
