package dev.rouse.io;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.Field;
import javax.net.ssl.SSLEngine;

/// Has an engine of the JDK say messages of a handshake that it would not say. They are queued behind the public door,
/// since it has none for this; the engine joins those of one key in one record.
final class HandshakeRecords {
    private HandshakeRecords() {}

    static void queue(SSLEngine engine, byte[] message, int times) {
        try {
            Object context = field(engine, engine.getClass(), "conContext");
            Object output = field(context, context.getClass(), "outputRecord");
            MethodHandle encode = trusted()
                    .unreflect(
                            output.getClass().getDeclaredMethod("encodeHandshake", byte[].class, int.class, int.class));
            for (int i = 0; i < times; i++) {
                encode.invoke(output, message, 0, message.length);
            }
        } catch (Throwable e) {
            throw new LinkageError("the JDK's engine has changed: it has no queue for messages of a handshake", e);
        }
    }

    private static Object field(Object owner, Class<?> type, String name) throws Throwable {
        return trusted().unreflectGetter(type.getDeclaredField(name)).invoke(owner);
    }

    /// Reaches into modules that open nothing, by the way that libraries had before there was a better one. By
    /// name, since the compiler warns of it.
    private static Lookup trusted() throws ReflectiveOperationException {
        Class<?> unsafe = Class.forName("sun.misc.Unsafe");
        Field instance = unsafe.getDeclaredField("theUnsafe");
        instance.setAccessible(true);
        Object present = instance.get(null);
        Field lookup = Lookup.class.getDeclaredField("IMPL_LOOKUP");
        Object base = unsafe.getMethod("staticFieldBase", Field.class).invoke(present, lookup);
        Object offset = unsafe.getMethod("staticFieldOffset", Field.class).invoke(present, lookup);
        return (Lookup) unsafe.getMethod("getObject", Object.class, long.class).invoke(present, base, offset);
    }
}
