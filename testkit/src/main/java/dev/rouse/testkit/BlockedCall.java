package dev.rouse.testkit;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A call of the JDK that a turn waits in, as a simulation tells of it.
///
/// @param call what the user's code has called
/// @param at   where
record BlockedCall(String call, StackTraceElement at) {
    /// What stands for the begin of a `synchronized` block or method.
    private static final String MONITOR = "synchronized";

    private static final String LOCKS = "java.util.concurrent.locks.";

    /// How long these are held is up to whoever else uses them; they take no time by themselves.
    private static final Set<String> LOCKING = Set.of("lock", "lockInterruptibly", "tryLock", "readLock", "writeLock");

    /// Below each call that waits for something else than a monitor.
    private static final Set<String> PARKING = Set.of("park", "parkNanos", "wait", "wait0");

    /// Those that give up their thread for a moment and come back at once.
    private static final Set<String> YIELDING = Set.of("yield", "tryYield");

    /// @return null if it only gives way to others, or waits for a lock or monitor: how that comes about is up to
    ///     chance
    static @Nullable BlockedCall of(StackTraceElement[] stack) {
        boolean parks = false;
        for (int i = 0; i < stack.length; i++) {
            StackTraceElement frame = stack[i];
            if (!isOfJdk(frame)) {
                return parks && !isOfShard(frame) ? new BlockedCall(call(stack[i - 1]), frame) : null;
            }
            parks |= PARKING.contains(frame.getMethodName());
            if (YIELDING.contains(frame.getMethodName())
                    || (frame.getClassName().startsWith(LOCKS) && LOCKING.contains(frame.getMethodName()))) {
                return null;
            }
        }
        return null;
    }

    /// Whatever the turn waits in, locks and monitors too.
    ///
    /// @return null if it is nothing that the user's code waits in
    static @Nullable BlockedCall lasting(StackTraceElement[] stack) {
        for (int i = 0; i < stack.length; i++) {
            if (!isOfJdk(stack[i])) {
                String call = i == 0 ? MONITOR : call(stack[i - 1]);
                return isOfShard(stack[i]) ? null : new BlockedCall(call, stack[i]);
            }
        }
        return null;
    }

    /// Whether how long it takes is up to who holds a lock or monitor.
    boolean isForLock() {
        return call.equals(MONITOR) || call.startsWith(LOCKS);
    }

    private static boolean isOfJdk(StackTraceElement frame) {
        String module = frame.getModuleName();
        return module != null && (module.startsWith("java.") || module.startsWith("jdk."));
    }

    /// The shard's own waits, in the portable engine.
    private static boolean isOfShard(StackTraceElement frame) {
        return frame.getClassName().startsWith("dev.rouse.dispatch.");
    }

    private static String call(StackTraceElement frame) {
        return frame.getClassName() + "." + frame.getMethodName();
    }

    String remedy() {
        if (call.equals("java.lang.Thread.sleep") || call.endsWith("TimeUnit.sleep")) {
            return "use sleepFor, which takes none";
        }
        if (call.startsWith("java.net.") || call.startsWith("java.nio.") || call.startsWith("sun.nio.")) {
            return "use the sockets of dev.rouse.io, on a host of the SimulatedNetwork";
        }
        return "await a task, a reply or a future instead";
    }

    @Override
    public String toString() {
        return "call=" + call + ", at=" + at;
    }
}
