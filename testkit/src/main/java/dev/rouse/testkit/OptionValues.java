package dev.rouse.testkit;

import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What was set on a simulated socket: kept, and of no effect.
final class OptionValues {
    static final Set<SocketOption<?>> STREAM = Set.of(
            StandardSocketOptions.TCP_NODELAY,
            StandardSocketOptions.SO_KEEPALIVE,
            StandardSocketOptions.SO_LINGER,
            StandardSocketOptions.SO_REUSEADDR,
            StandardSocketOptions.SO_RCVBUF,
            StandardSocketOptions.SO_SNDBUF);

    static final Set<SocketOption<?>> LISTENER =
            Set.of(StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.SO_RCVBUF);

    static final Set<SocketOption<?>> DATAGRAMS = Set.of(
            StandardSocketOptions.SO_REUSEADDR,
            StandardSocketOptions.SO_BROADCAST,
            StandardSocketOptions.SO_RCVBUF,
            StandardSocketOptions.SO_SNDBUF);

    private final Set<SocketOption<?>> supported;
    private final Map<SocketOption<?>, @Nullable Object> values = new HashMap<>();

    OptionValues(Set<SocketOption<?>> supported) {
        this.supported = supported;
    }

    Set<SocketOption<?>> supported() {
        return supported;
    }

    <T> void set(SocketOption<T> option, @Nullable T value) {
        requireSupported(option);
        values.put(option, value);
    }

    <T> @Nullable T get(SocketOption<T> option) {
        requireSupported(option);
        return option.type().cast(values.get(option));
    }

    private void requireSupported(SocketOption<?> option) {
        if (!supported.contains(Objects.requireNonNull(option, "option"))) {
            throw new UnsupportedOperationException(
                    "a simulated socket has no such option: option=" + option + ", supported=" + supported);
        }
    }
}
