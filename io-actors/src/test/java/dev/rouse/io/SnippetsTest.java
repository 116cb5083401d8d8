package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The code that the documentation of classes shows, and that it shows just that.
final class SnippetsTest extends TlsTest {

    @SuppressWarnings("ArrayRecordComponent") // nobody compares two
    private record Note(byte[] text) {}

    private static final class Notes implements Codec<Note> {
        private static final int MAX_BYTES = 1_000;

        @Override
        public int maxFrameBytes() {
            return 2 + MAX_BYTES;
        }

        @Override
        // begin: Decoder
        public @Nullable Note decode(ByteBuffer input, int seen) throws FrameException {
            if (input.remaining() < 2) {
                return null;
            }
            int length = input.getShort(input.position()) & 0xFFFF;
            if (length > MAX_BYTES) {
                throw new FrameTooLongException(length, MAX_BYTES);
            }
            if (input.remaining() < 2 + length) {
                return null;
            }
            input.position(input.position() + 2);
            byte[] text = new byte[length];
            input.get(text);
            return new Note(text);
        }
        // end

        @Override
        // begin: Encoder
        public void encode(Note note, ByteBuffer output) {
            output.putShort((short) note.text().length).put(note.text());
        }
        // end
    }

    private static void upperCase(ByteStream stream) throws IOException {
        // begin: Framed
        try (Framed<String, String> lines = Framed.over(stream, Frames.lines(8 * 1024, Utf8.STRICT))) {
            for (String line = lines.read(); line != null; line = lines.read()) {
                lines.write(line.toUpperCase(Locale.ROOT));
            }
        }
        // end
    }

    private static void greet(ByteStream stream) throws IOException {
        // begin: Outbox
        Outbox<String> outbox = Outbox.bounded(256 * 1024, Frames.lines(512, Utf8.STRICT), SlowPeer.DISCONNECT);
        Task<Void> writer = spawn(() -> outbox.writeTo(stream));
        outbox.offer("hello");
        // end
        outbox.finish();
        await(writer);
    }

    // begin: Inflow
    sealed interface Session {
        record FromPeer(Inflow.Event<String> event) implements Session {}
    }

    static final class Listening implements Actor<Session> {
        private final ByteStream stream;
        private final List<String> heard;
        private @Nullable Inflow<String> inflow;

        Listening(ByteStream stream, List<String> heard) {
            this.stream = stream;
            this.heard = heard;
        }

        @Override
        public void onStart(ActorContext<Session> context) {
            inflow = Inflow.start(stream, Frames.lines(512, Utf8.STRICT), context.self(), 8, Session.FromPeer::new);
        }

        @Override
        public void receive(Session message, ActorContext<Session> context) {
            switch (message) {
                case Session.FromPeer(Inflow.Frame<String>(var line)) -> {
                    heard.add(line);
                    Objects.requireNonNull(inflow).request(1);
                }
                case Session.FromPeer(Inflow.End<String>()) -> context.stop();
                case Session.FromPeer(Inflow.Failed<String>(var _)) -> context.stop();
            }
        }
    }
    // end

    private void serveSecretly(TcpListener listener, SSLContext keys) throws IOException {
        // begin: TlsStream
        try (TlsStream stream = TlsStream.server(listener.accept(), TlsOptions.server(keys))) {
            ByteBuffer question = stream.read();
            stream.write(answer(question));
        }
        // end
    }

    private static ByteBuffer answer(@Nullable ByteBuffer question) {
        return Objects.requireNonNull(question);
    }

    @Test
    void aNoteIsReadAsItWasWritten() {
        Notes codec = new Notes();
        ByteBuffer output = ByteBuffer.allocate(100);
        codec.encode(new Note(new byte[] {1, 2, 3}), output);
        List<Object> read =
                Segments.read(codec, Segments.cut(Arrays.copyOf(output.array(), output.position()), new Random(1), 2));
        assertThat(read)
                .singleElement()
                .isInstanceOfSatisfying(
                        Note.class, note -> assertThat(note.text()).containsExactly(1, 2, 3));
    }

    @Test
    void linesComeBackInUpperCase() throws Exception {
        PacedStream stream = new PacedStream();
        join(system.spawn(() -> {
            stream.allow(100);
            stream.supply("one\ntwo\n".getBytes(US_ASCII));
            stream.end();
            upperCase(stream);
        }));
        assertThat(text(stream.written())).isEqualTo("ONE\nTWO\n");
    }

    @Test
    void whatIsOfferedGoesOut() throws Exception {
        PacedStream stream = new PacedStream();
        join(system.spawn(() -> {
            stream.allow(100);
            greet(stream);
        }));
        assertThat(text(stream.written())).isEqualTo("hello\n");
    }

    @Test
    void anActorHearsEachLine() throws Exception {
        List<String> heard = new ArrayList<>();
        PacedStream stream = new PacedStream();
        join(system.spawn(() -> {
            stream.supply("one\ntwo\n".getBytes(US_ASCII));
            stream.end();
            spawnActor("listening", () -> new Listening(stream, heard));
            while (!stream.isClosed()) {
                sleepFor(Duration.ZERO);
            }
        }));
        assertThat(heard).containsExactly("one", "two");
    }

    @Test
    void aQuestionIsAnsweredInSecret() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> server = system.spawn(() -> serveSecretly(listener, serverContext));
            Task<byte[]> client = system.spawn(() -> {
                InetSocketAddress address = new InetSocketAddress("localhost", listener.port());
                try (TlsStream stream = TlsStream.connect(address, trusting)) {
                    stream.write(bytes("question"));
                    return readAll(stream);
                }
            });
            assertThat(text(join(client))).isEqualTo("question");
            join(server);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Decoder", "Encoder", "Framed", "Outbox", "Inflow", "TlsStream"})
    void theDocumentationShowsThisCode(String type) throws IOException {
        String shown = firstGroup("(?s)/// ```java\n(.*?)/// ```\n", "src/main/java/dev/rouse/io/" + type + ".java")
                .replaceAll("(?m)^/// ?", "");
        String code = firstGroup(
                "(?s) *// begin: " + type + "\n(.*?) *// end\n", "src/test/java/dev/rouse/io/SnippetsTest.java");
        assertThat(shown.strip()).isEqualTo(code.stripTrailing().stripIndent());
    }

    private static String firstGroup(String pattern, String file) throws IOException {
        return Pattern.compile(pattern)
                .matcher(Files.readString(Path.of(file)))
                .results()
                .map(result -> result.group(1))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing of this kind: file=" + file + ", pattern=" + pattern));
    }
}
