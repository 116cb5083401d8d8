package dev.rouse.io;

import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.Channel;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The texts of what can go wrong with an address.
final class Failures {

    private Failures() {}

    /// No call resolves the name in an address: a look-up blocks, on a carrier.
    ///
    /// @throws IllegalArgumentException if it is of a kind that sockets here do not have
    static void requireResolved(String verb, SocketAddress address) throws UnknownHostException {
        switch (Objects.requireNonNull(address, "address")) {
            case InetSocketAddress internet -> requireResolved(verb, internet);
            case UnixDomainSocketAddress _ -> {} // has nothing to resolve
            default ->
                throw new IllegalArgumentException("cannot " + verb + ": address=" + address
                        + ", cause=neither an InetSocketAddress nor a UnixDomainSocketAddress");
        }
    }

    private static void requireResolved(String verb, InetSocketAddress address) throws UnknownHostException {
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

    static BindException bind(SocketAddress address, IOException cause) {
        String remedy =
                address instanceof UnixDomainSocketAddress ? unixBindRemedy(cause(cause)) : bindRemedy(cause(cause));
        BindException failure =
                new BindException("cannot bind: address=" + text(address) + ", cause=" + cause(cause) + remedy);
        failure.initCause(cause);
        return failure;
    }

    static ConnectException connect(SocketAddress address, IOException cause) {
        String remedy =
                address instanceof UnixDomainSocketAddress ? unixConnectRemedy(cause(cause)) : remedy(cause(cause));
        ConnectException failure =
                new ConnectException("cannot connect: address=" + text(address) + ", cause=" + cause(cause) + remedy);
        failure.initCause(cause);
        return failure;
    }

    static UnknownHostException resolve(String host, UnknownHostException cause) {
        UnknownHostException failure = new UnknownHostException("cannot resolve: host=" + host + ", cause="
                + cause(cause) + "; there is no such name, or the servers that know it do not answer");
        failure.initCause(cause);
        return failure;
    }

    static UnknownHostException blank(String host) {
        return new UnknownHostException("cannot resolve: host=\"" + host
                + "\", cause=the name is blank; say which host, localhost for this machine");
    }

    /// @param failures of each address that was tried, in their order
    /// @param known addresses that there are
    static ConnectException connect(List<? extends IOException> failures, int known) {
        StringBuilder text =
                new StringBuilder("cannot connect to any address: tried=" + failures.size() + ", known=" + known);
        for (IOException each : failures) {
            text.append("\n").append(each.getMessage());
        }
        ConnectException failure = new ConnectException(text.toString());
        failures.forEach(failure::addSuppressed);
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

    static String accept(SocketAddress local, IOException failure) {
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

    private static String unixBindRemedy(String cause) {
        return switch (cause) {
            case "address already in use" ->
                "; a file is there, delete it if nobody listens on it any more, or choose another path";
            case "no such file or directory" -> "; the directory does not exist, create it before";
            case "permission denied" -> "; this user may not create files there";
            default -> unixRemedy(cause);
        };
    }

    private static String unixConnectRemedy(String cause) {
        return switch (cause) {
            case "connection refused" -> "; nobody listens there any more, the file was left behind";
            case "no such file or directory" -> "; nobody listens there";
            case "permission denied" -> "; this user may not write to the file";
            // The system has no queue of those who wait to be let in, as it has for TCP.
            case "resource temporarily unavailable" -> "; the backlog of the listener is full, try again later";
            default -> unixRemedy(cause);
        };
    }

    private static String unixRemedy(String cause) {
        return cause.equals("unix domain path too long")
                ? "; some 100 bytes are the most, choose a shorter path"
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
    static String text(@Nullable SocketAddress address) {
        return switch (address) {
            case null -> "unknown";
            case InetSocketAddress internet -> text(internet);
            case UnixDomainSocketAddress unix ->
                "unix:" + (unix.getPath().toString().isEmpty() ? "unnamed" : unix.getPath());
            default -> address.toString();
        };
    }

    private static String text(InetSocketAddress address) {
        if (address.isUnresolved()) {
            return address.getHostString() + ":" + address.getPort();
        }
        String host = address.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }
}
