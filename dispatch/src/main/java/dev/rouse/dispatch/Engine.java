package dev.rouse.dispatch;

/// How a shard runs its drivers. Both give the same guarantees: one turn at a time on each shard, order and bounds.
public enum Engine {
    /// The shard's own thread is the scheduler of its drivers. Fast, and a turn that blocks silently
    /// (`Thread.sleep`, a lock, JDBC) does not hold up its shard. Needs the JVM flag
    /// `--add-opens java.base/java.lang=ALL-UNNAMED` (or `=dev.rouse.dispatch` on the module path) until the JDK
    /// lets virtual threads have a scheduler in public.
    CARRIER,

    /// Drivers run on the JDK's own scheduler and hand a baton to each other. Needs no flag. Slower at each
    /// suspension, and a turn that blocks silently holds up its own shard. A turn that suspends in a class
    /// initialiser holds a thread of the JDK's scheduler: as many of them as it has threads hold up every shard.
    PORTABLE;

    /// The JVM flag that [#CARRIER] needs: it names the module of this class, or the class path.
    public static String carrierFlag() {
        return CarrierThreads.flag();
    }

    /// [#CARRIER] where this JVM allows it, else [#PORTABLE].
    public static Engine preferred() {
        return CarrierThreads.areAvailable() ? CARRIER : PORTABLE;
    }
}
