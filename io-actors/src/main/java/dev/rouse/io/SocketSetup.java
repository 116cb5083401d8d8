package dev.rouse.io;

import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;

/// Hands [TcpOptions] to the system, as far as they differ from what it does by itself.
final class SocketSetup {

    private SocketSetup() {}

    /// Before it is bound.
    ///
    /// @throws UnsupportedOperationException if the system cannot do what is asked for
    static void listener(ServerSocketChannel channel, TcpOptions options) throws IOException {
        if (isInternet(channel)) {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, options.reuseAddress());
            if (options.reusePort()) {
                set(channel, StandardSocketOptions.SO_REUSEPORT, true);
            }
        }
        if (options.receiveBufferBytes() > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBufferBytes());
        }
    }

    /// Before it is connected, or when it has been accepted. Never blocks from then on.
    ///
    /// @throws UnsupportedOperationException if the system cannot do what is asked for
    static void stream(SocketChannel channel, TcpOptions options) throws IOException {
        channel.configureBlocking(false);
        if (isInternet(channel)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, options.noDelay());
            if (options.keepAlive().on()) {
                keepAlive(channel, options.keepAlive());
            }
        }
        if (options.resetOnClose()) {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        if (options.sendBufferBytes() > 0) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, options.sendBufferBytes());
        }
        if (options.receiveBufferBytes() > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBufferBytes());
        }
    }

    private static void keepAlive(SocketChannel channel, TcpOptions.KeepAlive keepAlive) throws IOException {
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        if (!keepAlive.idle().isZero()) {
            set(channel, ExtendedSocketOptions.TCP_KEEPIDLE, seconds(keepAlive.idle()));
        }
        if (!keepAlive.interval().isZero()) {
            set(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, seconds(keepAlive.interval()));
        }
        if (keepAlive.probes() > 0) {
            set(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, keepAlive.probes());
        }
    }

    private static int seconds(Duration time) {
        return Math.toIntExact(time.toSeconds());
    }

    /// One that not every system has.
    private static <T> void set(NetworkChannel channel, SocketOption<T> option, T value) throws IOException {
        if (!channel.supportedOptions().contains(option)) {
            throw new UnsupportedOperationException("this system has no such socket option: option=" + option.name()
                    + ", value=" + value + "; leave it out of TcpOptions");
        }
        channel.setOption(option, value);
    }

    /// A Unix domain socket has no addresses to reuse.
    private static boolean isInternet(NetworkChannel channel) {
        return channel.supportedOptions().contains(StandardSocketOptions.SO_REUSEADDR);
    }
}
