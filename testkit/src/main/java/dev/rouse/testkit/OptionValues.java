package dev.rouse.testkit;

import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What was set on a simulated socket, and what holds where nothing was.
///
/// Of effect are `SO_LINGER`, where it is 0, and the sizes of buffers, which are what was set, and not twice that as in
/// Linux; the others are kept.
final class OptionValues {
    /// Of a datagram socket that nothing was set on: the default of Linux.
    static final int DATAGRAM_BUFFER_BYTES = 212_992;

    /// Of a stream that nothing was set on, as it says; what bounds it is the window of its link. Linux adapts it.
    private static final int STREAM_BUFFER_BYTES = 64 * 1024;

    /// No buffer is smaller, whatever is asked for: as in Linux, about.
    private static final int LEAST_BUFFER_BYTES = 2_048;

    private static final int NO_LINGER = -1;

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

    <T> T get(SocketOption<T> option) {
        requireSupported(option);
        Object set = values.get(option);
        return option.type().cast(set == null ? unset(option) : set);
    }

    private Object unset(SocketOption<?> option) {
        if (option.equals(StandardSocketOptions.SO_LINGER)) {
            return NO_LINGER;
        }
        if (option.type() == Integer.class) {
            return supported.equals(DATAGRAMS) ? DATAGRAM_BUFFER_BYTES : STREAM_BUFFER_BYTES;
        }
        return false;
    }

    /// Takes over what a connection has of the listener that it has come to.
    void inherit(OptionValues listener) {
        listener.values.forEach((option, value) -> {
            if (supported.contains(option)) {
                values.put(option, value);
            }
        });
    }

    /// Whether a close discards what was not sent, and resets the peer.
    boolean resetOnClose() {
        return Objects.equals(values.get(StandardSocketOptions.SO_LINGER), 0);
    }

    int sendBufferBytes(int otherwise) {
        return bufferBytes(StandardSocketOptions.SO_SNDBUF, otherwise);
    }

    int receiveBufferBytes(int otherwise) {
        return bufferBytes(StandardSocketOptions.SO_RCVBUF, otherwise);
    }

    private int bufferBytes(SocketOption<Integer> option, int otherwise) {
        return values.get(option) instanceof Integer set ? Math.max(LEAST_BUFFER_BYTES, set) : otherwise;
    }

    private void requireSupported(SocketOption<?> option) {
        if (!supported.contains(Objects.requireNonNull(option, "option"))) {
            throw new UnsupportedOperationException(
                    "a simulated socket has no such option: option=" + option + ", supported=" + supported);
        }
    }
}
