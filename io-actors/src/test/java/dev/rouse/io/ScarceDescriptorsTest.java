package dev.rouse.io;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorSystem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// A server in a process that may open few descriptors.
@ExtendWith(NothingLeft.class)
@EnabledOnOs(OS.LINUX)
@Timeout(120)
final class ScarceDescriptorsTest {

    private static final int DESCRIPTORS = 100;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);

    /// Answers lines, and `failed` with the number of accepts that have failed.
    static final class Server {
        private Server() {}

        public static void main(String[] args) throws IOException {
            TcpListener listener = TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (ActorSystem system = ActorSystem.builder().shards(2).build()) {
                system.spawn(() -> acceptAll(system, listener));
                System.out.println(listener.port());
                while (System.in.read() >= 0) {
                    // its end is the command to end
                }
                listener.close();
            }
        }

        private static void acceptAll(ActorSystem system, TcpListener listener) {
            try {
                while (true) {
                    TcpStream stream = listener.accept();
                    system.spawn(() -> answer(stream, listener));
                }
            } catch (ClosedChannelException _) {
                // that is how accepting ends
            }
        }

        private static void answer(TcpStream stream, TcpListener listener) {
            try (stream) {
                Framed<String, String> lines = Framed.over(stream, Frames.lines(100, Utf8.STRICT));
                for (String line = lines.read(); line != null; line = lines.read()) {
                    lines.write(line.equals("failed") ? Long.toString(listener.failedAccepts()) : line);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static Socket connect(InetSocketAddress server) throws IOException {
        Socket socket = new Socket(server.getAddress(), server.getPort());
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static String ask(Socket socket, String line) throws IOException {
        socket.getOutputStream().write((line + "\n").getBytes(US_ASCII));
        StringBuilder answer = new StringBuilder();
        for (int b = socket.getInputStream().read();
                b != '\n';
                b = socket.getInputStream().read()) {
            if (b < 0) {
                throw new AssertionError("the server has closed: heard=" + answer);
            }
            answer.append((char) b);
        }
        return answer.toString();
    }

    /// Pauses double, so that n failures in a row have taken at least 2^(n-1) - 1 of the first: a spin has more.
    private static int mostFailuresIn(Duration time) {
        long firstPauses = time.dividedBy(FIRST_PAUSE) + 1;
        return Long.SIZE - Long.numberOfLeadingZeros(firstPauses) + 1;
    }

    /// Those that it has no descriptor for wait, and are served when others have gone.
    @Test
    void whoComesWhileThereIsNoDescriptorWaitsAndIsServedWhenOneIsFree(@TempDir Path directory) throws Exception {
        Deque<Socket> peers = new ArrayDeque<>();
        try (ChildJvm child = ChildJvm.startWithDescriptors(DESCRIPTORS, directory, Server.class)) {
            InetSocketAddress server =
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(child.line()));
            try (HealthyClient healthy = HealthyClient.of(server);
                    Socket witness = connect(server)) {
                assertThat(ask(witness, "failed")).isEqualTo("0");
                long started = System.nanoTime();
                for (int i = 0; i < DESCRIPTORS; i++) {
                    peers.add(connect(server));
                }
                long failed;
                do {
                    healthy.isServed();
                    failed = Long.parseLong(ask(witness, "failed"));
                } while (failed < 4);
                assertThat(failed).isLessThanOrEqualTo(mostFailuresIn(Duration.ofNanos(System.nanoTime() - started)));
                healthy.isServed();

                List<Socket> gone = new ArrayList<>();
                for (int i = 0; i < DESCRIPTORS / 2; i++) {
                    gone.add(peers.removeFirst());
                }
                for (Socket each : gone) {
                    each.close();
                }
                for (Socket each : peers) {
                    assertThat(ask(each, "hello")).isEqualTo("hello");
                }
                try (Socket next = connect(server)) {
                    assertThat(ask(next, "hello")).isEqualTo("hello");
                }
                healthy.isServed();
            }
            assertThat(child.end()).isZero();
        } finally {
            for (Socket each : peers) {
                each.close();
            }
        }
    }
}
