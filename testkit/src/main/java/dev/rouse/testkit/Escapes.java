package dev.rouse.testkit;

import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.spi.ConductedShard.Blocked;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What has left a simulation for the machine below it: a thread from outside that has acted on it, and a turn that has
/// blocked in a call of the JDK. The first of each is kept.
///
/// Any thread.
final class Escapes {
    /// How long a turn waits for a lock in real time before it is given up: longer than anybody holds one who does
    /// not wait for the simulation himself. A guess.
    private static final Duration MOST_FOR_LOCK = Duration.ofSeconds(10);

    /// The same for a call that the test allows. A guess.
    private static final Duration MOST_FOR_CALL = Duration.ofMinutes(1);

    private final ReentrantLock lock;

    /// Read by whichever thread has a shard, while a turn blocks and nothing is handed over.
    private volatile boolean mayBlock;

    private volatile boolean hasGivenUp;

    /// Both set by the test before it waits for a shard, which hands them over.
    private Duration mostForLock = MOST_FOR_LOCK;
    private Duration mostForCall = MOST_FOR_CALL;
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

    /// Waits no longer than this.
    void limit(Duration forLock, Duration forCall) {
        mostForLock = forLock;
        mostForCall = forCall;
    }

    /// The calling thread, which is none of the simulation's, under the lock.
    void acted(String shard) {
        if (foreign == null) {
            foreign = "a thread that is not simulated has acted on " + shard + ": thread=" + Thread.currentThread();
        }
    }

    /// A turn waits in a call of the JDK, or has.
    ///
    /// @param nanos for how long at least
    Blocked blocked(String shard, Driver driver, long nanos) {
        StackTraceElement[] stack = driver.stackTrace();
        BlockedCall call = mayBlock ? null : BlockedCall.of(stack);
        if (call != null) {
            is(
                    driver,
                    "a turn has blocked in a call of the JDK, which takes real time: " + call + ", turn=" + driver
                            + ", shard=" + shard + "; " + call.remedy() + ", or allow it by Simulation.mayBlock()");
            return Blocked.IS_INTERRUPTED;
        }
        BlockedCall lasting = BlockedCall.lasting(stack);
        if (lasting == null || nanos < (lasting.isForLock() ? mostForLock : mostForCall).toNanos()) {
            return Blocked.WAITS;
        }
        hasGivenUp = true;
        is(
                driver,
                "a turn waits in a call of the JDK that does not return, and everything waits for it: " + lasting
                        + ", turn=" + driver + ", shard=" + shard + "; what it waits for is up to a function that can't"
                        + " go on meanwhile: hold no lock across an await, and await a task in place of a latch");
        return Blocked.IS_GIVEN_UP;
    }

    private void is(Driver driver, String what) {
        lock.lock();
        try {
            if (blocked == null) {
                blockedTurn = driver.toString();
                blocked = what;
            }
        } finally {
            lock.unlock();
        }
    }

    /// Whether a shard was given up with a turn that waited for too long, so that its functions never end.
    boolean hasGivenUp() {
        return hasGivenUp;
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
