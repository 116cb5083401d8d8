package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import dev.rouse.io.TcpListener;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RefusalsTest {
    /// It ended accepting, and the connection stayed open with nobody to serve it.
    @Test
    void whereThereIsNoRoomToSayThatTheServerIsFullTheConnectionIsJustClosed() throws Exception {
        Limits onlyTheAccepting = Limits.defaults().withFunctionsPerShard(1);
        try (ActorSystem system =
                        ActorSystem.builder().shards(1).limits(onlyTheAccepting).build();
                TcpListener listener = TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                TestClient peer = TestClient.connect((InetSocketAddress) listener.localAddress())) {
            Task<Void> accepting = system.spawn(() -> new Refusals().refuse(listener.accept()));
            assertThat(peer.readToTheEnd()).isEmpty();
            accepting.join(Duration.ofSeconds(10));
        }
    }
}
