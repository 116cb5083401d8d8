package dev.rouse.dispatch;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The door to virtual threads with a scheduler of our own: a public method where the JDK has one, else the JDK's
/// own builder, which `--add-opens java.base/java.lang` opens.
final class CarrierThreads {
    private static final @Nullable MethodHandle BUILDER = findBuilder();

    /// The scheduler of a virtual thread; null where it cannot be seen, and then no thread has one of ours.
    private static final @Nullable VarHandle SCHEDULER = findScheduler();

    private CarrierThreads() {}

    static boolean areAvailable() {
        return BUILDER != null;
    }

    /// A builder of virtual threads whose continuations are handed to `scheduler` whenever they can go on.
    static Thread.Builder.OfVirtual builder(Executor scheduler) {
        if (BUILDER == null) {
            throw new IllegalStateException(
                    "the carrier engine needs the JVM flag " + flag() + "; add it, or choose Engine.PORTABLE");
        }
        startPollersOfJdk();
        try {
            return (Thread.Builder.OfVirtual) BUILDER.invoke(scheduler);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("this JDK refused a virtual thread builder with its own scheduler", e);
        }
    }

    /// The JDK polls for blocking socket calls of virtual threads in virtual threads of its own. It starts them at
    /// the first such call, and they inherit the scheduler of the caller: were that a driver, they would live on
    /// its shard and end with it, and with them every such call of the process. So they start before any driver
    /// does.
    private static void startPollersOfJdk() {
        try {
            Class<?> _ = Class.forName("sun.nio.ch.Poller");
        } catch (ClassNotFoundException _) {
            // another JDK, which polls in another way
        }
    }

    /// Whether the thread is a virtual one that a shard runs, be it a driver or one that was started in a turn.
    static boolean carries(Thread thread) {
        return thread.isVirtual() && SCHEDULER != null && SCHEDULER.get(thread) instanceof CarrierLoop;
    }

    private static @Nullable VarHandle findScheduler() {
        try {
            Class<?> virtual = Class.forName("java.lang.VirtualThread");
            return MethodHandles.privateLookupIn(virtual, MethodHandles.lookup())
                    .findVarHandle(virtual, "scheduler", Executor.class);
        } catch (ReflectiveOperationException _) {
            return null; // not opened, or another JDK
        }
    }

    static String flag() {
        String module = CarrierThreads.class.getModule().getName();
        return "--add-opens java.base/java.lang=" + (module == null ? "ALL-UNNAMED" : module);
    }

    private static @Nullable MethodHandle findBuilder() {
        MethodHandle found = findPublicBuilder("scheduler", Executor.class);
        return found != null ? found : findOpenedBuilder();
    }

    /// Makes a new builder at each call and gives it one setting. A builder changes with each setting: one that all
    /// shards share would start their drivers on the scheduler of the shard that was made last.
    static @Nullable MethodHandle findPublicBuilder(String setting, Class<?> argument) {
        Class<?> builder = Thread.Builder.OfVirtual.class;
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle make = lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(builder));
            MethodHandle set = lookup.findVirtual(builder, setting, MethodType.methodType(builder, argument));
            return MethodHandles.collectArguments(set, 0, make);
        } catch (ReflectiveOperationException _) {
            return null; // this JDK has no such method
        }
    }

    private static @Nullable MethodHandle findOpenedBuilder() {
        try {
            Class<?> builder = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder");
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(builder, MethodHandles.lookup());
            return lookup.findConstructor(builder, MethodType.methodType(void.class, Executor.class));
        } catch (ReflectiveOperationException _) {
            return null; // not opened, or another JDK
        }
    }
}
