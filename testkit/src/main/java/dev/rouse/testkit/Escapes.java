package dev.rouse.testkit;

import dev.rouse.dispatch.Driver;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What has left a simulation for the machine below it: a thread from outside that has acted on it, and a turn that has
/// blocked in a call of the JDK. The first of each is kept.
///
/// Any thread.
final class Escapes {
    private final ReentrantLock lock;
    private boolean mayBlock;
    private @Nullable String foreign;
    private @Nullable String blocked;
    private @Nullable String blockedTurn;
    private boolean blockedIsTaken;
    private boolean atEnd;

    Escapes(ReentrantLock lock) {
        this.lock = lock;
    }

    /// Takes blocking calls for what they are from now on.
    void mayBlock() {
        mayBlock = true;
    }

    /// The calling thread, which is none of the simulation's, under the lock.
    void acted(String shard) {
        if (foreign == null) {
            foreign = "a thread that is not simulated has acted on " + shard + ": thread=" + Thread.currentThread();
        }
    }

    /// A turn waits in a call of the JDK, or has.
    ///
    /// @return whether to end that, since the test has failed anyway
    boolean blocked(String shard, Driver driver) {
        if (mayBlock) {
            return false;
        }
        BlockedCall call = BlockedCall.of(driver.stackTrace());
        if (call == null) {
            return false;
        }
        lock.lock();
        try {
            if (blocked == null) {
                blockedTurn = driver.toString();
                blocked = call + ", turn=" + driver + ", shard=" + shard + "; " + call.remedy()
                        + ", or allow it by Simulation.mayBlock()";
            }
        } finally {
            lock.unlock();
        }
        return true;
    }

    /// Whether a turn has blocked, and the maker is to know before it waits for anything else. Under the lock.
    boolean areUrgent() {
        return blocked != null && !blockedIsTaken && !atEnd;
    }

    /// From here on nothing is urgent: what comes is for the account.
    void end() {
        atEnd = true;
    }

    boolean isAtEnd() {
        return atEnd;
    }

    /// What a turn has blocked in first; null if none has, or that was told before.
    @Nullable
    String takeBlocked() {
        lock.lock();
        try {
            String taken = blockedIsTaken ? null : blocked;
            blockedIsTaken = blocked != null;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /// Whose turn has blocked first; null if none has.
    @Nullable
    String blockedTurn() {
        lock.lock();
        try {
            return blockedTurn;
        } finally {
            lock.unlock();
        }
    }

    /// What a thread that does not belong to the simulation has done first; null if there was none.
    @Nullable
    String foreign() {
        lock.lock();
        try {
            return foreign;
        } finally {
            lock.unlock();
        }
    }
}
