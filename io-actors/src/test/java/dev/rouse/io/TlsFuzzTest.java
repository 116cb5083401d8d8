package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The fuzzing of TLS, for as long as a build can wait.
final class TlsFuzzTest {
    private static final int RANDOM_INPUTS = 150;

    /// Of a client's: its greeting and the end of it, what it says, new keys, the end. A server says more.
    private static final int RECORDS = 8;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void whereNobodyStandsBetweenAllIsHeard(int side) {
        assertThat(TlsFuzz.hear(new byte[] {(byte) side})).isTrue();
    }

    @ParameterizedTest
    @EnumSource(TlsFuzz.Deed.class)
    void whateverIsDoneToOneRecord(TlsFuzz.Deed deed) {
        for (int side = 0; side < 4; side++) {
            for (int record = 0; record < RECORDS; record++) {
                byte[] input = new byte[1 + RECORDS * TlsFuzz.BYTES_EACH];
                input[0] = (byte) side;
                int at = 1 + record * TlsFuzz.BYTES_EACH;
                input[at] = (byte) TlsFuzz.DEEDS.indexOf(deed);
                input[at + 2] = (byte) (7 * record + 3 * side);
                check(input, "side=" + side + ", record=" + record);
            }
        }
    }

    @Test
    void whateverIsDoneToSeveral() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < RANDOM_INPUTS; i++) {
            byte[] input = new byte[1 + random.nextInt(12) * TlsFuzz.BYTES_EACH];
            random.nextBytes(input);
            for (int at = 1; at < input.length; at += TlsFuzz.BYTES_EACH) {
                if (random.nextInt(4) > 0) {
                    input[at] = 0;
                }
            }
            check(input, "seed=" + seed + ", input=" + i);
        }
    }

    private static void check(byte[] input, String which) {
        try {
            TlsFuzz.fuzzerTestOneInput(input);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("failed: " + which + ", bytes=" + Arrays.toString(input), e);
        }
    }
}
