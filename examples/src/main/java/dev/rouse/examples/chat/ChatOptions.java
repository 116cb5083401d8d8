package dev.rouse.examples.chat;

import dev.rouse.dispatch.Engine;
import dev.rouse.io.TlsOptions;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a server is set up; texts are wire text. Immutable.
///
/// @param address   where to listen; port 0 takes a free one
/// @param name      the server's name, as in the source of its messages
/// @param info      what WHOIS says about the server
/// @param motd      the message of the day, empty for none
/// @param operators who may become an IRC operator, by name
/// @param password  what clients must give, or null
/// @param tls       how TLS is spoken, or null for none
/// @param shards    worker threads
record ChatOptions(
        InetSocketAddress address,
        String name,
        String info,
        List<String> motd,
        Map<String, PasswordHash> operators,
        @Nullable PasswordHash password,
        @Nullable TlsOptions tls,
        int shards,
        Engine engine,
        ChatLimits limits) {

    ChatOptions {
        motd = List.copyOf(motd);
        operators = Map.copyOf(operators);
    }

    static ChatOptions at(InetSocketAddress address) {
        return new ChatOptions(
                address,
                "irc.local",
                "A chat server on Rouse",
                List.of(),
                Map.of(),
                null,
                null,
                Runtime.getRuntime().availableProcessors(),
                Engine.preferred(),
                ChatLimits.defaults());
    }

    ChatOptions withName(String newName) {
        return new ChatOptions(address, newName, info, motd, operators, password, tls, shards, engine, limits);
    }

    ChatOptions withInfo(String text) {
        return new ChatOptions(address, name, text, motd, operators, password, tls, shards, engine, limits);
    }

    ChatOptions withMotd(List<String> lines) {
        return new ChatOptions(address, name, info, lines, operators, password, tls, shards, engine, limits);
    }

    ChatOptions withOperators(Map<String, PasswordHash> byName) {
        return new ChatOptions(address, name, info, motd, byName, password, tls, shards, engine, limits);
    }

    ChatOptions withPassword(PasswordHash hash) {
        return new ChatOptions(address, name, info, motd, operators, hash, tls, shards, engine, limits);
    }

    ChatOptions withTls(TlsOptions options) {
        return new ChatOptions(address, name, info, motd, operators, password, options, shards, engine, limits);
    }

    ChatOptions withShards(int n) {
        return new ChatOptions(address, name, info, motd, operators, password, tls, n, engine, limits);
    }

    ChatOptions withEngine(Engine newEngine) {
        return new ChatOptions(address, name, info, motd, operators, password, tls, shards, newEngine, limits);
    }

    ChatOptions withLimits(ChatLimits newLimits) {
        return new ChatOptions(address, name, info, motd, operators, password, tls, shards, engine, newLimits);
    }
}
