package dev.rouse.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A test that is run once, with a [Simulation] of one seed: to replay what [Seeds] has found, or where the order does
/// not matter.
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Test
@ExtendWith(SimulationExtension.class)
@SuppressWarnings("exports") // JUnit alone uses the extension
public @interface Seed {
    long value();

    /// Shards of the simulation.
    int shards() default 2;
}
