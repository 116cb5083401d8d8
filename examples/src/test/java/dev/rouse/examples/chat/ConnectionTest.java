package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.Set;
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
                ChatOptions.at(address()),
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
        try (TestClient client = TestClient.connect(address())) {
            arrived.get(DEADLINE.toSeconds(), TimeUnit.SECONDS).stop();
            client.readToTheEnd();
            connection.join(DEADLINE);
        }
    }

    /// What waited in the client's mailbox was not counted, and a long answer cut off the one who had asked for it.
    @Test
    void aLongAnswerWaitsForRoomBeforeItPassesTheSendQueue() throws Exception {
        ActorRef<RegistryMessage> registry =
                system.spawnActor("registry", () -> new Door(new CompletableFuture<ActorRef<ClientMessage>>()));
        ChatOptions options =
                ChatOptions.at(address()).withLimits(ChatLimits.defaults().withSendQueueBytes(64 * 1024));
        ChatContext context = new ChatContext(
                options, new Replies("irc.test"), registry, InstantSource.system(), Clock.system(), Instant.now());
        Task<String> reason = system.spawn(() -> {
            Outbound unread = new Outbound(64 * 1024);
            TcpStream stream = TcpStream.connect(listener.localAddress());
            Profile nobody = new Profile("*", "*", "host", "", "", Set.of(), 0);
            ActorRef<ClientMessage> me = spawnActor("me", () -> new Client(stream, unread, Clock.system(), nobody));
            Session session = new Session(context, me, unread, nobody);
            Task<Void> answering = spawn(() -> {
                for (int i = 0; i < 1_000; i++) {
                    session.send("x".repeat(400));
                }
            });
            String why = "";
            for (int i = 0; i < 1_000 && why.isEmpty(); i++) {
                why = await(me.ask(ClientMessage.AskReason::new));
            }
            answering.cancel();
            stream.close();
            return why;
        });
        assertThat(reason.join(DEADLINE)).isEmpty();
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

    private InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }
}
