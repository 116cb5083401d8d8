package dev.rouse.examples;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static java.util.stream.Collectors.toUnmodifiableSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.rouse.dispatch.Clock;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.net.URL;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The rules of DESIGN.md and STYLE.md that hold for the libraries and the examples as a whole.
final class ArchitectureTest {
    private static final String[] LIBRARIES = {"dev.rouse.dispatch..", "dev.rouse.actor..", "dev.rouse.io.."};

    private static JavaClasses rouse = new ClassFileImporter().importClasses();

    @BeforeAll
    static void importClasses() {
        rouse = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.rouse");
        for (String module : Set.of("dev.rouse.dispatch", "dev.rouse.actor", "dev.rouse.io", "dev.rouse.examples")) {
            assertThat(rouse.containPackage(module)).as(module).isTrue();
        }
    }

    @Test
    void modulesDependOnTheOnesBelowOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("dispatch")
                .definedBy("dev.rouse.dispatch..")
                .layer("actors-core")
                .definedBy("dev.rouse.actor..")
                .layer("io-actors")
                .definedBy("dev.rouse.io..")
                .layer("examples")
                .definedBy("dev.rouse.examples..")
                .whereLayer("examples")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("io-actors")
                .mayOnlyBeAccessedByLayers("examples")
                .whereLayer("actors-core")
                .mayOnlyBeAccessedByLayers("io-actors", "examples")
                .check(rouse);
    }

    @Test
    void examplesUseExportedPackagesOnly() {
        Set<String> exported = exportedPackages();
        DescribedPredicate<JavaClass> hidden = describe(
                "in a package that its module does not export",
                type -> type.getPackageName().startsWith("dev.rouse.")
                        && !type.getPackageName().startsWith("dev.rouse.examples")
                        && !exported.contains(type.getPackageName()));
        noClasses()
                .that()
                .resideInAPackage("dev.rouse.examples..")
                .should()
                .dependOnClassesThat(hidden)
                .because("an example can do no more than its reader")
                .check(rouse);
    }

    @Test
    void onlyTheClockReadsTheTime() {
        noClasses()
                .that()
                .resideInAnyPackage(LIBRARIES)
                .and(DescribedPredicate.not(assignableTo(Clock.class)))
                .should()
                .callMethodWhere(callTo("java\\.lang\\.System\\.(nanoTime|currentTimeMillis)\\(.*"))
                .orShould()
                .callMethodWhere(callTo("java\\.time\\.\\w+\\.now\\(.*"))
                .orShould()
                .callMethodWhere(callTo("java\\.time\\.Clock\\.(system|tick).*"))
                .because("a simulation puts another clock in its place")
                .check(rouse);
    }

    @Test
    void librariesHaveNoUnboundedQueues() {
        Stream.of(
                        ConcurrentLinkedQueue.class,
                        ConcurrentLinkedDeque.class,
                        LinkedTransferQueue.class,
                        LinkedBlockingQueue.class,
                        LinkedBlockingDeque.class,
                        PriorityBlockingQueue.class,
                        DelayQueue.class)
                .forEach(queue -> noClasses()
                        .that()
                        .resideInAnyPackage(LIBRARIES)
                        .should()
                        .dependOnClassesThat()
                        .areAssignableTo(queue)
                        .because("every queue has a limit and a reason for it")
                        .check(rouse));
    }

    @Test
    void librariesDoNotSleep() {
        noClasses()
                .that()
                .resideInAnyPackage(LIBRARIES)
                .should()
                .callMethodWhere(callTo("java\\.lang\\.Thread\\.sleep\\(.*"))
                .orShould()
                .callMethodWhere(callTo("java\\.util\\.concurrent\\.TimeUnit\\.sleep\\(.*"))
                .because("a sleeping carrier holds up its shard")
                .check(rouse);
    }

    @Test
    void librariesPrintNothing() {
        noClasses()
                .that()
                .resideInAnyPackage(LIBRARIES)
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethodWhere(callTo("java\\.lang\\.Throwable\\.printStackTrace\\(\\)"))
                .because("the program decides where a log goes")
                .check(rouse);
    }

    private static DescribedPredicate<JavaCall<?>> callTo(String signature) {
        return describe(
                "calls " + signature, call -> call.getTarget().getFullName().matches(signature));
    }

    private static Set<String> exportedPackages() {
        try {
            return Collections.list(ArchitectureTest.class.getClassLoader().getResources("module-info.class")).stream()
                    .map(ArchitectureTest::module)
                    .filter(module -> module.name().startsWith("dev.rouse."))
                    .flatMap(module -> module.exports().stream())
                    .map(ModuleDescriptor.Exports::source)
                    .collect(toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ModuleDescriptor module(URL descriptor) {
        try (InputStream in = descriptor.openStream()) {
            return ModuleDescriptor.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
