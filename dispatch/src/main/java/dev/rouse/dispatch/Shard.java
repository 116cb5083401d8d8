package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.Poller;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/// One carrier thread with its actors, timers and sockets. Shares nothing mutable with other shards.
///
/// Code is *on* a shard while it runs in one of its turns, or is called by its carrier between turns (a command, a
/// timer, the poller). Whatever is on a shard owns its state: only one thing is on it at any moment, and what one does
/// happens before what the next sees. Other threads reach it through one door, [#submit].
///
/// **Park and wake.** The field `parking` says whether the carrier may be waiting in its poller.
///
/// | from | to | by | when |
/// |---|---|---|---|
/// | AWAKE | PARKED | carrier | the run queue is empty; before the last look at the lane |
/// | PARKED | AWAKE | any thread, by compare-and-set | it has entered something; the winner calls [Poller#wakeup] |
/// | PARKED | AWAKE | carrier | the poll has returned |
///
/// A carrier writes PARKED and then reads the lane; a sender writes the lane and then reads `parking`. All four are
/// volatile, so at least one of the two sees the other: no wake-up is lost.
public final class Shard {
    /// Turns that a driver runs before lane, timers and poller are looked at. A guess: some 10 us of short turns.
    static final int TURNS_PER_PASS = 256;

    /// Lane entries taken in one pass, so that a flood from outside can't starve what is ready. A guess.
    private static final int LANE_PER_PASS = 4_096;

    /// Timers fired in one pass, for the same reason. A guess.
    private static final int TIMERS_PER_PASS = 4_096;

    /// How long a busy shard goes without looking for I/O. A guess: a look costs about 1 us, so this is 2 % of it.
    private static final long POLL_INTERVAL_NANOS = 50_000;

    private static final int LANE_CHUNK = 1_024;

    private static final int AWAKE = 0;
    private static final int PARKED = 1;
    private static final VarHandle PARKING;

    static {
        try {
            PARKING = MethodHandles.lookup().findVarHandle(Shard.class, "parking", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final System.Logger LOG = System.getLogger("dev.rouse.dispatch");

    private final String name;
    private final int index;
    private final Clock clock;
    private final int timerLimit;
    private final TimerWheel timers;
    final RunQueue runQueue;
    final Loop loop;

    /// What comes from other threads: commands, and continuations that foreign threads hand back. Refusing either
    /// would lose a reply or a whole stack, so its bound is not its own: a message in it holds a slot of its
    /// mailbox, a root function a slot of the spawn queue, a continuation is that of one live thread of this shard.
    private final MpscUnboundedAtomicArrayQueue<Object> lane = new MpscUnboundedAtomicArrayQueue<>(LANE_CHUNK);

    @SuppressWarnings("unused") // through PARKING
    private volatile int parking = AWAKE;

    /// Replaced on the shard only, at the first socket; read by those who wake.
    private volatile Poller poller = new ParkingPoller();

    private long lastPollNanos;
    private boolean open = true;

    /// Pairs with the lane as `parking` does: the carrier sets it and then refuses what is in the lane; who enters
    /// something reads it afterwards.
    private volatile boolean terminated;

    private final CountDownLatch termination = new CountDownLatch(1);
    private volatile int abandoned;

    Shard(int index, DispatchOptions options) {
        this.name = options.name() + "-shard-" + index;
        this.index = index;
        this.clock = options.clock();
        this.timerLimit = options.timersPerShard();
        this.lastPollNanos = clock.nanoTime();
        this.timers = new TimerWheel(lastPollNanos);
        this.runQueue = new RunQueue(options.turnOrder());
        this.loop = switch (options.engine()) {
            case CARRIER -> new CarrierLoop(this);
            case PORTABLE -> new PortableLoop(this);
        };
    }

    /// The shard that the calling code is on, or null.
    public static @Nullable Shard current() {
        Driver driver = Driver.current();
        if (driver != null) {
            return driver.shard;
        }
        return Thread.currentThread() instanceof CarrierThread carrier ? carrier.shard : null;
    }

    /// Whether the calling code is on this shard.
    public boolean isCurrent() {
        return current() == this;
    }

    /// Its position among the shards of its dispatcher, from 0.
    public int index() {
        return index;
    }

    /// The name of its carrier thread.
    public String name() {
        return name;
    }

    public Clock clock() {
        return clock;
    }

    /// Appends a turn to the run queue. Owning shard only; the turn must not be in the queue already.
    public void ready(Turn turn) {
        assert isCurrent() : "a turn is made ready on its own shard only";
        runQueue.add(turn);
    }

    /// Has the command run on this shard, between turns, after everything that the calling thread submitted before.
    /// Any thread, also one on this shard. When the shard has terminated, the command is told so instead: exactly
    /// one of its two methods is called.
    public void submit(Command command) {
        enter(command);
    }

    /// Starts a timer, in O(1). Owning shard only; the timer must not be [scheduled][Timer#isScheduled].
    ///
    /// @return false, and nothing is started, when this shard has as many timers as its limit allows
    public boolean schedule(Timer timer, long deadlineNanos) {
        assert isCurrent() : "a timer is started on its own shard only";
        if (timers.size() >= timerLimit) {
            return false;
        }
        timers.schedule(timer, deadlineNanos);
        return true;
    }

    /// Stops a timer, in O(1); does nothing when it is not scheduled. Owning shard only. The timer is then referred
    /// to by nothing.
    public void cancel(Timer timer) {
        assert isCurrent() : "a timer is cancelled on its own shard only";
        timers.cancel(timer);
    }

    /// This shard's poller, of the given type. Owning shard only. The first call puts it in the place of the plain
    /// one that only waits.
    ///
    /// @throws IllegalStateException if the shard has a poller of another type
    public <P extends Poller> P poller(Class<P> type, Function<Shard, P> create) {
        assert isCurrent() : "a poller is installed on its own shard only";
        Poller installed = poller;
        if (type.isInstance(installed)) {
            return type.cast(installed);
        }
        if (!(installed instanceof ParkingPoller)) {
            throw new IllegalStateException("shard has another poller: shard=" + name + ", poller="
                    + installed.getClass().getName() + ", wanted=" + type.getName()
                    + "; use one kind of sockets per system");
        }
        P created = create.apply(this);
        poller = created;
        return created;
    }

    /// Asks the shard to end after the turn that runs. Any thread.
    void close() {
        submit(new Command() {
            @Override
            protected void execute() {
                open = false;
            }

            @Override
            protected void refused() {
                // it has terminated already
            }
        });
    }

    /// Waits for the end of the shard. Returns the number of functions that were still suspended or blocked then,
    /// -1 when the shard has not ended in time.
    int awaitTermination(Duration atMost) throws InterruptedException {
        return termination.await(atMost.toNanos(), TimeUnit.NANOSECONDS) ? abandoned : -1;
    }

    // What follows is called by the loop, on the shard.

    boolean isOpen() {
        return open;
    }

    /// Takes in what has come from outside since the last look.
    void lookAround() {
        drainLane();
        long now = clock.nanoTime();
        timers.fire(now, TIMERS_PER_PASS);
        if (now - lastPollNanos >= POLL_INTERVAL_NANOS) {
            lastPollNanos = now;
            poller.poll(0);
        }
    }

    void drainLane() {
        for (int budget = LANE_PER_PASS; budget > 0; budget--) {
            Object entry = lane.relaxedPoll();
            if (entry == null) {
                return;
            }
            if (entry instanceof Command command) {
                execute(command);
            } else {
                runQueue.add(entry);
            }
        }
    }

    /// Waits in the poller for a timer, for I/O or for another thread; not at all once the shard is to end.
    /// Platform thread only.
    void idle() {
        if (!open) {
            return;
        }
        long now = clock.nanoTime();
        long delayNanos = timers.delayNanos(now);
        PARKING.setVolatile(this, PARKED);
        poller.poll(lane.isEmpty() ? delayNanos : 0);
        PARKING.setVolatile(this, AWAKE);
        lastPollNanos = now;
    }

    void enter(Object entry) {
        lane.offer(entry);
        if (terminated) {
            refuseLane();
        } else if ((int) PARKING.getVolatile(this) == PARKED && PARKING.compareAndSet(this, PARKED, AWAKE)) {
            poller.wakeup();
        }
    }

    /// The end of the shard's thread: (1) from here on what enters is refused, (2) the poller releases its sockets,
    /// (3) what is in the lane is refused, (4) those who wait for the end are told.
    void terminated(int abandonedDrivers) {
        abandoned = abandonedDrivers;
        terminated = true;
        try {
            poller.close();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "the poller failed to close: shard=" + name, e);
        }
        refuseLane();
        termination.countDown();
    }

    /// Several threads may find entries after the end; the lane allows one consumer, hence the monitor. No turn
    /// runs any more that it could hold up.
    private synchronized void refuseLane() {
        for (Object entry = lane.poll(); entry != null; entry = lane.poll()) {
            if (entry instanceof Command command) {
                command.refused();
            }
        }
    }

    private static void execute(Command command) {
        try {
            command.execute();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a command threw; this is a defect of Rouse", e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
