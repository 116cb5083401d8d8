package dev.rouse.testkit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.List;
import java.util.Optional;
import org.junit.platform.engine.TestExecutionResult;
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
        String before = System.getProperty(property);
        System.setProperty(property, value);
        try {
            return failuresOf(tests, method);
        } finally {
            if (before == null) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, before);
            }
        }
    }

    static List<Throwable> failuresOf(Class<?> tests, String method) {
        return failuresOf(tests, method, Simulation.class);
    }

    private static List<Throwable> failuresOf(Class<?> tests, String method, Class<?> parameter) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectMethod(tests, method, parameter.getName()))
                .execute()
                .testEvents()
                .failed()
                .stream()
                .map(each -> each.getPayload(TestExecutionResult.class))
                .flatMap(Optional::stream)
                .map(TestExecutionResult::getThrowable)
                .flatMap(Optional::stream)
                .toList();
    }
}
