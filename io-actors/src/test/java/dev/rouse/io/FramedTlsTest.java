package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Task;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Frames over a stream that needs room of its own for each write.
final class FramedTlsTest extends TlsTest {
    private static final Codec<String> LINES = Frames.lines(100, Utf8.STRICT);
    private static final int ROOM = 256 * 1024;

    /// The frame stayed in the batch, and went out twice.
    @Test
    void aFrameForWhichTlsFindsNoRoomGoesOutOnceWhenItIsWrittenAgain() throws Exception {
        try (TcpListener listener = listener();
                ActorSystem narrow = ActorSystem.builder()
                        .shards(1)
                        .limits(Limits.defaults().withBufferedBytesPerShard(ROOM))
                        .build()) {
            Task<List<String>> server = serve(listener, serving, stream -> {
                Framed<String, String> lines = Framed.over(stream, LINES);
                List<String> read = new ArrayList<>();
                for (String line = lines.read(); line != null; line = lines.read()) {
                    read.add(line);
                }
                return read;
            });
            Task<Void> client = narrow.spawn(() -> {
                try (TlsStream stream =
                        TlsStream.client(TcpStream.connect(listener.localAddress()), "localhost", trusting)) {
                    Framed<String, String> lines = Framed.over(stream, LINES);
                    lines.write("first");
                    BufferedBytes others = BufferedBytes.ofCurrentShard();
                    int taken = ROOM - (int) others.held() - 2 * FrameBatch.KEPT_BYTES;
                    others.take(taken, "others");
                    for (int i = 0; i < 2; i++) {
                        assertThatThrownBy(() -> lines.write("second"))
                                .isInstanceOf(BufferLimitException.class)
                                .hasMessageContaining("owner=tls stream");
                    }
                    assertThat(lines.acceptedFrames()).isEqualTo(1);
                    others.giveBack(taken);
                    lines.write("second");
                    lines.write("third");
                    lines.shutdownOutput();
                }
            });
            join(client);
            assertThat(join(server)).containsExactly("first", "second", "third");
        }
    }
}
