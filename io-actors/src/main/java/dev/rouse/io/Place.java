package dev.rouse.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// The place that one connection takes among those of its shard and of the listener that accepted it. Any thread, save
/// [#moveTo].
///
/// | state | `at` | left by |
/// |---|---|---|
/// | nowhere | null | `moveTo`, when a stream that connects is bound to its shard; `end` |
/// | placed | the account in which it counts | `moveTo`, when another shard is the first to use it; `end` |
/// | ended | `OVER` | never |
///
/// A connection that is bound while somebody else closes it comes to `moveTo` and `end`, in any order: the
/// compare-and-set of the one finds what the exchange of the other has left, and the place is given back once.
final class Place {
    private static final VarHandle AT;

    private static final Object OVER = new Object();

    static {
        try {
            AT = MethodHandles.lookup().findVarHandle(Place.class, "at", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final @Nullable ListenerAdmission listener;
    private volatile @Nullable Object at;

    /// Of a connection that no listener has accepted.
    Place() {
        this(null, null);
    }

    /// @param at where it counts already
    /// @param listener where it counts, too
    Place(@Nullable Connections at, @Nullable ListenerAdmission listener) {
        this.at = at;
        this.listener = listener;
    }

    boolean isAt(Connections account) {
        return account.equals(at);
    }

    /// The connection is used on this shard, where a place was taken for it. Once at most, and not if it [was
    /// there][#isAt] when that was looked at: what has ended since has given that place back, and no other was
    /// taken.
    void moveTo(Connections account) {
        Object before = at;
        if (!OVER.equals(before) && AT.compareAndSet(this, before, account)) {
            giveBack(before);
        } else {
            account.release(); // it was closed meanwhile
        }
    }

    /// The connection is closed, or never came about. Idempotent.
    void end() {
        Object before = (Object) AT.getAndSet(this, OVER);
        if (OVER.equals(before)) {
            return;
        }
        giveBack(before);
        if (listener != null) {
            listener.release();
        }
    }

    private static void giveBack(@Nullable Object before) {
        if (before instanceof Connections account) {
            account.release();
        }
    }
}
