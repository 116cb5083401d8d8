package dev.rouse.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.examples.chat.ChatServer;
import dev.rouse.examples.echo.EchoServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Servers that are told to end, by SIGTERM, while their clients are busy.
@DisabledOnOs(OS.WINDOWS)
@Timeout(120)
class TerminationTest {
    private static final int CLIENTS = 10;

    private static final Pattern READY = Pattern.compile(".* ready on ([0-9.]+):([0-9]+).*");

    /// A command in a JVM of its own, with the engine of this one.
    private static final class Command implements AutoCloseable {
        private final Process process;
        private final BufferedReader out;
        private final InetSocketAddress address;

        Command(Class<?> command, String... options) throws IOException {
            List<String> line = new ArrayList<>();
            line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            line.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
            line.add("--sun-misc-unsafe-memory-access=allow"); // else the queues' library has the JVM warn of it
            if (!"portable".equals(System.getProperty("rouse.test.engine"))) {
                line.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED"));
            }
            line.addAll(List.of("-cp", System.getProperty("java.class.path"), command.getName(), "--port", "0"));
            line.addAll(List.of(options));
            process = new ProcessBuilder(line)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            out = process.inputReader();
            Matcher ready = READY.matcher(String.valueOf(out.readLine()));
            assertThat(ready.matches()).isTrue();
            address = new InetSocketAddress(ready.group(1), Integer.parseInt(ready.group(2)));
        }

        InetSocketAddress address() {
            return address;
        }

        /// Sends SIGTERM.
        void terminate() {
            assertThat(process.supportsNormalTermination()).isTrue();
            process.destroy();
        }

        int status() throws InterruptedException {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("it ends").isTrue();
            return process.exitValue();
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            out.close();
        }
    }

    /// Sends line after line, each when an answer to the last one has come, until the server ends the conversation.
    private static final class Client {
        private final Thread thread;
        private final AtomicInteger answers = new AtomicInteger();
        private final AtomicReference<@Nullable String> last = new AtomicReference<>();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Client(InetSocketAddress server, String greeting, String line) {
            thread = new Thread(() -> talk(server, greeting, line), "client");
            thread.start();
        }

        private void talk(InetSocketAddress server, String greeting, String line) {
            try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
                socket.setSoTimeout(30_000);
                BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
                socket.getOutputStream().write((greeting + line).getBytes(ISO_8859_1));
                for (String answer = in.readLine(); answer != null; answer = in.readLine()) {
                    last.set(answer);
                    answers.incrementAndGet();
                    if (answer.startsWith("ERROR")) {
                        continue; // the last one: its end follows
                    }
                    socket.getOutputStream().write(line.getBytes(ISO_8859_1));
                }
            } catch (IOException e) {
                failure.set(e);
            }
        }

        boolean isBusy() {
            return answers.get() > 20;
        }

        void join() throws InterruptedException {
            thread.join(60_000);
            assertThat(thread.isAlive()).isFalse();
        }
    }

    private static List<Client> busyClients(Command server, String greeting, String line) {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new Client(server.address(), greeting.formatted(i), line));
        }
        while (!clients.stream().allMatch(Client::isBusy)) {
            assertThat(clients)
                    .allSatisfy(each -> assertThat(each.failure.get()).isNull());
            Thread.onSpinWait();
        }
        return clients;
    }

    @Test
    void aChatServerSaysGoodbyeToItsClientsAndEndsWithZero() throws Exception {
        try (Command server = new Command(ChatServer.class, "--flood-burst", "1000000")) {
            List<Client> clients =
                    busyClients(server, "NICK user%1$d\r\nUSER u 0 * :U\r\nJOIN #room\r\n", "PING token\r\n");
            server.terminate();
            for (Client each : clients) {
                each.join();
                assertThat(each.last.get()).isEqualTo("ERROR :Closing Link: 127.0.0.1 (Server shutting down)");
            }
            assertThat(server.status()).isZero();
            assertNobodyListens(server);
        }
    }

    @Test
    void anEchoServerClosesItsConnectionsAndEndsWithZero() throws Exception {
        try (Command server = new Command(EchoServer.class)) {
            List<Client> clients = busyClients(server, "", "a line\n");
            server.terminate();
            for (Client each : clients) {
                each.join();
                assertThat(each.last.get()).isEqualTo("a line");
            }
            assertThat(server.status()).isZero();
            assertNobodyListens(server);
        }
    }

    private static void assertNobodyListens(Command server) {
        assertThatThrownBy(() -> new Socket(
                                server.address().getAddress(), server.address().getPort())
                        .close())
                .isInstanceOf(ConnectException.class);
    }
}
