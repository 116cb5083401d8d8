package dev.rouse.actor;

/// What happens when a rule of the usage model is broken; see [Violation].
public enum ViolationPolicy {
    /// It is counted, and logged once for each culprit. The program goes on.
    REPORT,

    /// It is counted, and who broke the rule gets a [ViolationException].
    FAIL,

    /// It is counted and logged, and the JVM ends at once with status 70, without its shutdown hooks: for programs
    /// that had better not run than run wrongly.
    HALT
}
