package dev.rouse.testkit;

import dev.rouse.actor.Violation;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A test in real time, on a real [dev.rouse.actor.ActorSystem] of its own, which it takes as a parameter; for sockets
/// of the machine and code that blocks, where a [Simulation] is none.
///
/// ```java
/// @RouseTest
/// void theServerAnswers(ActorSystem system) {
///     …
/// }
/// ```
///
/// The system is closed after the test, which fails if something has not ended 3 seconds later, or a rule was violated.
/// Each warning and error that it logs fails the test, too, unless that expects it: by a parameter of type
/// [LogExpectations]. Turns may be long, since on a busy machine any turn is.
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Test
@ExtendWith(RouseTestExtension.class)
@SuppressWarnings("exports") // JUnit alone uses the extension
public @interface RouseTest {
    /// Shards of the system.
    int shards() default 2;

    /// Rules that the test violates on purpose.
    Violation[] violates() default {};
}
