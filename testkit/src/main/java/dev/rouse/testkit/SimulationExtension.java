package dev.rouse.testkit;

import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;
import org.opentest4j.TestAbortedException;

/// Runs the tests of [Seeds] and [Seed]: one invocation of JUnit, in which the method is called once for each seed.
final class SimulationExtension implements ParameterResolver, InvocationInterceptor {
    /// Runs one seed alone.
    private static final String SEED = "rouse.seed";

    /// Another number of seeds than the test says.
    private static final String SEEDS = "rouse.seeds";

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == Simulation.class && isOfSeeds(parameter.getDeclaringExecutable());
    }

    /// Not a constructor or what runs before each test: those would share one among all seeds.
    private static boolean isOfSeeds(Executable executable) {
        return AnnotationSupport.isAnnotated(executable, Seeds.class)
                || AnnotationSupport.isAnnotated(executable, Seed.class);
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
        Method method = call.getExecutable();
        long[] seeds = seeds(method);
        for (int i = 0; i < seeds.length; i++) {
            run(method, call, seeds[i], i);
        }
    }

    private static void run(Method method, ReflectiveInvocationContext<Method> call, long seed, int passed) {
        Simulation simulation = Simulation.of(seed, system -> system.shards(shards(method)));
        Throwable failure = null;
        try {
            Object _ =
                    ReflectionSupport.invokeMethod(method, call.getTarget().orElseThrow(), arguments(call, simulation));
        } catch (Throwable e) {
            failure = e;
        }
        String trace = simulation.trace(); // before the end of the system hides what led to the failure
        try {
            simulation.close();
        } catch (Throwable e) {
            if (failure == null) {
                failure = e;
            } else {
                failure.addSuppressed(e);
            }
        }
        if (failure instanceof TestAbortedException aborted) {
            throw aborted;
        }
        if (failure != null) {
            throw new AssertionError(
                    "failed with seed=" + seed + ", after " + passed + " that passed; -D" + SEED + "=" + seed
                            + " runs it alone\n" + failure + "\nlast turns:\n" + trace,
                    failure);
        }
    }

    private static Object[] arguments(ReflectiveInvocationContext<Method> call, Simulation simulation) {
        Class<?>[] types = call.getExecutable().getParameterTypes();
        List<Object> resolved = call.getArguments();
        Object[] arguments = resolved.toArray();
        for (int i = 0; i < types.length; i++) {
            if (types[i] == Simulation.class) {
                arguments[i] = simulation;
            }
        }
        return arguments;
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
        String others = System.getProperty(SEEDS);
        long count = others == null ? many(method).value() : number(SEEDS, others);
        if (count < 1 || count > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "the number of seeds is out of range: value=" + count + ", least=1, most=" + Integer.MAX_VALUE);
        }
        return LongStream.range(0, count).toArray();
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
