package dev.rouse.testkit;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.CloseReport;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Violation;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/// Makes the system of a [RouseTest], and looks at what is left of it.
final class RouseTestExtension implements ParameterResolver, AfterEachCallback {
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(RouseTest.class);

    /// A guess: long for a test, short for one who waits for it to fail.
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        Class<?> type = parameter.getParameter().getType();
        return type == ActorSystem.class || type == LogExpectations.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == LogExpectations.class ? logs(test) : system(test);
    }

    private static LogExpectations logs(ExtensionContext test) {
        return test.getStore(STORE)
                .computeIfAbsent(LogExpectations.class, _ -> new LogExpectations(), LogExpectations.class);
    }

    private static ActorSystem system(ExtensionContext test) {
        LogExpectations logs = logs(test);
        for (Violation each : settings(test).violates()) {
            logs.allow(Level.WARNING, each.code());
        }
        return test.getStore(STORE)
                .computeIfAbsent(
                        ActorSystem.class,
                        _ -> ActorSystem.builder()
                                .name("test")
                                .shards(settings(test).shards())
                                .loggers(logs::logger)
                                .limits(Limits.defaults()
                                        .withLongTurn(Duration.ofHours(1))
                                        .withCloseTimeout(CLOSE_TIMEOUT))
                                .build(),
                        ActorSystem.class);
    }

    private static RouseTest settings(ExtensionContext test) {
        return AnnotationSupport.findAnnotation(test.getRequiredTestMethod(), RouseTest.class)
                .orElseThrow(() -> new IllegalStateException(
                        "an actor system is for a test with @RouseTest: test=" + test.getDisplayName()));
    }

    @Override
    public void afterEach(ExtensionContext test) {
        List<String> left = new ArrayList<>();
        ActorSystem system = test.getStore(STORE).get(ActorSystem.class, ActorSystem.class);
        if (system != null) { // the test has such a parameter
            close(system, settings(test), left);
        }
        left.addAll(logs(test).complaints());
        if (!left.isEmpty()) {
            AssertionError failed = new AssertionError("the system has not ended cleanly\n" + String.join("\n", left));
            logs(test).explain(failed);
            throw failed;
        }
    }

    private static void close(ActorSystem system, RouseTest settings, List<String> left) {
        CompletableFuture<CloseReport> report = system.shutdown();
        system.close();
        if (!report.join().isClean()) {
            left.add("functions did not end when the system was closed: "
                    + report.join().cutOff());
        }
        Set<Violation> unexpected = EnumSet.allOf(Violation.class);
        Arrays.asList(settings.violates()).forEach(unexpected::remove);
        unexpected.stream()
                .filter(each -> system.violations(each) > 0)
                .forEach(each -> left.add("a rule was violated: " + each + ", times=" + system.violations(each)));
    }
}
