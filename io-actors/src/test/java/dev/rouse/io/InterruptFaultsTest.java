package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.Task;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The JDK closes a channel that an interrupted thread uses in blocking mode. Here a channel has other users, and an
/// interrupt is none of their business.
@ExtendWith(NothingLeft.class)
final class InterruptFaultsTest extends SocketTest {

    private static final int INTERRUPTS = 300;

    /// Interrupts the caller, does it, and says whether the interrupt was kept.
    private static boolean interrupted(Step step) throws Exception {
        Thread.currentThread().interrupt();
        step.run();
        return Thread.interrupted();
    }

    @FunctionalInterface
    private interface Step {
        void run() throws Exception;
    }

    @Test
    void aFunctionThatIsInterruptedAcceptsReadsAndWritesAllTheSame() throws Exception {
        try (TcpListener listener = listener();
                Socket first = peerOf(listener)) {
            first.getOutputStream().write(1);
            Task<Void> server = system.spawn(() -> {
                TcpStream[] accepted = new TcpStream[2];
                assertThat(interrupted(() -> accepted[0] = listener.accept())).isTrue();
                try (TcpStream stream = accepted[0]) {
                    ByteBuffer buffer = ByteBuffer.allocate(10);
                    assertThat(interrupted(() -> assertThat(stream.read(buffer)).isEqualTo(1)))
                            .isTrue();
                    assertThat(interrupted(() -> stream.write(buffer.flip()))).isTrue();
                    // What comes later is waited for, twice.
                    assertThat(interrupted(() -> assertThat(Objects.requireNonNull(stream.read())
                                            .get())
                                    .isEqualTo((byte) 2)))
                            .isTrue();
                    assertThat(interrupted(stream::shutdownOutput)).isTrue();
                    // And the next user of the channel finds it open.
                    assertThat(await(spawn(() -> stream.read()))).isNull();
                }
                assertThat(interrupted(() -> accepted[1] = listener.accept())).isTrue();
                accepted[1].close();
            });
            assertThat(first.getInputStream().read()).isEqualTo(1);
            first.getOutputStream().write(2);
            assertThat(first.getInputStream().read()).isEqualTo(-1);
            first.shutdownOutput();
            try (Socket second = peerOf(listener)) {
                assertThat(second.getInputStream().read()).isEqualTo(-1);
            }
            join(server);
        }
    }

    @Test
    void aFunctionThatIsInterruptedConnectsAndWaitsToWriteAllTheSame() throws Exception {
        int size = 16 << 20;
        try (SmallServer server = SmallServer.start(system, SmallServer::echo);
                HealthyClient healthy = HealthyClient.of(server.address())) {
            Task<Long> client = system.spawn(() -> {
                TcpStream[] connected = new TcpStream[1];
                assertThat(interrupted(() -> connected[0] = TcpStream.connect(server.address())))
                        .isTrue();
                try (TcpStream stream = connected[0]) {
                    Task<Boolean> writer = spawn(() -> interrupted(() -> {
                        stream.write(ByteBuffer.allocate(size));
                        stream.shutdownOutput();
                    }));
                    long count = 0;
                    for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                        count += bytes.remaining();
                        Thread.currentThread().interrupt();
                    }
                    assertThat(Thread.interrupted()).isTrue();
                    assertThat(await(writer)).isTrue();
                    return count;
                }
            });
            assertThat(join(client)).isEqualTo(size);
            healthy.isServed();
        }
    }

    @Test
    void aFunctionThatIsInterruptedSendsAndReceivesAllTheSame() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(ANY_PORT);
                DatagramSocket peer = new DatagramSocket(ANY_PORT)) {
            peer.setSoTimeout(30_000);
            Task<Void> server = system.spawn(() -> {
                ByteBuffer buffer = ByteBuffer.allocate(10);
                for (int i = 0; i < 3; i++) {
                    assertThat(interrupted(() -> {
                                var sender = socket.receive(buffer.clear());
                                socket.send(buffer.flip(), sender);
                            }))
                            .isTrue();
                }
            });
            for (int i = 0; i < 3; i++) {
                peer.send(new DatagramPacket(new byte[] {(byte) i}, 1, socket.localAddress()));
                DatagramPacket answer = new DatagramPacket(new byte[10], 10);
                peer.receive(answer);
                assertThat(answer.getData()[0]).isEqualTo((byte) i);
            }
            join(server);
        }
    }

    /// Whichever thread it meets, and in whatever it does just then.
    @Test
    void interruptsOfTheThreadsThatRunFunctionsDisturbNoConnection() throws Exception {
        Set<Thread> running = ConcurrentHashMap.newKeySet();
        SmallServer.Service echo = stream -> {
            running.add(Thread.currentThread());
            SmallServer.echo(stream);
        };
        try (SmallServer server = SmallServer.start(system, echo);
                HealthyClient first = HealthyClient.of(server.address());
                HealthyClient second = HealthyClient.of(server.address())) {
            await().until(() -> running.size() == 2);
            for (int i = 0; i < INTERRUPTS; i++) {
                running.forEach(Thread::interrupt);
                if (i % 50 == 0) {
                    first.isServed();
                    second.isServed();
                }
            }
            assertThat(server.failures()).isEmpty();
        }
    }

    @Test
    void interruptsOfTheShardsOwnThreadsDisturbNoConnection() throws Exception {
        try (SmallServer server = SmallServer.start(system, SmallServer::echo);
                HealthyClient first = HealthyClient.of(server.address());
                HealthyClient second = HealthyClient.of(server.address())) {
            Set<Thread> carriers = Thread.getAllStackTraces().keySet().stream()
                    .filter(each -> each.getName().contains("shard"))
                    .collect(Collectors.toSet());
            assertThat(carriers).isNotEmpty();
            for (int i = 0; i < INTERRUPTS; i++) {
                carriers.forEach(Thread::interrupt);
                if (i % 50 == 0) {
                    first.isServed();
                    second.isServed();
                }
            }
            assertThat(server.failures()).isEmpty();
        }
    }
}
