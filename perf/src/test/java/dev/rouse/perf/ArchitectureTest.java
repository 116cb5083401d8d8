package dev.rouse.perf;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// What a measurement may touch. The rules for the libraries themselves are in the examples' test of this name.
final class ArchitectureTest {
    private static final JavaClasses ROUSE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.rouse");

    private static final DescribedPredicate<JavaClass> EXPORTED = resideInAnyPackage(
            "dev.rouse.dispatch", "dev.rouse.dispatch.spi", "dev.rouse.actor", "dev.rouse.io", "dev.rouse.perf..");

    @Test
    void perfUsesExportedPackagesOnly() {
        classes()
                .that()
                .resideInAPackage("dev.rouse.perf..")
                .should()
                .onlyDependOnClassesThat(
                        DescribedPredicate.not(resideInAPackage("dev.rouse..")).or(EXPORTED))
                .because("a figure must be within reach of every user")
                .check(ROUSE);
    }

    @Test
    void nothingDependsOnPerf() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.rouse.perf..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.rouse.perf..")
                .check(ROUSE);
    }
}
