package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.await;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.dispatch.Clock;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// A chat server on one shard whose registry and channels can be held, so that whoever asks them waits in vain until
/// the time that a test lets pass is over.
final class HeldServer implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private final SteppedClock clock = new SteppedClock();
    private final ActorSystem system =
            ActorSystem.builder().name("held").shards(1).clock(clock).build();
    private final TcpListener listener;
    private final Gate registryGate = new Gate();
    private final Gate channelGate = new Gate();
    private volatile boolean timeIsBroken;

    HeldServer() throws IOException {
        listener = TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ChatOptions defaults = ChatOptions.at(address());
        ChatOptions options = defaults.withLimits(defaults.limits()
                .withFlood(100_000, 100_000)
                .withRegisterWithin(Duration.ofDays(1_000))
                .withPing(Duration.ofDays(1_000), Duration.ofDays(1)));
        Replies replies = new Replies("irc.test");
        InstantSource wallClock = () -> {
            if (timeIsBroken) {
                throw new LinkageError("planted");
            }
            return Instant.EPOCH;
        };
        ActorRef<RegistryMessage> registry = system.spawnActor(
                "registry",
                () -> new Held<>(
                        registryGate,
                        new Registry(
                                100,
                                () -> 0,
                                (name, self) -> system.spawnActor(
                                        name,
                                        () -> new Held<>(
                                                channelGate,
                                                new Channel(name, context(options, replies, self, wallClock)))))));
        ChatContext context = context(options, replies, registry, wallClock);
        system.spawn(() -> acceptAll(context));
    }

    private static ChatContext context(
            ChatOptions options, Replies replies, ActorRef<RegistryMessage> registry, InstantSource wallClock) {
        return new ChatContext(options, replies, registry, wallClock, Clock.system(), Instant.EPOCH);
    }

    private void acceptAll(ChatContext context) {
        try {
            while (true) {
                TcpStream stream = listener.accept();
                system.spawn(() -> {
                    try (stream) {
                        new Connection(context, stream).serve();
                    }
                });
            }
        } catch (ClosedChannelException _) {
            // that is how accepting ends
        }
    }

    TestClient connect() {
        return TestClient.connect(address());
    }

    TestClient join(String nick) {
        TestClient client = connect();
        client.send("NICK " + nick, "USER " + nick + " 0 * :" + nick + " Real");
        client.expect(" 422 ");
        return client;
    }

    Gate registryGate() {
        return registryGate;
    }

    Gate channelGate() {
        return channelGate;
    }

    /// From now on, whoever asks for the time of day gets an error.
    void breakTime() {
        timeIsBroken = true;
    }

    /// Lets ask timeouts pass until `event` has come: those asks too that begin only now.
    void passUntil(CompletableFuture<?> event) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!event.isDone() && System.nanoTime() < deadline) {
            clock.pass(Duration.ofSeconds(6));
            system.spawn(() -> {}).join();
        }
        event.join();
    }

    @Override
    public void close() {
        registryGate.open();
        channelGate.open();
        listener.close();
        system.close();
    }

    /// Once shut, it holds the actors behind it at their next message.
    static final class Gate {
        private volatile CompletableFuture<Void> opened = CompletableFuture.completedFuture(null);
        private volatile CompletableFuture<Void> reached = new CompletableFuture<>();

        void shut() {
            reached = new CompletableFuture<>();
            opened = new CompletableFuture<>();
        }

        /// Returns when an actor is held.
        void awaitReached() throws Exception {
            reached.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        }

        void open() {
            opened.complete(null);
        }

        private void pass() {
            if (!opened.isDone()) {
                reached.complete(null);
                await(opened);
            }
        }
    }

    private record Held<M>(Gate gate, Actor<M> actor) implements Actor<M> {
        @Override
        public void receive(M message, ActorContext<M> context) throws Exception {
            gate.pass();
            actor.receive(message, context);
        }
    }

    private InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }
}
