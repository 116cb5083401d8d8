package dev.rouse.io;

import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.Channel;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The texts of what can go wrong with an address.
final class Failures {

    private Failures() {}

    /// Rouse never resolves names: a look-up blocks, on a carrier.
    static void requireResolved(String verb, InetSocketAddress address) throws UnknownHostException {
        if (address.isUnresolved()) {
            throw new UnknownHostException(
                    "cannot " + verb + ": host=" + address.getHostString() + ", port=" + address.getPort()
                            + ", cause=the name is not resolved; resolve it before, new InetSocketAddress(host, port)"
                            + " does and stays unresolved if there is no such host");
        }
    }

    /// Closes what was opened for something that has failed.
    static void close(Channel opened, Throwable failure) {
        try {
            opened.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    static BindException bind(InetSocketAddress address, IOException cause) {
        BindException failure = new BindException(
                "cannot bind: address=" + text(address) + ", cause=" + cause(cause) + bindRemedy(cause(cause)));
        failure.initCause(cause);
        return failure;
    }

    static ConnectException connect(InetSocketAddress address, IOException cause) {
        ConnectException failure = new ConnectException(
                "cannot connect: address=" + text(address) + ", cause=" + cause(cause) + remedy(cause(cause)));
        failure.initCause(cause);
        return failure;
    }

    static IOException selector(Shard shard, IOException cause) {
        return new IOException(
                "cannot open a selector: shard=" + shard.index() + ", cause=" + cause(cause) + remedy(cause(cause)),
                cause);
    }

    /// A failure with the caller's stack, saying what was done to which socket.
    static IOException operation(String verb, String subject, IOException cause) {
        return operation(verb, subject, cause, "");
    }

    static IOException operation(String verb, String subject, IOException cause, String remedy) {
        String message = message(verb, subject, cause, remedy);
        IOException failure =
                cause instanceof SocketException ? new SocketException(message) : new IOException(message);
        failure.initCause(cause);
        return failure;
    }

    /// A failure of the connection itself, whatever the JDK calls it.
    static SocketException broken(String verb, String subject, IOException cause) {
        SocketException failure = new SocketException(message(verb, subject, cause, ""));
        failure.initCause(cause);
        return failure;
    }

    private static String message(String verb, String subject, IOException cause, String remedy) {
        return "cannot " + verb + ": " + subject + ", cause=" + cause(cause) + remedy;
    }

    static String accept(InetSocketAddress local, IOException failure) {
        IOException cause = failure.getCause() instanceof IOException system ? system : failure;
        return "cannot accept, tried again: listener=" + text(local) + ", cause=" + cause(cause);
    }

    /// What the system said, in lower case. It says it in the language of the process.
    static String cause(IOException e) {
        String message = e.getMessage();
        if (message == null) {
            return e.getClass().getSimpleName();
        }
        return message.substring(0, Math.min(1, message.length())).toLowerCase(Locale.ROOT)
                + message.substring(Math.min(1, message.length()));
    }

    private static String bindRemedy(String cause) {
        return cause.equals("permission denied")
                ? "; ports below 1024 need a privilege, choose a higher one"
                : remedy(cause);
    }

    private static String remedy(String cause) {
        return switch (cause) {
            case "address already in use" ->
                "; another socket has this port, stop its owner or choose another port, 0 for any";
            case "cannot assign requested address" ->
                "; this machine has no such address, use one of its own or 0.0.0.0";
            case "connection refused" -> "; nobody listens there";
            case "too many open files" -> "; raise the limit of open files or close sockets";
            default -> "";
        };
    }

    /// An address as users write it.
    static String text(@Nullable InetSocketAddress address) {
        if (address == null) {
            return "unknown";
        }
        if (address.isUnresolved()) {
            return address.getHostString() + ":" + address.getPort();
        }
        String host = address.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    /// The address of a stream's peer, for messages.
    static String remote(ByteStream stream) {
        SocketAddress address = stream.remoteAddress();
        return address instanceof InetSocketAddress internet ? text(internet) : address.toString();
    }
}
