package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Task;
import dev.rouse.io.Codec;
import dev.rouse.io.Framed;
import dev.rouse.io.Frames;
import dev.rouse.io.LengthField;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/// Frames over a link that is slow, cuts them anywhere and is gone for a while, between peers that give up and try
/// again all the time.
class FramedPeersTest {

    private static final int FRAMES = 24;

    private static final Codec<byte[]> CODEC = Frames.copied(Frames.lengthPrefixed(LengthField.ofBytes(2), 3_000));

    /// Reads and writes have deadlines that pass in the middle of frames. Whatever is cut short goes on with the
    /// next call: each frame arrives once, whole and in its place, and comes back so.
    @Seeds(200)
    void noFrameIsLostDoubledOrReorderedBySlownessPartitionsAndDeadlines(Simulation simulation) throws IOException {
        SimulatedNetwork network = simulation.network();
        SimulatedHost server = network.host("server");
        SimulatedHost client = network.host("client");
        network.link(LinkOptions.defaults()
                .withLatency(Duration.ofMillis(1), Duration.ofMillis(30))
                .withBytesPerSecond(200_000)
                .withWindowBytes(1_500));
        int[] cuts = new int[1];

        TcpListener listener = server.call(() -> TcpListener.bind(server.address(7)));
        Task<Void> echo = server.system().spawn(() -> {
            try (listener;
                    Framed<byte[], byte[]> framed = Framed.over(listener.accept(), CODEC)) {
                Random random = new Random(simulation.seed());
                for (var frame = read(framed, random, cuts); frame.isPresent(); frame = read(framed, random, cuts)) {
                    write(framed, frame.get(), random, cuts);
                }
                framed.shutdownOutput();
            }
        });
        Task<List<Integer>> back = client.system().spawn(() -> {
            try (Framed<byte[], byte[]> framed = Framed.over(TcpStream.connect(server.address(7)), CODEC)) {
                Task<Void> writer = spawn(() -> {
                    Random random = new Random(simulation.seed() + 1);
                    for (int i = 0; i < FRAMES; i++) {
                        write(framed, frame(i), random, cuts);
                    }
                    framed.shutdownOutput();
                });
                Random random = new Random(simulation.seed() + 2);
                List<Integer> numbers = new ArrayList<>();
                for (var frame = read(framed, random, cuts); frame.isPresent(); frame = read(framed, random, cuts)) {
                    numbers.add(numberOf(frame.get()));
                }
                await(writer);
                return numbers;
            }
        });
        for (int i = 0; i < 3; i++) {
            simulation.runFor(Duration.ofMillis(150));
            network.partition(server, client);
            simulation.runFor(Duration.ofSeconds(2));
            network.heal(server, client);
        }

        assertThat(back.join()).isEqualTo(IntStream.range(0, FRAMES).boxed().toList());
        echo.join();
        assertThat(cuts[0]).isPositive();
    }

    private static Optional<byte[]> read(Framed<byte[], byte[]> framed, Random random, int[] cuts) {
        while (true) {
            try {
                return withTimeout(patience(random), () -> Optional.ofNullable(framed.read()));
            } catch (DeadlineExceededException _) {
                cuts[0]++;
            }
        }
    }

    /// Only `acceptedFrames` knows whether a write that was cut short has taken its frame.
    private static void write(Framed<byte[], byte[]> framed, byte[] frame, Random random, int[] cuts) {
        long before = framed.acceptedFrames();
        while (framed.acceptedFrames() == before) {
            try {
                withTimeout(patience(random), () -> {
                    framed.write(frame);
                    return frame;
                });
            } catch (DeadlineExceededException _) {
                cuts[0]++;
            }
        }
    }

    private static Duration patience(Random random) {
        return Duration.ofMillis(1 + random.nextInt(40));
    }

    /// Of a size and with bytes that its number says.
    private static byte[] frame(int number) {
        byte[] bytes = new byte[4 + number * 97 % 2_900];
        ByteBuffer.wrap(bytes).putInt(number);
        for (int i = 4; i < bytes.length; i++) {
            bytes[i] = (byte) (number * 7 + i);
        }
        return bytes;
    }

    private static int numberOf(byte[] frame) {
        int number = ByteBuffer.wrap(frame).getInt();
        assertThat(frame).isEqualTo(frame(number));
        return number;
    }
}
