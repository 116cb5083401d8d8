package dev.rouse.examples.chat;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Limits;
import dev.rouse.actor.RouseException;
import dev.rouse.actor.SystemClosedException;
import dev.rouse.dispatch.Clock;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import dev.rouse.io.TlsOptions;
import dev.rouse.io.TlsStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// A running chat server: listens, admits connections and spreads them over the shards.
///
/// It is shut down in this order, within five seconds: listen no more; the registry hangs up on every client, who hears
/// the reason; each connection takes its leave; the actor system closes and cancels what is left.
final class IrcServer implements AutoCloseable {
    static final String SHUTTING_DOWN = "Server shutting down";

    /// Clients get this long to hear the reason and go.
    private static final Duration FAREWELL = Duration.ofMillis(2_500);

    /// What is left when they have gone ends in this time or is cancelled.
    private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(1_500);

    /// The registry hears from every connection: room for a burst of them. A guess.
    private static final int REGISTRY_MAILBOX = 16_384;

    /// Messages waiting for one channel; when it is full, its speakers wait. A guess.
    private static final int CHANNEL_MAILBOX = 1_024;

    /// A connection is four functions and actors, one more while it hangs up, and those that ask for it. Twice
    /// that, as the connection that comes next may start before the last one has ended.
    private static final int FUNCTIONS_PER_CLIENT = 2 * (5 + Session.ASKED_AT_ONCE);

    /// The registry, the one that accepts, and its refusals.
    private static final int OTHER_FUNCTIONS = 2 + Refusals.AT_ONCE;

    private static final System.Logger LOG = System.getLogger("dev.rouse.examples.chat");

    private final ChatOptions options;
    private final TcpListener listener;
    private final ActorSystem system;
    private final Replies replies;
    private final InstantSource wallClock;
    private final Clock clock;
    private final Instant startedAt;
    private final AtomicLong channelsStarted = new AtomicLong();
    private final AtomicInteger connections = new AtomicInteger();
    private final Refusals refusals = new Refusals();
    private final ActorRef<RegistryMessage> registry;

    private IrcServer(ChatOptions options, Clock clock, InstantSource wallClock, TcpListener listener) {
        this.options = options;
        this.clock = clock;
        this.wallClock = wallClock;
        this.startedAt = wallClock.instant();
        this.listener = listener;
        this.replies = new Replies(options.name());
        this.system = ActorSystem.builder()
                .name("chat")
                .shards(options.shards())
                .engine(options.engine())
                .clock(clock)
                .limits(limits(options.limits()))
                .build();
        this.registry = system.spawnActor(
                "registry",
                ActorOptions.defaults().withMailbox(REGISTRY_MAILBOX),
                () -> new Registry(
                        options.limits().channels(), () -> wallClock.instant().getEpochSecond(), this::startChannel));
    }

    /// Listens and serves; ready when it returns.
    ///
    /// @throws IOException if the address cannot be listened on
    static IrcServer start(ChatOptions options) throws IOException {
        return start(options, Clock.system(), InstantSource.system());
    }

    /// @param clock     for how long things take
    /// @param wallClock for the dates that it tells its clients
    static IrcServer start(ChatOptions options, Clock clock, InstantSource wallClock) throws IOException {
        IrcServer server = new IrcServer(options, clock, wallClock, TcpListener.bind(options.address()));
        ChatContext context = server.context(server.registry);
        server.system.spawn(() -> server.acceptAll(context));
        return server;
    }

    /// Where it listens, with the port it got.
    InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    ActorSystem system() {
        return system;
    }

    /// Says goodbye to every client and ends, as the class describes. From a thread outside the shards; idempotent.
    @Override
    public void close() {
        if (system.isClosed()) {
            return;
        }
        listener.close();
        try {
            registry.<Integer>ask(FAREWELL, r -> new RegistryMessage.ShutDown(SHUTTING_DOWN, r))
                    .join(FAREWELL);
        } catch (TimeoutException | RouseException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "some clients had not gone in time and were cut off: " + e.getMessage());
        }
        system.close();
    }

    private ActorRef<ChannelMessage> startChannel(String name, ActorRef<RegistryMessage> self) {
        ChatContext context = context(self);
        return system.spawnActor(
                "channel-" + channelsStarted.incrementAndGet(),
                ActorOptions.defaults().withMailbox(CHANNEL_MAILBOX),
                () -> new Channel(name, context));
    }

    private ChatContext context(ActorRef<RegistryMessage> registryRef) {
        return new ChatContext(options, replies, registryRef, wallClock, clock, startedAt);
    }

    /// Whatever ends accepting closes the listener: peers are refused then, instead of waiting for nobody.
    private void acceptAll(ChatContext context) {
        try (listener) {
            while (true) {
                admit(context, listener.accept());
            }
        } catch (ClosedChannelException | SystemClosedException _) {
            // that is how accepting ends
        }
    }

    /// Starts a root function for the connection: the next shard takes it.
    private void admit(ChatContext context, TcpStream stream) {
        if (connections.incrementAndGet() > options.limits().clients()) {
            connections.decrementAndGet();
            refuse(stream);
            return;
        }
        boolean started = false;
        try {
            system.spawn(() -> serve(context, stream));
            started = true;
        } finally {
            if (!started) {
                stream.close();
                connections.decrementAndGet();
            }
        }
    }

    /// Who expects TLS could not read why, and a handshake is not for those who are too many.
    private void refuse(TcpStream stream) {
        if (options.tls() == null) {
            refusals.refuse(stream);
        } else {
            stream.close();
        }
    }

    private void serve(ChatContext context, TcpStream stream) throws Exception {
        try (stream) {
            TlsOptions tls = options.tls();
            if (tls == null) {
                new Connection(context, stream).serve();
            } else {
                serve(context, stream, tls);
            }
        } finally {
            connections.decrementAndGet();
        }
    }

    /// A client that does not know how, or does not trust this server, is none.
    private static void serve(ChatContext context, TcpStream stream, TlsOptions tls) {
        TlsStream secret;
        try {
            secret = TlsStream.server(stream, tls);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a client without tls has gone: " + e.getMessage());
            return;
        }
        try (secret) {
            new Connection(context, secret).serve();
        }
    }

    /// Room for all that is admitted, should it all be on one shard: there the limits of this server come first,
    /// and they are answered with what the protocol has for it.
    private static Limits limits(ChatLimits admitted) {
        return Limits.defaults()
                .withFunctionsPerShard(
                        admitted.clients() * FUNCTIONS_PER_CLIENT + admitted.channels() + OTHER_FUNCTIONS)
                .withCloseTimeout(CLOSE_TIMEOUT);
    }
}
