package dev.rouse.dispatch.spi;

import dev.rouse.dispatch.Shard;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Takes the place of the machine for a system: decides when each of its threads goes on, what time it is and what its
/// sockets are; for simulations in which only one thread runs at a time. Without one, the machine decides.
///
/// A conductor that blocks a thread here has to let it go on some day, or the system stands still.
public interface Conductor {

    /// The conductor of the calling code: that of its shard or, on no shard, the one that it was [called][#call]
    /// by; null on the machine.
    static @Nullable Conductor current() {
        Shard shard = Shard.current();
        if (shard != null) {
            return shard.conductor();
        }
        return ConductorScope.CURRENT.isBound() ? ConductorScope.CURRENT.get() : null;
    }

    /// Calls code that is on no shard as if it were in the simulation: the systems that it makes are conducted by
    /// this, its sockets are from here.
    default <T, X extends Throwable> T call(ScopedValue.CallableOp<? extends T, X> body) throws X {
        return ScopedValue.where(ConductorScope.CURRENT, this).call(body);
    }

    /// What every clock of the system shows; see `Clock`. Any thread.
    long nanoTime();

    /// Called once for each shard, before it starts.
    ConductedShard shard(String name);

    /// Makes the channels and selectors of its sockets.
    SelectorProvider sockets();

    /// The logger of this name, for the systems that it conducts; that of the JDK if it does not care.
    default System.Logger logger(String name) {
        return System.getLogger(name);
    }

    /// What begins whatever the systems that it conducts draw for themselves; another number each time if it does
    /// not care.
    default long seed() {
        return ThreadLocalRandom.current().nextLong();
    }

    /// On which shard of a system, by its index, a root function or actor is to start, by whatever thread.
    ///
    /// @param inTurn where it would on the machine
    default int shardOfRoot(int inTurn, int shards) {
        return inTurn;
    }

    /// The addresses that a name of a machine has there. The machine's own names are not asked for.
    ///
    /// @throws UnknownHostException if there is no such name; here for every one
    default List<InetAddress> addresses(String name) throws UnknownHostException {
        throw new UnknownHostException(
                "cannot resolve: host=" + name + ", cause=there are no names in this simulation; use an address");
    }

    /// Starts a thread that works for the system beside the shards.
    void start(String name, Runnable work);

    /// As [CountDownLatch#await(long, java.util.concurrent.TimeUnit)], by a thread that is on no shard; in
    /// nanoseconds, `Long.MAX_VALUE` for ever.
    boolean await(CountDownLatch latch, long atMostNanos) throws InterruptedException;
}
