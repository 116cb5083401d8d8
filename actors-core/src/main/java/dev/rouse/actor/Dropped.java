package dev.rouse.actor;

import java.lang.System.Logger.Level;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import org.jspecify.annotations.Nullable;

/// Tells that a handle has become unreachable, so that nobody can use it any more. Also for libraries that are built on
/// this one.
///
/// Held by who is to be told only: one that has ended drops it, and costs the garbage collector nothing. One daemon
/// thread of the JVM waits for what the collector finds. When that is depends on the collector, so in a simulation
/// nothing is watched.
public abstract class Dropped extends PhantomReference<Object> {
    /// Of no system: it serves all of them.
    private static final System.Logger LOG = System.getLogger("dev.rouse.actor");

    private static final ReferenceQueue<Object> FOUND = new ReferenceQueue<>();

    static {
        Thread finder = new Thread(null, Dropped::tell, "rouse-dropped", 0, false);
        finder.setDaemon(true);
        finder.setContextClassLoader(null); // it must not keep the one of whoever came first
        finder.start();
    }

    /// @param handle what is watched; null for nothing, and nobody is told. This object must not hold it, nor must
    ///     anything that it holds
    protected Dropped(@Nullable Object handle) {
        super(handle, FOUND);
    }

    /// Starts the thread, where that may take its time.
    static void prepare() {}

    private static void tell() {
        while (true) {
            try {
                Reference<?> found = FOUND.remove();
                ((Dropped) found).onDropped();
            } catch (Throwable e) { // also an interrupt: there is but this thread, and it is to go on
                SafeLog.log(LOG, Level.WARNING, "could not tell that a handle was dropped", e);
            }
        }
    }

    /// Called once, on a thread of its own, which it must not hold up.
    protected abstract void onDropped();
}
