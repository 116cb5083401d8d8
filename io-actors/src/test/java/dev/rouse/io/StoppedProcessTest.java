package dev.rouse.io;

import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;

/// A process that is stopped by the system for two seconds, with timers that are due meanwhile.
@ExtendWith(NothingLeft.class)
@EnabledOnOs(OS.LINUX)
@Timeout(120)
final class StoppedProcessTest {

    private static final int TIMERS = 30;

    private static final Duration STOP = Duration.ofSeconds(2);

    /// When the first timer is due: so late that the stop has begun.
    private static final Duration FIRST = Duration.ofSeconds(1);

    /// More than the system holds up a thread between two looks at the clock.
    private static final Duration APART = Duration.ofMillis(30);

    /// Echoes, and prints the numbers of its timers in the order in which they have fired.
    static final class Server {
        private Server() {}

        public static void main(String[] args) throws IOException {
            TcpListener listener = TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (ActorSystem system = ActorSystem.builder().shards(1).build()) {
                system.spawn(() -> acceptAll(system, listener));
                System.out.println(listener.port());
                if (System.in.read() >= 0) {
                    fire(system);
                }
                while (System.in.read() >= 0) {
                    // its end is the command to end
                }
                listener.close();
            }
        }

        /// In reverse, so that their order is not that in which they began.
        private static void fire(ActorSystem system) {
            List<Integer> fired = new ArrayList<>(); // of the one shard
            List<Task<Void>> sleepers = new ArrayList<>();
            long base = System.nanoTime(); // of all: a function may begin late
            for (int i = TIMERS - 1; i >= 0; i--) {
                int number = i;
                Duration time = FIRST.plus(APART.multipliedBy(i));
                sleepers.add(system.spawn(() -> {
                    long due = base + time.toNanos();
                    sleepFor(Duration.ofNanos(Math.max(0, due - System.nanoTime())));
                    fired.add(System.nanoTime() - due < 0 ? -1 : number);
                }));
            }
            system.spawn(() -> {}).join(); // behind those: each of them sleeps by now
            System.out.println("armed");
            sleepers.forEach(Task::join);
            System.out.println(system.spawn(() -> fired.toString()).join());
        }

        private static void acceptAll(ActorSystem system, TcpListener listener) {
            try {
                while (true) {
                    TcpStream stream = listener.accept();
                    system.spawn(() -> echo(stream));
                }
            } catch (ClosedChannelException _) {
                // that is how accepting ends
            }
        }

        private static void echo(TcpStream stream) {
            try (stream) {
                for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                    stream.write(bytes);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void timersThatWereDueMeanwhileFireOnceAndInOrderAndConnectionsGoOn() throws Exception {
        try (ChildJvm child = ChildJvm.start(Server.class)) {
            InetSocketAddress server =
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(child.line()));
            try (HealthyClient healthy = HealthyClient.of(server)) {
                healthy.isServed();
                child.tell();
                assertThat(child.line()).isEqualTo("armed");
                child.signal("STOP");
                await().until(() -> child.state() == 'T');
                long stopped = System.nanoTime();
                await().pollInterval(Duration.ofMillis(100)).until(() -> System.nanoTime() - stopped >= STOP.toNanos());
                child.signal("CONT");
                assertThat(child.line())
                        .as("-1 for one that was early")
                        .isEqualTo(Arrays.toString(IntStream.range(0, TIMERS).toArray()));
                healthy.isServed();
            }
            assertThat(child.end()).isZero();
        }
    }
}
