package dev.rouse.dispatch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// The thread-locals of a driver, which it must not carry from one turn to the next.
///
/// The JDK has no public way to drop all of them at once, so this goes by the fields that `ThreadLocal` keeps in
/// `Thread`, where `--add-opens java.base/java.lang` opens them. Where it does not, thread-locals stay with the driver.
final class ThreadLocals {
    private static final @Nullable VarHandle OWN = find("threadLocals");
    private static final @Nullable VarHandle INHERITABLE = find("inheritableThreadLocals");

    private ThreadLocals() {}

    static boolean areForgotten() {
        return OWN != null && INHERITABLE != null;
    }

    /// @param thread the calling one
    static void forget(Thread thread) {
        forget(OWN, thread);
        forget(INHERITABLE, thread);
    }

    private static void forget(@Nullable VarHandle field, Thread thread) {
        if (field != null && field.get(thread) != null) {
            field.set(thread, null);
        }
    }

    private static @Nullable VarHandle find(String field) {
        try {
            Class<?> map = Class.forName("java.lang.ThreadLocal$ThreadLocalMap");
            return MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup())
                    .findVarHandle(Thread.class, field, map);
        } catch (ReflectiveOperationException _) {
            return null; // not opened, or another JDK
        }
    }
}
