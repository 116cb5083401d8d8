package dev.rouse.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The fuzzing of all decoders, for as long as a build can wait: the inputs that were kept, and random ones.
final class FramingFuzzTest {

    private static final int RANDOM_INPUTS = 20_000;

    /// Bytes that mean something to one decoder or another.
    private static final byte[] TELLING = {'\n', '\r', 'a', 'a', 'b', 0, 0, 0, 1, 2, 3, 12, 13, (byte) 0x80, (byte) 0xC3
    };

    @Test
    void whatWasKeptIsReadAsItsModelSays() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/fuzz"))) {
            for (Path file : files.sorted().toList()) {
                for (int i = 0; i < FramingFuzz.cases(); i++) {
                    byte[] input = Files.readAllBytes(file);
                    input[0] = (byte) i;
                    check(input, file.toString());
                }
            }
        }
    }

    @Test
    void randomBytesInRandomPiecesAreReadAsTheirModelSays() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < RANDOM_INPUTS; i++) {
            check(input(random), "seed=" + seed + ", input=" + i);
        }
    }

    private static void check(byte[] input, String which) {
        try {
            FramingFuzz.fuzzerTestOneInput(input);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("failed: " + which, e);
        }
    }

    private static byte[] input(Random random) {
        byte[] input = new byte[3 + random.nextInt(60)];
        random.nextBytes(input);
        int plain = random.nextInt(4); // of four bytes so many are left as they are
        for (int i = 3; i < input.length; i++) {
            if (random.nextInt(4) >= plain) {
                input[i] = TELLING[random.nextInt(TELLING.length)];
            }
        }
        return input;
    }

    @Test
    void aFrameThatIsCutAnywhereIsTheSame() {
        for (byte[] frames : List.of(
                new byte[] {0, 0, 0, 'x', '\r', '\n', '\n', (byte) 0xC3, (byte) 0xA9, '\n'},
                new byte[] {0, 0, 0, 'x', 'a', 'a', 'a', 'b', 'a', 'a', 'b'},
                new byte[] {0, 0, 0, 1, 'x', 0, 2, 'y', 'z'})) {
            for (int codec = 0; codec < FramingFuzz.cases(); codec++) {
                for (int seed = 0; seed < 64; seed++) {
                    byte[] input = frames.clone();
                    input[0] = (byte) codec;
                    input[1] = (byte) seed;
                    input[2] = (byte) (seed % 5);
                    check(input, "codec=" + codec + ", seed=" + seed);
                }
            }
        }
    }
}
