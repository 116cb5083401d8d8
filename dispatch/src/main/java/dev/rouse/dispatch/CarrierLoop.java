package dev.rouse.dispatch;

import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// [Engine#CARRIER]: the shard's thread runs the continuations of its drivers, and is the scheduler that the JDK hands
/// them to.
///
/// The loop knows three kinds of ready entries. A turn needs a driver: a spare one is mounted and runs turns as plain
/// calls until something else comes first. A resumed driver is mounted. A continuation from the JDK is run as it is.
/// Whenever a mounted thread comes back, for whatever reason, the loop just goes on with the next entry: a driver that
/// has parked in a JDK call is in nobody's way, since the next turn gets another one.
///
/// **How a driver suspends.** It names itself in [#yielding] and calls `Thread.yield()`. The JDK then offers its
/// continuation to this scheduler, on the carrier, with nothing in between; [#execute] keeps it with the driver instead
/// of queueing it. This is about a third cheaper than park and unpark, and no foreign thread can wake a driver that
/// waits like this, since an unpark does not reach a thread that has yielded.
///
/// **What comes back unasked.** Whoever takes the stack trace of a thread that has yielded (a thread dump, a debugger)
/// makes the JDK hand its continuation to the scheduler again. A driver that is run by that finds itself not
/// [granted][Driver#granted] the shard, and yields once more.
///
/// **How a blocked driver is found.** A driver whose continuation returns although it has not yielded was parked by a
/// JDK call in its turn. It is kept in [#blocked] until the JDK hands its continuation back, so that its turn can be
/// interrupted meanwhile.
///
/// **Where the shard is conducted** (see [Conductor][dev.rouse.dispatch.spi.Conductor]) a blocked driver holds up its
/// shard, as in the portable engine: how long a lock of the JDK is held is no matter of the simulation, so what the
/// shard does next must not depend on it. One that never goes on takes its shard with it: see [#givenUp].
///
/// **When it can't yield**, because a native frame is on its stack (a class initialiser, say), `Thread.yield()` returns
/// at once. Such a driver keeps its carrier thread. So a substitute carrier takes over the shard and gives it back,
/// through a [Baton], when the driver is resumed.
final class CarrierLoop extends Loop implements Executor {
    /// Mounts between two looks at lane, timers and poller. A guess: some 10 us of work.
    private static final int MOUNTS_PER_PASS = 64;

    /// Conducted only: a blocked turn is told of when it goes on, and after each time of this length before. A
    /// guess: longer than anybody holds a lock.
    private static final long LONG_BLOCK_NANOS = 1_000_000_000;

    private final Thread.Builder.OfVirtual virtualThreads;

    /// The thread that runs this loop now. Written by the owner of the shard only; another thread that reads it
    /// compares it with itself and finds it different whatever value it sees.
    private @Nullable Thread carrier;

    /// The driver whose continuation the next [#execute] on the carrier is about; null when a continuation is to be
    /// queued.
    private @Nullable Driver yielding;

    /// The driver that has yielded last; tells a driver that has yielded from one that a JDK call has parked.
    private @Nullable Driver yielded;

    /// What JDK calls have parked, each by the continuation of its driver and by its turn. At most all drivers.
    private final IdentityHashMap<Object, Block> blocked = new IdentityHashMap<>();

    /// One time that a turn is blocked, told from the next one by being another object.
    private static final class Block {
        final Driver driver;

        Block(Driver driver) {
            this.driver = driver;
        }
    }

    /// Conducted only: the continuation of the driver that has the shard, and whether a foreign thread has handed
    /// it back. Volatile: the first is written before the continuation runs, and so before anybody can hand it
    /// back; the second before the carrier is unparked.
    private volatile @Nullable Runnable mounted;

    private volatile boolean handedBack;

    /// Conducted only: the driver that has the shard has blocked and will not go on, as the conductor says. The
    /// shard's thread then ends; if what the driver waits for comes after all, nobody runs its continuation.
    private boolean givenUp;

    /// Those that wait pinned, each with a carrier of its own.
    private final LinkedHashSet<Driver> pinned = new LinkedHashSet<>();

    CarrierLoop(Shard shard) {
        super(shard);
        this.virtualThreads = CarrierThreads.builder(this).inheritInheritableThreadLocals(false);
    }

    @Override
    void start() {
        Thread thread = new CarrierThread(shard, this::run);
        carrier = thread;
        thread.start();
    }

    private void run() {
        while (shard.isOpen()) {
            try {
                if (!runPass()) {
                    return; // another carrier has taken over
                }
            } catch (Throwable e) {
                shard.recover("a pass of the shard's loop failed; it goes on", e);
            }
        }
        endSpares();
        if (!endPinned()) {
            shard.terminated(occupiedDrivers());
        }
    }

    /// Hands the shard that is to end to a driver that holds a carrier, if there is one left: its turn unwinds, and
    /// that carrier goes on with the end. Returns whether it has.
    private boolean endPinned() {
        if (pinned.isEmpty()) {
            return false;
        }
        Objects.requireNonNull(pinned.removeLast().baton).pass();
        return true;
    }

    private boolean runPass() {
        shard.lookAround();
        if (!runReady()) {
            return false;
        }
        if (shard.runQueue.isEmpty()) {
            shard.idle();
        }
        return true;
    }

    /// Runs what is ready, up to the budget of a pass. Returns false when this thread is no longer the carrier.
    private boolean runReady() {
        RunQueue ready = shard.runQueue;
        for (int budget = MOUNTS_PER_PASS; budget > 0 && shard.turnsLeft > 0; budget--) {
            Object entry = ready.peek();
            if (entry == null) {
                break;
            }
            if (givenUp) {
                return false;
            }
            if (entry instanceof Turn) {
                mount(spareOrNew());
                continue;
            }
            ready.remove();
            shard.turnsLeft--;
            if (!(entry instanceof Driver resumed)) {
                shard.runs(null);
                goOn((Runnable) entry);
            } else if (resumed.baton == null) {
                mount(resumed);
            } else {
                resumed.baton.pass();
                return false;
            }
        }
        return !givenUp;
    }

    /// Runs a continuation that the JDK has handed back: that of a blocked driver, or of a virtual thread of the
    /// user's.
    private void goOn(Runnable continuation) {
        Block over = blocked.remove(continuation);
        if (over == null) {
            run(continuation);
        } else {
            blocked.remove(over.driver.turn());
            mount(over.driver);
        }
    }

    private void mount(Driver driver) {
        driver.granted = true;
        shard.runs(driver);
        yielded = null;
        Runnable continuation = Objects.requireNonNull(driver.continuation);
        if (shard.isConducted()) {
            runHeld(driver, continuation);
            return;
        }
        run(continuation);
        if (yielded != driver) {
            onReturn(driver);
        }
    }

    /// Runs the driver until it yields or ends, also if it blocks meanwhile.
    private void runHeld(Driver driver, Runnable continuation) {
        mounted = continuation;
        run(continuation);
        while (yielded != driver && driver.turn() != null) {
            if (!awaitHandedBack(driver)) {
                givenUp = true;
                return;
            }
            // Who looks at its stack makes the JDK hand it back again: hence before what follows.
            shard.wasBlocked(driver);
            handedBack = false;
            run(continuation);
        }
        mounted = null;
    }

    /// A call that lasts is looked at meanwhile: it may wait for what only this shard could do. Returns false if it
    /// is given up.
    private boolean awaitHandedBack(Driver driver) {
        long nanos = 0;
        while (!handedBack) {
            LockSupport.parkNanos(this, LONG_BLOCK_NANOS);
            nanos += LONG_BLOCK_NANOS;
            Thread.interrupted(); // else it would not park again
            if (!handedBack && !shard.goesOnBlocked(driver, nanos)) {
                return false;
            }
        }
        return true;
    }

    /// The driver has given back the carrier without a yield: its thread has ended, or is parked in its turn.
    private void onReturn(Driver driver) {
        Turn turn = driver.turn();
        if (turn != null) {
            Block block = new Block(driver);
            blocked.put(Objects.requireNonNull(driver.continuation), block);
            blocked.put(turn, block);
            turn.onBlocked();
        }
    }

    @Override
    void interruptIfBlocked(Turn turn) {
        Block block = blocked.get(turn);
        if (block != null) {
            shard.runQueue.add(new Interrupt(turn, block));
        }
    }

    /// Ends the time that a turn is blocked, unless it is over: what it is blocked in by then is another call,
    /// which the interrupt is not meant for. Here the JDK may block, too.
    private final class Interrupt extends Turn {
        private final Turn turn;
        private final Block block;

        Interrupt(Turn turn, Block block) {
            this.turn = turn;
            this.block = block;
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // see Block
        protected void run() {
            if (blocked.get(turn) == block) {
                block.driver.interrupt();
            }
        }
    }

    private void run(Runnable continuation) {
        try {
            continuation.run();
        } catch (Throwable e) {
            shard.report("a continuation failed to run; the shard goes on without it", e);
        }
    }

    private Driver spareOrNew() {
        Driver spare = pollSpare();
        if (spare != null) {
            return spare;
        }
        Driver driver = new Driver(shard);
        Thread thread = virtualThreads.uncaughtExceptionHandler(driver).unstarted(driver);
        yielding = driver;
        try {
            thread.start();
        } finally {
            yielding = null;
        }
        drivers++;
        return driver;
    }

    @Override
    boolean begins(Driver driver) {
        return shard.isOpen();
    }

    @Override
    boolean keeps(Driver driver) {
        return offerSpare(driver) && unmountSpare(driver) && shard.isOpen();
    }

    @Override
    void ends() {
        drivers--;
    }

    /// A spare driver that could not unmount is about to end, and must not be found among the spares.
    private boolean unmountSpare(Driver driver) {
        boolean unmounted = false;
        try {
            unmounted = unmount(driver);
        } finally {
            if (!unmounted) {
                spares.removeLast(); // itself: nothing has run since it was added
            }
        }
        return unmounted;
    }

    @Override
    void suspend(Driver driver) {
        if (!unmount(driver)) {
            suspendPinned(driver);
        }
    }

    /// Unmounts the calling driver until it is mounted again. Returns false at once when it is pinned to its
    /// carrier. Throws when the JVM finds no memory or stack to freeze it; then nothing has happened either. That
    /// must not end in [#suspendPinned]: its thread could unmount after all, and two carriers would run.
    private boolean unmount(Driver driver) {
        driver.granted = false;
        if (!tryYield(driver)) {
            return false;
        }
        while (!driver.granted) {
            yieldAgain(driver);
        }
        return true;
    }

    /// Returns false at once when the calling driver is pinned.
    @SuppressWarnings("ThreadPriorityCheck") // here the yield is not a hint: this class is the scheduler it yields to
    private boolean tryYield(Driver driver) {
        boolean pinned = true;
        yielding = driver;
        try {
            Thread.yield();
        } finally {
            // Still set when the thread could not yield. Else execute() has cleared it, and so has every
            // later user.
            pinned = yielding == driver;
            if (pinned) {
                yielding = null;
            }
        }
        return !pinned;
    }

    /// The stack that has been frozen before can be frozen again, if not at once.
    private void yieldAgain(Driver driver) {
        try {
            tryYield(driver);
        } catch (OutOfMemoryError _) {
            Thread.onSpinWait(); // the driver must not go on, and has nothing else to do
        }
    }

    /// @throws ShardEnded if the shard ends first: a carrier that waited on for ever would keep the process alive
    private void suspendPinned(Driver driver) {
        if (!shard.isOpen()) {
            throw new ShardEnded(shard.name()); // its turn unwinds already
        }
        Thread held = carrier;
        Baton baton = new Baton(Thread.currentThread());
        driver.baton = baton;
        try {
            pinned.add(driver);
            startSubstitute();
        } catch (Throwable e) {
            pinned.remove(driver);
            driver.baton = null;
            carrier = held; // nobody has taken over
            throw e;
        }
        baton.take();
        pinned.remove(driver);
        driver.baton = null;
        carrier = held;
        if (shard.isConducted()) {
            mounted = driver.continuation; // others have run meanwhile
        }
        shard.runs(driver);
        if (!shard.isOpen()) {
            throw new ShardEnded(shard.name());
        }
        driver.wasPinned();
    }

    /// The turn can neither go on nor give up its carrier: where no thread can be had, it waits for one.
    private void startSubstitute() {
        while (true) {
            try {
                start();
                return;
            } catch (OutOfMemoryError e) {
                shard.recover("no thread for a substitute carrier, trying again", e);
            }
        }
    }

    /// Called by the JDK with the continuation of a thread of this shard that can go on. Any thread; never refuses.
    @Override
    @SuppressWarnings("ReferenceEquality") // a thread is itself only
    public void execute(Runnable continuation) {
        if (Thread.currentThread() == carrier) {
            Driver driver = yielding;
            if (driver == null && continuation == mounted) {
                handedBack = true; // it could go on before it had even blocked, or has just yielded
            } else if (driver == null) {
                shard.runQueue.add(continuation);
            } else {
                yielding = null;
                yielded = driver;
                driver.continuation = continuation;
            }
        } else if (continuation == mounted) {
            handedBack = true;
            LockSupport.unpark(carrier);
        } else if (shard.isCurrent()) {
            shard.runQueue.add(continuation);
        } else {
            shard.enter(continuation);
        }
    }

    private void endSpares() {
        for (Driver spare = pollSpare(); spare != null; spare = pollSpare()) {
            mount(spare);
        }
    }
}
