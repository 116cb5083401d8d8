package dev.rouse.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// A number that one shard counts up, and that any thread may read: there it lags by what is happening right now. Costs
/// what a plain field does.
final class Count {
    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Count.class, "value", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long value;

    /// Owning shard only.
    void add(long amount) {
        VALUE.setOpaque(this, value + amount);
    }

    long value() {
        return (long) VALUE.getOpaque(this);
    }
}
