package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Faults of those who connect, and a client that behaves meanwhile.
@ExtendWith(NothingLeft.class)
final class AcceptFaultsTest extends SocketTest {

    private static final int FEW = 20;

    private static final int STORM = 300;

    /// Connects, sends so many bytes, and resets the connection.
    private static void connectAndReset(InetSocketAddress address, int bytes) throws IOException {
        Socket rude = new Socket(address.getAddress(), address.getPort());
        rude.getOutputStream().write(new byte[bytes]);
        rude.setSoLinger(true, 0);
        rude.close();
    }

    @Test
    void whoResetsBeforeItIsAcceptedHarmsNobody() throws Exception {
        TcpListener listener = listener();
        for (int i = 0; i < FEW; i++) {
            connectAndReset((InetSocketAddress) listener.localAddress(), 0);
        }
        try (SmallServer server = SmallServer.start(system, listener, SmallServer::echo);
                HealthyClient healthy = HealthyClient.of(server.address())) {
            await().until(() -> server.ended() == FEW);
            assertThat(server.failures())
                    .hasSize(FEW)
                    .allSatisfy(each -> assertThat(each)
                            .isInstanceOf(SocketException.class)
                            .hasMessageStartingWith("cannot read: stream, local=127.0.0.1:")
                            .hasMessageEndingWith(", cause=connection reset"));
            assertThat(listener.failedAccepts()).isZero();
            healthy.isServed();
        }
    }

    @Test
    void aStormOfResetsHarmsNobody() throws Exception {
        try (SmallServer server = SmallServer.start(system, SmallServer::echo);
                HealthyClient healthy = HealthyClient.of(server.address())) {
            for (int i = 0; i < STORM; i++) {
                connectAndReset(server.address(), i % 3);
            }
            await().until(() -> server.ended() == STORM);
            assertThat(server.accepted()).isEqualTo(STORM + 1);
            assertThat(server.failures()).allSatisfy(each -> assertThat(each).isInstanceOf(SocketException.class));
            healthy.isServed();
        }
    }
}
