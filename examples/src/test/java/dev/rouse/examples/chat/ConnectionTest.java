package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Clock;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ConnectionTest {
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    @AutoClose
    private final ActorSystem system = ActorSystem.create();

    @AutoClose
    private final TcpListener listener;

    ConnectionTest() throws IOException {
        listener = TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /// Stands for the registry: says who arrived.
    private record Door(CompletableFuture<ActorRef<ClientMessage>> arrived) implements Actor<RegistryMessage> {
        @Override
        public void receive(RegistryMessage message, ActorContext<RegistryMessage> context) {
            if (message instanceof RegistryMessage.Arrived(var client)) {
                arrived.complete(client);
            }
        }
    }

    /// The writer was left waiting for lines, and with it the connection, its slot and its name in the registry.
    @Test
    void aConnectionEndsWhenItsClientActorIsStoppedForBeingTooSlow() throws Exception {
        CompletableFuture<ActorRef<ClientMessage>> arrived = new CompletableFuture<>();
        ActorRef<RegistryMessage> registry = system.spawnActor("registry", () -> new Door(arrived));
        ChatContext context = new ChatContext(
                ChatOptions.at(listener.localAddress()),
                new Replies("irc.test"),
                registry,
                InstantSource.system(),
                Clock.system(),
                Instant.now());
        Task<Void> connection = system.spawn(() -> {
            try (TcpStream stream = listener.accept()) {
                new Connection(context, stream).serve();
            }
        });
        try (TestClient client = TestClient.connect(listener.localAddress())) {
            arrived.get(DEADLINE.toSeconds(), TimeUnit.SECONDS).stop();
            client.readToTheEnd();
            connection.join(DEADLINE);
        }
    }

    @Test
    void aWriterThatFailsLeavesNobodyWaitingForRoom() throws Exception {
        Task<Void> test = system.spawn(() -> {
            Outbound outbound = new Outbound(1_000);
            outbound.offer(Packet.of("x".repeat(500)));
            outbound.offer(Packet.of("x".repeat(400)));
            Task<Void> waiting = spawn(outbound::awaitRoom);
            TcpStream stream = TcpStream.connect(listener.localAddress());
            stream.close();
            assertThatThrownBy(() -> outbound.writeTo(stream)).isInstanceOf(IOException.class);
            await(waiting);
        });
        test.join(DEADLINE);
    }
}
