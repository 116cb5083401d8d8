package dev.rouse.testkit;

import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.opentest4j.TestAbortedException;

/// Runs the tests of [Seeds], [Seed] and [Exhaustive]: one invocation of JUnit, in which the method is called once for
/// each seed or order.
final class SimulationExtension implements ParameterResolver, InvocationInterceptor {
    /// Runs one seed alone.
    private static final String SEED = "rouse.seed";

    /// Another number of seeds than the test says.
    private static final String SEEDS = "rouse.seeds";

    /// After so many a test says how far it is. A guess: some seconds to minutes.
    private static final int SEEDS_PER_REPORT = 1_000;

    /// Behind a number that is a factor.
    private static final String TIMES = "x";

    /// Looks for a plainer run that fails, too.
    private static final String MINIMISE = "rouse.minimise";

    /// Runs one order of an exhaustive test alone.
    private static final String CHOICES = "rouse.choices";

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == Simulation.class && isOfSeeds(parameter.getDeclaringExecutable());
    }

    /// Not a constructor or what runs before each test: those would share one among all seeds.
    private static boolean isOfSeeds(Executable executable) {
        return AnnotationSupport.isAnnotated(executable, Seeds.class)
                || AnnotationSupport.isAnnotated(executable, Seed.class)
                || AnnotationSupport.isAnnotated(executable, Exhaustive.class);
    }

    /// Each call of the method gets its own from [#interceptTestMethod].
    @Override
    public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        return null;
    }

    @Override
    public void interceptTestMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> call, ExtensionContext test) {
        invocation.skip();
        if (AnnotationSupport.isAnnotated(call.getExecutable(), Exhaustive.class)) {
            runAllOrders(call, test);
        } else {
            runSeeds(call, test);
        }
    }

    private static void runSeeds(ReflectiveInvocationContext<Method> call, ExtensionContext test) {
        Method method = call.getExecutable();
        int shards = shards(method);
        long[] seeds = seeds(method);
        Aborted aborted = new Aborted();
        for (int i = 0; i < seeds.length; i++) {
            long seed = seeds[i];
            SimulatedRun run = SimulatedRun.of(call, seed, shards, Choices.ofSeed(seed));
            aborted.add(run);
            if ((i + 1) % SEEDS_PER_REPORT == 0) {
                test.publishReportEntry("seeds", (i + 1) + " of " + seeds.length);
            }
            if (run.failure() != null) {
                String found = "failed with seed=" + seed + ", after " + i + " that passed; -D" + SEED + "=" + seed
                        + " runs it alone";
                throw Boolean.getBoolean(MINIMISE)
                        ? minimised(run, found, choices -> SimulatedRun.of(call, seed, shards, choices))
                        : run.failure(found);
            }
        }
        aborted.end(test, seeds.length);
    }

    /// Runs in which an assumption of the test does not hold. As long as it holds in some, the test has shown
    /// something.
    private static final class Aborted {
        private int count;
        private @Nullable TestAbortedException last;

        void add(SimulatedRun run) {
            if (run.aborted() != null) {
                count++;
                last = run.aborted();
            }
        }

        /// @throws TestAbortedException if it holds in none
        void end(ExtensionContext test, int runs) {
            if (last == null) {
                return;
            }
            if (count == runs) {
                throw last;
            }
            test.publishReportEntry("aborted", count + " of " + runs);
        }
    }

    private static AssertionError minimised(SimulatedRun failed, String found, Function<Choices, SimulatedRun> test) {
        SimulatedRun plainer = Minimiser.minimise(failed, test);
        return plainer.failure(found + "\nthe plainest run that fails like it: turns=" + plainer.turns() + " of "
                + failed.turns() + ", choices that matter=" + Minimiser.weight(plainer) + " of "
                + Minimiser.weight(failed));
    }

    private static void runAllOrders(ReflectiveInvocationContext<Method> call, ExtensionContext test) {
        Exhaustive bounds = AnnotationSupport.findAnnotation(call.getExecutable(), Exhaustive.class)
                .orElseThrow();
        String one = System.getProperty(CHOICES);
        if (one != null) {
            SimulatedRun run = SimulatedRun.of(call, 0, bounds.shards(), Exploration.replay(numbers(one)));
            if (run.failure() != null) {
                throw run.failure("failed with choices=" + one);
            }
            return;
        }
        Exploration exploration = new Exploration(bounds.depth());
        Aborted aborted = new Aborted();
        int runs = 0;
        do {
            if (runs == bounds.runs()) {
                throw new AssertionError("there are more orders than were to be run: runs=" + runs
                        + "; allow more, make the system smaller, or bound the depth");
            }
            SimulatedRun run = SimulatedRun.of(call, 0, bounds.shards(), exploration.run());
            exploration.requireRepeated(run.failure());
            if (run.failure() != null) {
                throw run.failure("failed in an order after " + runs + " that passed; -D" + CHOICES + "="
                        + exploration.text() + " runs it alone");
            }
            aborted.add(run);
            runs++;
        } while (exploration.advance());
        aborted.end(test, runs);
        test.publishReportEntry("orders", String.valueOf(runs));
    }

    private static int[] numbers(String choices) {
        if (choices.isEmpty()) {
            return new int[0]; // it has come to none
        }
        return Pattern.compile(",")
                .splitAsStream(choices)
                .mapToInt(each -> (int) number(CHOICES, each))
                .toArray();
    }

    private static long[] seeds(Method method) {
        Seed fixed = AnnotationSupport.findAnnotation(method, Seed.class).orElse(null);
        String one = System.getProperty(SEED);
        if (one != null) {
            return new long[] {number(SEED, one)};
        }
        if (fixed != null) {
            return new long[] {fixed.value()};
        }
        long count = count(many(method).value(), System.getProperty(SEEDS));
        if (count < 1 || count > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "the number of seeds is out of range: value=" + count + ", least=1, most=" + Integer.MAX_VALUE);
        }
        return LongStream.range(0, count).toArray();
    }

    /// @param others what to run in the place of a test's own number: another one or, such as `50x` or `0.25x`, a
    ///     multiple of it
    private static long count(int own, @Nullable String others) {
        if (others == null) {
            return own;
        }
        return others.endsWith(TIMES) ? Math.max(1, Math.round(own * factor(others))) : number(SEEDS, others);
    }

    private static double factor(String text) {
        try {
            double factor = Double.parseDouble(text.substring(0, text.length() - TIMES.length()));
            if (factor > 0) {
                return factor;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw new IllegalArgumentException("not a factor above zero: -D" + SEEDS + "=" + text);
    }

    private static long number(String property, String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a whole number: -D" + property + "=" + value, e);
        }
    }

    private static int shards(Method method) {
        return AnnotationSupport.findAnnotation(method, Seed.class)
                .map(Seed::shards)
                .orElseGet(() -> many(method).shards());
    }

    private static Seeds many(Method method) {
        return Objects.requireNonNull(
                AnnotationSupport.findAnnotation(method, Seeds.class).orElse(null), "a test with @Seeds or @Seed");
    }
}
