package dev.rouse.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A test of a small system that is run in every order in which the system can run, so that what it asserts is proved
/// for all of them and not sampled.
///
/// ```java
/// @Exhaustive
/// void twoDepositsAddUp(Simulation simulation) {
///     …
/// }
/// ```
///
/// The orders are those of the turns of each shard, of the shards, and of what they hand to each other. Of orders that
/// make no difference, because two shards have done something that neither the other nor a third has learned of, one is
/// run; that a sender finds room in a mailbox, or looks whether a task is done, counts as learning, and so does all
/// that is done with the network. What functions on several shards share beside that, such as a list of the test, must
/// not depend on the order among them. Time passes only when nothing else can go on, and everything sent over a network
/// takes the least that it can.
///
/// The test must do the same whenever the same comes first: a field that is kept from run to run, a random number or
/// the order of a hash table that decides what it does fails it, since then nothing is proved.
///
/// How many orders there are grows fast: two functions that exchange a message have some dozens, a third function makes
/// thousands of that. A failure says how to run its order alone.
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Test
@ExtendWith(SimulationExtension.class)
@SuppressWarnings("exports") // JUnit alone uses the extension
public @interface Exhaustive {
    /// Choices of a run that are tried in all ways; later ones are not varied. Without a bound here, a run is
    /// searched to its end.
    int depth() default Integer.MAX_VALUE;

    /// The test fails if there are more runs than this.
    int runs() default 100_000;

    /// Shards of each simulation.
    int shards() default 2;
}
