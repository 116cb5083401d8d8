package dev.rouse.testkit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/// Runs a test method, and answers how it fails.
final class Launched {
    private Launched() {}

    static Throwable failureOf(Class<?> tests, String method) {
        return failuresOf(tests, method).getFirst();
    }

    static Throwable failureOf(Class<?> tests, String method, Class<?> parameter) {
        return failuresOf(tests, method, parameter).getFirst();
    }

    /// With a system property meanwhile.
    static Throwable failureOf(Class<?> tests, String method, String property, String value) {
        return failuresOf(tests, method, property, value).getFirst();
    }

    static List<Throwable> failuresOf(Class<?> tests, String method, String property, String value) {
        return with(property, value, () -> failuresOf(tests, method));
    }

    /// What it has published meanwhile, with a system property.
    static List<Map<String, String>> reportsOf(Class<?> tests, String method, String property, String value) {
        return with(
                property,
                value,
                () -> execute(tests, method, Simulation.class)
                        .allEvents()
                        .reportingEntryPublished()
                        .map(each -> each.getRequiredPayload(ReportEntry.class).getKeyValuePairs())
                        .toList());
    }

    private static <T> T with(String property, String value, Supplier<T> body) {
        String before = System.getProperty(property);
        System.setProperty(property, value);
        try {
            return body.get();
        } finally {
            if (before == null) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, before);
            }
        }
    }

    static long abortedOf(Class<?> tests, String method, String property, String value) {
        return with(
                property,
                value,
                () -> execute(tests, method, Simulation.class)
                        .testEvents()
                        .aborted()
                        .count());
    }

    static List<Throwable> failuresOf(Class<?> tests, String method) {
        return failuresOf(tests, method, Simulation.class);
    }

    private static List<Throwable> failuresOf(Class<?> tests, String method, Class<?> parameter) {
        return execute(tests, method, parameter).testEvents().failed().stream()
                .map(each -> each.getPayload(TestExecutionResult.class))
                .flatMap(Optional::stream)
                .map(TestExecutionResult::getThrowable)
                .flatMap(Optional::stream)
                .toList();
    }

    private static EngineExecutionResults execute(Class<?> tests, String method, Class<?> parameter) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectMethod(tests, method, parameter.getName()))
                .execute();
    }
}
