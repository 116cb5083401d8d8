package dev.rouse.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A test that is run once for each of many seeds, each time with a fresh [Simulation], until one fails.
///
/// ```java
/// @Seeds(1_000)
/// void noTransferIsLost(Simulation simulation) {
///     simulation.run(() -> …);
/// }
/// ```
///
/// The failure says which seed it was, and shows the last turns; `-Drouse.seed=…` or [Seed] then runs that one alone.
/// `-Drouse.seeds=…` sets another number for all such tests, and `-Drouse.seeds=50x` fifty times as many for each, for
/// a long night; after each thousand a report entry of JUnit says how many have passed.
///
/// A run that ends itself by an assumption is counted as aborted, and the next seed follows; the test is aborted only
/// if each of its runs is.
///
/// The instance of the test class, and what `@BeforeEach` has made, serves all seeds.
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Test
@ExtendWith(SimulationExtension.class)
@SuppressWarnings("exports") // JUnit alone uses the extension
public @interface Seeds {
    /// How many, at least 1. They begin at 0, so that each run of the test is the same.
    int value();

    /// Shards of each simulation.
    int shards() default 2;
}
