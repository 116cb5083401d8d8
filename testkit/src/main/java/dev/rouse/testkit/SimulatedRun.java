package dev.rouse.testkit;

import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.ReflectionSupport;
import org.opentest4j.TestAbortedException;

/// One call of a test method with a fresh simulation, and what has come of it.
///
/// @param failure null if it has passed, or was aborted
/// @param aborted by which the test has ended itself, because of an assumption that does not hold in this run; null if
///     it has not
/// @param trace   the last turns before the end
record SimulatedRun(
        @Nullable Throwable failure,
        @Nullable TestAbortedException aborted,
        String trace,
        long turns,
        Choices choices) {

    static SimulatedRun of(ReflectiveInvocationContext<Method> call, long seed, int shards, Choices choices) {
        Simulation simulation = new Simulation(seed, choices, system -> system.shards(shards));
        Throwable failure = null;
        try {
            Object _ = ReflectionSupport.invokeMethod(
                    call.getExecutable(), call.getTarget().orElseThrow(), arguments(call, simulation));
        } catch (Throwable e) {
            failure = e;
        }
        String trace = simulation.trace(); // before the end of the system hides what led to the failure
        long turns = simulation.turns();
        try {
            simulation.close();
        } catch (Throwable e) {
            if (failure == null) {
                failure = e;
            } else {
                failure.addSuppressed(e);
            }
        }
        return failure instanceof TestAbortedException aborted
                ? new SimulatedRun(null, aborted, trace, turns, choices)
                : new SimulatedRun(failure, null, trace, turns, choices);
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

    /// What to fail a test with.
    AssertionError failure(String what) {
        return new AssertionError(what + "\n" + failure + "\nlast turns:\n" + trace, failure);
    }
}
