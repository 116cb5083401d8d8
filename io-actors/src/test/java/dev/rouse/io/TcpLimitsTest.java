package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Rouse;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The limits of sockets, at their value and one past it, and what VIOLATIONS.md says of them.
final class TcpLimitsTest extends SocketTest {

    private static final Pattern SECTION = Pattern.compile("(?ms)^### (\\S+)\n\n(.*?)(?=^##|\\z)");
    private static final Pattern MESSAGE = Pattern.compile("(?ms)^```text\n(.*?)\n```$");

    private ActorSystem small = system;

    @AfterEach
    void closeSmall() {
        small.close();
    }

    private void limit(UnaryOperator<Limits> limits) {
        small = ActorSystem.builder()
                .shards(1)
                .limits(limits.apply(Limits.defaults()))
                .build();
    }

    @Test
    void aReaderThatFindsNoRoomIsRefusedAndReadsTheBytesLater() throws Exception {
        limit(limits -> limits.withBufferedBytesPerShard(BufferPool.BUFFER_BYTES));
        try (TcpListener listener = listener();
                Socket first = peerOf(listener);
                Socket second = peerOf(listener)) {
            first.getOutputStream().write('1');
            second.getOutputStream().write('2');
            Task<Throwable> server = small.spawn(() -> {
                TcpStream one = listener.accept();
                try (TcpStream two = listener.accept()) {
                    assertThat(Objects.requireNonNull(one.read()).get()).isEqualTo((byte) '1');
                    Throwable refusal = catchThrowable(two::read);
                    one.close();
                    assertThat(Objects.requireNonNull(two.read()).get()).isEqualTo((byte) '2');
                    return refusal;
                }
            });
            assertThat(join(server))
                    .isInstanceOf(BufferLimitException.class)
                    .hasMessageMatching("limit reached: limit=bufferedBytesPerShard, value=16384, owner=stream,"
                            + " local=127.0.0.1:\\d+, remote=127.0.0.1:\\d+; held=16384, wanted=16384, raise"
                            + " Limits.bufferedBytesPerShard, hold less at a time, or try again when others hold"
                            + " less");
            assertThat(small.refusals()).isEqualTo(1);
        }
    }

    @Test
    void aReaderForWhomNothingHasComeIsNotRefused() throws Exception {
        limit(limits -> limits.withBufferedBytesPerShard(BufferPool.BUFFER_BYTES));
        try (TcpListener listener = listener();
                Socket first = peerOf(listener);
                Socket second = peerOf(listener)) {
            first.getOutputStream().write('1');
            CompletableFuture<Void> reading = new CompletableFuture<>();
            Task<Integer> server = small.spawn(() -> {
                TcpStream one = listener.accept();
                try (TcpStream two = listener.accept()) {
                    assertThat(one.read()).isNotNull();
                    Task<Integer> reader = Rouse.spawn(
                            () -> (int) Objects.requireNonNull(two.read()).get());
                    Rouse.sleepFor(Duration.ZERO); // it waits
                    one.close();
                    reading.complete(null);
                    return Rouse.await(reader);
                }
            });
            reading.join();
            second.getOutputStream().write('2');
            assertThat(join(server)).isEqualTo('2');
            assertThat(small.refusals()).isZero();
        }
    }

    @Test
    void aReadIntoABufferOfItsOwnNeedsNoRoom() throws Exception {
        limit(limits -> limits.withBufferedBytesPerShard(1));
        try (TcpListener listener = listener();
                Socket peer = peerOf(listener)) {
            peer.getOutputStream().write('1');
            Task<Integer> server = small.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    return stream.read(ByteBuffer.allocate(8));
                }
            });
            assertThat(join(server)).isEqualTo(1);
        }
    }

    /// What the peer cannot send is what the system has no room for on both sides, and no function of the server
    /// holds.
    @Test
    void aPeerWhoseConsumerIsBehindFindsItsSendsStalled() throws Exception {
        int enough = 32 << 20;
        try (TcpListener listener =
                        TcpListener.bind(ANY_PORT, TcpOptions.defaults().withReceiveBufferBytes(64 << 10));
                SocketChannel peer = SocketChannel.open(listener.localAddress())) {
            peer.configureBlocking(false);
            CompletableFuture<Void> goOn = new CompletableFuture<>();
            Task<Long> server = small.spawn(() -> {
                try (TcpStream stream = listener.accept()) {
                    assertThat(stream.read()).isNotNull();
                    Rouse.await(goOn);
                    long read = 0;
                    for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                        read += bytes.remaining();
                    }
                    return read;
                }
            });
            ByteBuffer first = ByteBuffer.allocate(1);
            peer.write(first);
            Awaitility.await().until(() -> small.socketFigures().getOrDefault("bytesIn", 0L) == 1);
            ByteBuffer bytes = ByteBuffer.allocateDirect(enough);
            Awaitility.await().until(() -> peer.write(bytes) == 0);
            assertThat(bytes.remaining()).isPositive();
            assertThat(small.socketFigures()).containsEntry("bytesIn", 1L).containsEntry("bufferedBytes", 16_384L);
            goOn.complete(null);
            peer.configureBlocking(true);
            while (bytes.hasRemaining()) {
                peer.write(bytes);
            }
            peer.shutdownOutput();
            assertThat(join(server)).isEqualTo(enough);
        }
    }

    @Test
    void eachMessageInTheDocumentIsTheOneThatIsThrown() throws Exception {
        Map<String, String> document = messages();
        assertThat(new ConnectionLimitException(1, "stream"))
                .hasMessageMatching(pattern(document.get("connectionsPerShard")));
        assertThat(thrownAtTheShardsLimit()).hasMessageMatching(pattern(document.get("bufferedBytesPerShard")));
        BufferedBytes shard =
                new BufferedBytes(Limits.defaults().withBufferedBytesPerConnection(100), (_, _, _) -> {}, _ -> {});
        ConnectionBytes connection = shard.open(this, "stream");
        connection.take(60);
        assertThat(catchThrowable(() -> connection.take(41)))
                .hasMessageMatching(pattern(document.get("bufferedBytesPerConnection")));
    }

    private Throwable thrownAtTheShardsLimit() throws Exception {
        limit(limits -> limits.withBufferedBytesPerShard(BufferPool.BUFFER_BYTES));
        try (TcpListener listener = listener();
                Socket first = peerOf(listener);
                Socket second = peerOf(listener)) {
            first.getOutputStream().write('1');
            second.getOutputStream().write('2');
            return join(small.spawn(() -> {
                try (TcpStream one = listener.accept();
                        TcpStream two = listener.accept()) {
                    assertThat(one.read()).isNotNull();
                    return catchThrowable(two::read);
                }
            }));
        }
    }

    private static Map<String, String> messages() throws IOException {
        Map<String, String> messages = new LinkedHashMap<>();
        Matcher section = SECTION.matcher(Files.readString(Path.of("../VIOLATIONS.md")));
        while (section.find()) {
            Matcher message = MESSAGE.matcher(section.group(2));
            if (message.find()) {
                messages.put(section.group(1), message.group(1));
            }
        }
        return messages;
    }

    private static String pattern(@Nullable String message) {
        return Pattern.quote(Objects.requireNonNull(message, "no message in the document"))
                .replace("…", "\\E.*\\Q");
    }
}
