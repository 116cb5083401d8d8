package dev.rouse.testkit;

import java.util.Arrays;
import java.util.SplittableRandom;

/// What is decided in one run of a simulation, in its order: each a number from 0 to below a bound. 0 is the plainest
/// one everywhere: the thread whose turn it is, the turn that has waited longest, all there is, no delay.
abstract class Choices {
    /// What a run is remembered for; a longer one is not made shorter. A guess: 4 MB.
    private static final int MOST_KEPT = 1_000_000;

    /// Stands for all that hosts share: what is under way, the ports, the ways. No thread has this number.
    static final int NETWORK = -1;

    private static final int FIRST_KEPT = 256;

    private int[] made = new int[FIRST_KEPT];
    private int count;

    /// Which comes first of several that could.
    final int order(int bound) {
        return bound == 1 ? 0 : keep(chooseOrder(bound));
    }

    /// How much, or how long. An exhaustive search does not vary it.
    final int amount(int bound) {
        return bound == 1 ? 0 : keep(chooseAmount(bound));
    }

    /// Which of these threads goes on, each by its number.
    final int thread(int[] ready) {
        return keep(chooseThread(ready));
    }

    /// The running thread has handed something to a shard.
    void handed(int shard) {}

    /// The running thread has looked at, or changed, what several threads may look at there.
    ///
    /// @param place a shard, or [#NETWORK]
    void looked(int place) {}

    /// The system is ready for the test.
    void begin() {}

    /// The test is over; what follows only ends the system.
    void end() {}

    /// Whether time passes while something runs.
    boolean isTimeTaken() {
        return true;
    }

    abstract int chooseOrder(int bound);

    abstract int chooseAmount(int bound);

    int chooseThread(int[] ready) {
        return ready.length == 1 ? 0 : chooseOrder(ready.length);
    }

    private int keep(int choice) {
        if (count < MOST_KEPT) {
            if (count == made.length) {
                made = Arrays.copyOf(made, 2 * count);
            }
            made[count] = choice;
        }
        count = Math.min(count + 1, MOST_KEPT + 1);
        return choice;
    }

    /// What was chosen, from the first on.
    int[] made() {
        return Arrays.copyOf(made, Math.min(count, MOST_KEPT));
    }

    boolean isKeptWhole() {
        return count <= MOST_KEPT;
    }

    static Choices ofSeed(long seed) {
        return new Drawn(seed);
    }

    /// As it was before, and 0 from there on.
    static Choices as(int[] script) {
        return new Scripted(script);
    }

    private static final class Drawn extends Choices {
        private final SplittableRandom random;

        Drawn(long seed) {
            random = new SplittableRandom(seed);
        }

        @Override
        int chooseOrder(int bound) {
            return random.nextInt(bound);
        }

        @Override
        int chooseAmount(int bound) {
            return random.nextInt(bound);
        }
    }

    private static final class Scripted extends Choices {
        private final int[] script;
        private int position;

        Scripted(int[] script) {
            this.script = script;
        }

        @Override
        int chooseOrder(int bound) {
            return chooseAmount(bound);
        }

        /// In another run than the one that it was written for, a number may be too large.
        @Override
        int chooseAmount(int bound) {
            return position < script.length ? script[position++] % bound : 0;
        }

        @Override
        int chooseThread(int[] ready) {
            return chooseAmount(ready.length);
        }
    }
}
