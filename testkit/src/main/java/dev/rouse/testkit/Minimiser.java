package dev.rouse.testkit;

import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Looks for a plainer run that fails like a given one: it makes as many choices as it can 0, first whole stretches of
/// them, then shorter ones, as in Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002.
final class Minimiser {
    /// Runs for one search. A guess: mostly a few seconds.
    private static final int MOST_RUNS = 500;

    private final Function<Choices, SimulatedRun> test;
    private SimulatedRun best;
    private int runs;

    private Minimiser(SimulatedRun failing, Function<Choices, SimulatedRun> test) {
        this.best = failing;
        this.test = test;
    }

    /// @return a run that fails in the same place with the same kind of failure, at worst the given one
    static SimulatedRun minimise(SimulatedRun failing, Function<Choices, SimulatedRun> test) {
        Minimiser search = new Minimiser(failing, test);
        if (failing.choices().isKeptWhole()) {
            search.search();
        }
        return search.best;
    }

    private void search() {
        for (int stretch = best.choices().made().length; stretch > 0 && runs < MOST_RUNS; stretch /= 2) {
            for (int from = 0; from < best.choices().made().length && runs < MOST_RUNS; from += stretch) {
                tryWithout(from, stretch);
            }
        }
    }

    private void tryWithout(int from, int stretch) {
        int[] script = best.choices().made();
        int to = Math.min(script.length, from + stretch);
        if (Arrays.stream(script, from, to).allMatch(choice -> choice == 0)) {
            return;
        }
        Arrays.fill(script, from, to, 0);
        runs++;
        SimulatedRun plainer = test.apply(Choices.as(script));
        if (isLike(plainer) && weight(plainer) < weight(best)) {
            best = plainer;
        }
    }

    private boolean isLike(SimulatedRun other) {
        return other.failure() != null
                && best.failure() != null
                && Place.of(other.failure()).equals(Place.of(best.failure()));
    }

    /// What failed where: two assertions of one test fail with the same kind of error, and so does what the
    /// simulation itself looks at. Lines and not texts, since a text has values of the run in it.
    private record Place(Class<?> type, @Nullable StackTraceElement where) {
        static Place of(Throwable failure) {
            StackTraceElement[] stack = failure.getStackTrace();
            return new Place(failure.getClass(), stack.length == 0 ? null : stack[0]);
        }
    }

    /// Choices that are not 0.
    static long weight(SimulatedRun run) {
        return Arrays.stream(run.choices().made()).filter(choice -> choice != 0).count();
    }
}
