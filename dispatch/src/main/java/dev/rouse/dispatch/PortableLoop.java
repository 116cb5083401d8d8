package dev.rouse.dispatch;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// [Engine#PORTABLE]: drivers are virtual threads on the JDK's scheduler, and only the one that has the [Baton] runs.
///
/// The shard's own platform thread, the base, holds the baton while it looks at lane, timers and poller and while the
/// shard is idle: waiting in a poll would hold a thread of the JDK's scheduler. A driver passes the baton on when it
/// suspends or runs out of turns, straight to the next driver where it can, since each hand-over through the base costs
/// a wake-up of a platform thread.
final class PortableLoop extends Loop {
    /// Hand-overs from driver to driver before the base gets a look at timers and poller. A guess: some 100 us of
    /// work.
    private static final int HANDOVERS_PER_PASS = 64;

    /// Frames of stack that a hand-over is sure to have. A guess: twice as deep as the JDK goes when it unparks a
    /// thread and starts another one for it, since compiled frames are smaller than interpreted ones.
    private static final int FRAMES_TO_HAND_OVER = 128;

    /// Conducted only: between two looks whether a turn has blocked. A guess: shorter than the shortest
    /// `Thread.sleep` that anybody writes.
    private static final long LOOK_NANOS = 200_000;

    private @Nullable Baton base;

    /// Who gets the baton from the driver that has it, should that end; null for the base. Each driver that takes
    /// the baton begins with null.
    private @Nullable Baton heir;

    private int handovers;

    /// Conducted only: for how long at least the turn that was met blocked has been, and the progress of the shard
    /// then.
    private long blockedNanos;

    private long blockedAt;

    PortableLoop(Shard shard) {
        super(shard);
    }

    @Override
    void start() {
        Thread thread = new CarrierThread(shard, this::run);
        base = new Baton(thread);
        thread.start();
    }

    private void run() {
        while (shard.isOpen()) {
            try {
                if (!runPass()) {
                    return; // given up
                }
            } catch (Throwable e) {
                shard.recover("a pass of the shard's loop failed; it goes on", e);
            }
        }
        for (Driver spare = pollSpare(); spare != null; spare = pollSpare()) {
            boolean _ = handTo(spare); // it only ends
        }
        shard.terminated(occupiedDrivers());
    }

    /// Returns false when the shard is given up.
    private boolean runPass() {
        shard.lookAround();
        if (shard.runQueue.isEmpty()) {
            shard.idle();
        } else if (shard.isOpen()) {
            handovers = 0;
            if (!handTo(nextDriver())) {
                return false;
            }
            if (shard.runQueue.isEmpty()) {
                shard.idle();
            }
        }
        return true;
    }

    /// Returns false when the shard is given up, with the driver that has the baton: if that goes on after all, it
    /// is only to the end of its turn.
    private boolean handTo(Driver driver) {
        batonOf(driver).pass();
        if (shard.isConducted()) {
            return base().take(LOOK_NANOS, this::lookForBlocked);
        }
        base().take();
        return true;
    }

    /// While a driver has the baton, and may have handed it on meanwhile: what it finds may be over by now. A
    /// driver that waits for its baton is no news to who is told. Returns false when the shard is given up.
    private boolean lookForBlocked() {
        Driver driver = shard.running();
        long progress = shard.progress();
        boolean blocks = driver != null && driver.isWaiting();
        blockedNanos = blocks && progress == blockedAt ? blockedNanos + LOOK_NANOS : 0;
        blockedAt = progress;
        return driver == null || !blocks || shard.goesOnBlocked(driver, blockedNanos);
    }

    @Override
    boolean begins(Driver driver) {
        take(driver);
        return shard.isOpen();
    }

    @Override
    boolean keeps(Driver driver) {
        shard.lookAtLane();
        Baton next = shard.turnsLeft <= 0 || shard.runQueue.peek() instanceof Turn ? base() : nextBaton();
        heir = next; // before what may fail: it may be out of the run queue already
        if (!offerSpare(driver)) {
            return false;
        }
        next.pass();
        take(driver);
        return shard.isOpen();
    }

    @Override
    void ends() {
        drivers--;
        Baton next = heir == null ? base() : heir;
        next.pass(); // whatever happens: without the baton the shard would stand still
    }

    /// Where the stack is used up it fails before anything is handed over: what the JDK had begun in the middle of
    /// that would stay half done, and the shard with it.
    @Override
    void suspend(Driver driver) {
        reserveStack(FRAMES_TO_HAND_OVER);
        nextBaton().pass();
        take(driver);
    }

    private void take(Driver driver) {
        batonOf(driver).take();
        heir = null;
        shard.runs(driver);
    }

    /// Returns the number of frames, so that the compiler has something to keep them for.
    private static int reserveStack(int frames) {
        return frames == 0 ? 0 : 1 + reserveStack(frames - 1);
    }

    /// Who goes on when the calling driver does not.
    private Baton nextBaton() {
        if (shard.runQueue.isEmpty() || shard.turnsLeft <= 0 || ++handovers > HANDOVERS_PER_PASS) {
            return base();
        }
        try {
            return batonOf(nextDriver());
        } catch (Throwable e) {
            shard.report("no driver for the next turn; the shard's own thread tries again", e);
            return base();
        }
    }

    /// The driver for the first ready entry; the run queue must not be empty.
    private Driver nextDriver() {
        Object entry = Objects.requireNonNull(shard.runQueue.peek());
        if (entry instanceof Driver resumed) {
            shard.runQueue.remove();
            shard.turnsLeft--;
            return resumed;
        }
        Driver spare = pollSpare();
        return spare != null ? spare : newDriver();
    }

    private Driver newDriver() {
        Driver driver = new Driver(shard);
        Thread thread = Thread.ofVirtual()
                .inheritInheritableThreadLocals(false)
                .uncaughtExceptionHandler(driver)
                .unstarted(driver);
        driver.baton = new Baton(thread);
        thread.start();
        drivers++;
        return driver;
    }

    private Baton base() {
        return Objects.requireNonNull(base);
    }

    private static Baton batonOf(Driver driver) {
        return Objects.requireNonNull(driver.baton);
    }
}
