package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.ConductedShard;
import dev.rouse.dispatch.spi.Conductor;
import dev.rouse.dispatch.spi.Poller;
import dev.rouse.dispatch.spi.PollerFigures;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/// One carrier thread with its actors, timers and sockets. Shares nothing mutable with other shards.
///
/// Code is *on* a shard while it runs in one of its turns, or is called by its carrier between turns (a command, a
/// timer, the poller). Whatever is on a shard owns its state: only one thing is on it at any moment, and what one does
/// happens before what the next sees. Other threads reach it through one door, [#submit].
///
/// Parking and waking: see [WakeGate].
///
/// **Failures.** Nothing that a turn, a command, a timer or the poller throws ends the shard. Nothing is logged on the
/// carrier, since a log handler may hold a lock whose owner is a function that only this carrier can run: see
/// [#report].
public final class Shard {
    /// Turns that run, on whatever drivers, before lane, timers and poller are looked at. A guess: some 10 us of
    /// short turns.
    static final int TURNS_PER_PASS = 256;

    /// Lane entries taken in one pass, so that a flood from outside can't starve what is ready. A guess.
    private static final int LANE_PER_PASS = 4_096;

    /// Timers fired in one pass, for the same reason. A guess.
    private static final int TIMERS_PER_PASS = 4_096;

    /// How long a busy shard goes without looking for I/O. A guess: a look costs about 1 us, so that looking takes
    /// 2 % of the time.
    private static final long POLL_INTERVAL_NANOS = 50_000;

    /// From nanoseconds to [#passTick].
    static final int PASS_TICK_SHIFT = 22;

    private static final int LANE_CHUNK = 1_024;

    /// The rest after the poller or the loop itself has failed, so that a lasting fault is not a busy loop. A
    /// guess.
    private static final long FAILURE_PAUSE_NANOS = 10_000_000;

    /// Failures that wait to be logged; more are counted only. A guess.
    private static final int REPORTS = 16;

    private static final VarHandle SWITCHES;
    private static final VarHandle TURNS_LEFT;
    private static final VarHandle RUNNING;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            SWITCHES = lookup.findVarHandle(Shard.class, "switches", int.class);
            TURNS_LEFT = lookup.findVarHandle(Shard.class, "turnsLeft", int.class);
            RUNNING = lookup.findVarHandle(Shard.class, "running", Driver.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String name;
    private final int index;
    private final Clock clock;
    private final @Nullable Conductor conductor;
    private final @Nullable ConductedShard conducted;
    private final Function<String, System.Logger> loggers;
    private final System.Logger log;
    private final int timerLimit;
    private final TimerWheel timers;

    /// Those that only look after what others wait for: in a wheel of their own where the shard is conducted, so
    /// that it can say what it waits for; else in the same one.
    private final TimerWheel backgroundTimers;

    final RunQueue runQueue;
    final Loop loop;

    /// What comes from other threads: commands, and continuations that foreign threads hand back. Refusing either
    /// would lose a reply or a whole stack, so its bound is not its own: a message in it holds a slot of its
    /// mailbox, a root function a slot of the spawn queue, a continuation is that of one live thread of this shard.
    private final MpscUnboundedAtomicArrayQueue<Object> lane = new MpscUnboundedAtomicArrayQueue<>(LANE_CHUNK);

    private final WakeGate gate = new WakeGate();

    /// What it waits in until it has sockets.
    private final Poller firstPoller;

    /// Replaced on the shard only, at the first socket; read by those who wake.
    private volatile Poller poller;

    private long lastPollNanos;
    private boolean open = true;

    /// Turns that may still run before the next look around; see [#TURNS_PER_PASS].
    int turnsLeft;

    /// Grows whenever a driver is mounted and in each pass. It wraps.
    @SuppressWarnings("unused") // through SWITCHES
    private int switches;

    /// The driver that has the shard; null between two passes, and while a continuation that the JDK has handed
    /// back runs: it does not say whose it is.
    @SuppressWarnings("unused") // through RUNNING
    private @Nullable Driver running;

    /// The time of the last look around, in units of 4 ms: the age of a wait needs no reading of the clock then.
    int passTick;

    private int reports;
    private int unreported;

    /// Pairs with the lane as the gate does: the carrier sets it and then refuses what is in the lane; who enters
    /// something reads it afterwards.
    private volatile boolean terminated;

    /// Done when the shard's thread has ended.
    final CountDownLatch termination = new CountDownLatch(1);

    private volatile int abandoned;

    Shard(int index, DispatchOptions options) {
        this(index, options, null);
    }

    /// @param poller what it waits in until another one is installed, if not in what it would else
    Shard(int index, DispatchOptions options, @Nullable Poller poller) {
        this.name = options.name() + "-shard-" + index;
        this.index = index;
        this.clock = options.clock();
        this.conductor = options.conductor();
        this.loggers = options.loggers();
        this.log = loggers.apply("dev.rouse.dispatch");
        this.conducted = conductor == null ? null : conductor.shard(name);
        this.firstPoller = poller == null ? plainPoller() : poller;
        this.poller = firstPoller;
        this.timerLimit = options.timersPerShard();
        this.lastPollNanos = clock.nanoTime();
        this.timers = new TimerWheel(lastPollNanos);
        this.backgroundTimers = conducted == null ? timers : new TimerWheel(lastPollNanos);
        this.runQueue = new RunQueue(conducted == null ? options.turnOrder() : conducted);
        this.loop = switch (options.engine()) {
            case CARRIER -> new CarrierLoop(this);
            case PORTABLE -> new PortableLoop(this);
        };
    }

    private Poller plainPoller() {
        return conducted == null ? new ParkingPoller(clock) : conducted.poller();
    }

    /// The shard that the calling code is on, or null.
    public static @Nullable Shard current() {
        Driver driver = Driver.current();
        if (driver != null) {
            return driver.shard;
        }
        return Thread.currentThread() instanceof CarrierThread carrier ? carrier.shard : null;
    }

    /// Whether the calling thread can only go on while a shard does: it is on one, or is a virtual thread that was
    /// started in a turn of the carrier engine, and so runs on that shard's thread. It must not wait for the end of
    /// shards.
    public static boolean carriesCaller() {
        return current() != null || CarrierThreads.carries(Thread.currentThread());
    }

    /// Whether its thread has ended, and nothing runs on it any more.
    public boolean isTerminated() {
        return terminated;
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

    /// Who decides for it in the place of the machine; null if nobody does.
    public @Nullable Conductor conductor() {
        return conductor;
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

    /// Interrupts the turn if a JDK call has parked it (`Thread.sleep`, a lock, a blocking queue or socket); does
    /// nothing when it runs, is suspended, or is not running at all. Owning shard only.
    ///
    /// The interrupt comes a little later, from a turn of its own, since the JDK may run a channel's close in the
    /// thread that interrupts; it is left out if the call has returned by then. What becomes of it is up to the
    /// turn's code; the status never reaches another turn.
    ///
    /// With the portable engine a turn that blocks holds its shard, and is never found blocked.
    public void interruptIfBlocked(Turn turn) {
        assert isCurrent() : "a turn is interrupted on its own shard only";
        loop.interruptIfBlocked(turn);
    }

    /// Starts a timer, in O(1). Owning shard only; the timer must not be [scheduled][Timer#isScheduled].
    ///
    /// @return false, and nothing is started, when this shard has as many timers as its limit allows
    public boolean schedule(Timer timer, long deadlineNanos) {
        assert isCurrent() : "a timer is started on its own shard only";
        if (timers.counted() >= timerLimit) {
            return false;
        }
        timer.uncounted = false;
        timers.schedule(timer, deadlineNanos);
        return true;
    }

    /// Starts a timer of the runtime's own, which takes no place in the limit: something else must bound how many
    /// there are. Otherwise as [#schedule].
    public void scheduleUncounted(Timer timer, long deadlineNanos) {
        assert isCurrent() : "a timer is started on its own shard only";
        timer.uncounted = true;
        timers.schedule(timer, deadlineNanos);
    }

    /// As [#scheduleUncounted], for a timer that only looks after what others wait for, and comes again for as long
    /// as they do: a simulation in which nothing else is waited for stands still. Stopped by [#cancelBackground].
    public void scheduleBackground(Timer timer, long deadlineNanos) {
        assert isCurrent() : "a timer is started on its own shard only";
        timer.uncounted = true;
        backgroundTimers.schedule(timer, deadlineNanos);
    }

    /// As [#cancel], for a timer of [#scheduleBackground].
    public void cancelBackground(Timer timer) {
        assert isCurrent() : "a timer is cancelled on its own shard only";
        backgroundTimers.cancel(timer);
    }

    /// Stops a timer, in O(1); does nothing when it is not scheduled. Owning shard only. The timer is then referred
    /// to by nothing.
    public void cancel(Timer timer) {
        assert isCurrent() : "a timer is cancelled on its own shard only";
        timers.cancel(timer);
    }

    /// The time until a timer expires, to about a millisecond; 0 when it is due or not scheduled. Owning shard
    /// only.
    public long nanosLeft(Timer timer) {
        assert isCurrent() : "a timer is looked at on its own shard only";
        return timers.nanosLeft(timer, clock.nanoTime());
    }

    /// What it waits in at the moment. Any thread.
    public String pollerName() {
        return poller.getClass().getSimpleName();
    }

    /// What its poller shows of itself. Any thread.
    public List<PollerFigures> pollerFigures() {
        return poller.figures();
    }

    /// This shard's poller, of the given type. Owning shard only. The first call puts it in the place of the plain
    /// one that only waits.
    ///
    /// @throws IllegalStateException if the shard has a poller of another type
    @SuppressWarnings("ReferenceEquality") // a poller is itself only
    public <P extends Poller> P poller(Class<P> type, Function<Shard, P> create) {
        assert isCurrent() : "a poller is installed on its own shard only";
        Poller installed = poller;
        if (type.isInstance(installed)) {
            return type.cast(installed);
        }
        if (installed != firstPoller) {
            throw new IllegalStateException("shard has another poller: shard=" + name + ", poller="
                    + installed.getClass().getName() + ", wanted=" + type.getName()
                    + "; use one kind of sockets per system");
        }
        P created = create.apply(this);
        if (poller != firstPoller) {
            created.close(); // creating it has blocked, and another turn of this shard was first
            return poller(type, create);
        }
        poller = created;
        return created;
    }

    /// Asks the shard to end after the turn that runs. Any thread.
    void close() {
        submit(new Command() {
            @Override
            protected void execute() {
                open = false;
                turnsLeft = 0;
            }

            @Override
            protected void refused() {
                // it has terminated already
            }
        });
    }

    /// The number of functions that were still suspended or blocked at the end of the shard.
    int abandoned() {
        return abandoned;
    }

    // Any thread, to see from outside whether the shard goes on. Written by the owner without a fence: what is seen
    // may be old by the time that a write takes to reach another core, which is nothing beside the time between two
    // looks.

    /// A number that changes with each turn and each change of the driver. While it stays the same, one turn goes
    /// on, or the shard has nothing to do.
    public long progress() {
        return ((long) (int) SWITCHES.getOpaque(this) << Integer.SIZE)
                | ((int) TURNS_LEFT.getOpaque(this) & 0xFFFF_FFFFL);
    }

    /// The driver whose turn runs now; null if none does, or if it is one that has blocked in a call of the JDK
    /// since it began.
    public @Nullable Driver running() {
        return (Driver) RUNNING.getOpaque(this);
    }

    // What follows is called by the loop, on the shard.

    /// The driver gets the shard; null for one that is not known.
    void runs(@Nullable Driver driver) {
        switches++;
        running = driver;
    }

    boolean isConducted() {
        return conducted != null;
    }

    /// Conducted only: the driver has blocked in its turn, for so long at least. It is interrupted if that is to
    /// be.
    ///
    /// @return false if the shard is to be given up
    boolean goesOnBlocked(Driver driver, long nanos) {
        if (conducted == null) {
            return true;
        }
        return switch (conducted.blocked(driver, nanos)) {
            case WAITS -> true;
            case IS_INTERRUPTED -> {
                driver.interrupt();
                yield true;
            }
            case IS_GIVEN_UP -> false;
        };
    }

    /// Conducted only: the driver has blocked in its turn, and can go on.
    void wasBlocked(Driver driver) {
        if (conducted != null) {
            var _ = conducted.blocked(driver, 0);
        }
    }

    /// Says that the caller, on another shard or on none, looks at what is kept here: a simulation then tries both
    /// orders with whoever does so too. Any thread; does nothing on the machine.
    public void lookedAt() {
        if (conducted != null) {
            conducted.lookedAt();
        }
    }

    boolean isOpen() {
        return open;
    }

    /// Takes in what has come from outside since the last look.
    void lookAround() {
        turnsLeft = conducted == null ? TURNS_PER_PASS : conducted.beforePass();
        runs(null);
        if (turnsLeft == ConductedShard.THE_END) {
            open = false;
            return;
        }
        drainLane();
        long now = clock.nanoTime();
        passTick = (int) (now >>> PASS_TICK_SHIFT);
        try {
            timers.fire(now, TIMERS_PER_PASS);
            if (conducted != null) {
                backgroundTimers.fire(now, TIMERS_PER_PASS);
            }
        } catch (Throwable e) {
            report("a timer threw; this is a defect of Rouse", e); // the others fire in the next pass
        }
        if (now - lastPollNanos >= POLL_INTERVAL_NANOS) {
            lastPollNanos = now;
            poll(0);
        }
    }

    /// In the middle of a pass: sooner than the next one would. Where each pass is conducted, it waits for that.
    void lookAtLane() {
        if (conducted == null) {
            drainLane();
        }
    }

    void drainLane() {
        int most = conducted == null ? LANE_PER_PASS : conducted.entriesInPass();
        for (int budget = most; budget > 0; budget--) {
            Object entry = conducted == null ? lane.relaxedPoll() : conducted.nextEntry();
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
        runs(null);
        long now = clock.nanoTime();
        long delayNanos = timers.delayNanos(now);
        if (conducted != null) {
            conducted.waits(delayNanos);
            delayNanos = Math.min(delayNanos, backgroundTimers.delayNanos(now));
        }
        gate.park();
        poll(isLaneEmpty() ? delayNanos : 0);
        gate.unpark();
        // Whoever interrupts a carrier must not make each later wait return at once, which would be a busy
        // loop.
        Thread.interrupted();
        lastPollNanos = clock.nanoTime();
    }

    private boolean isLaneEmpty() {
        return conducted == null ? lane.isEmpty() : !conducted.hasEntries();
    }

    private void poll(long timeoutNanos) {
        try {
            poller.poll(timeoutNanos);
        } catch (Throwable e) {
            recover("the poller threw; the shard goes on", e);
        }
    }

    /// Reports what a pass of the loop has thrown, and rests. On the carrier, or on a driver that is pinned to it.
    void recover(String what, Throwable failure) {
        report(what, failure);
        LockSupport.parkNanos(this, FAILURE_PAUSE_NANOS);
    }

    /// The logger of this name, where the system of this shard logs.
    public System.Logger logger(String loggerName) {
        return loggers.apply(loggerName);
    }

    /// Its own logger.
    System.Logger log() {
        return log;
    }

    void report(String what, Throwable failure) {
        report(log, Level.ERROR, what, failure);
    }

    /// Has a turn of its own log something, where blocking in a log handler holds up nobody. Owning shard only. Of
    /// many at once only the first are logged, and the others counted.
    public void report(System.Logger log, Level level, String what, @Nullable Throwable failure) {
        assert isCurrent() : "a shard's report is made on it only";
        if (reports >= REPORTS) {
            unreported++;
            return;
        }
        try {
            runQueue.add(new Report(log, level, what, failure));
            reports++;
        } catch (OutOfMemoryError _) {
            unreported++; // no memory to say that there is none
        }
    }

    void enter(Object entry) {
        if (conducted == null) {
            lane.offer(entry);
        } else {
            conducted.hand(entry);
        }
        // Pairs with the volatile write in WakeGate.park(): the entry is to be seen before the gate is looked
        // at, and the queue alone promises that only where it does not link a new chunk.
        VarHandle.fullFence();
        if (terminated) {
            refuseLane();
        } else if (gate.wake()) {
            poller.wakeup();
        }
    }

    /// The end of the shard's thread: (1) from here on what enters is refused, (2) the poller releases its sockets,
    /// (3) what is in the lane is refused, (4) so is each turn that is ready, (5) those who wait for the end are
    /// told.
    void terminated(int abandonedDrivers) {
        abandoned = abandonedDrivers;
        terminated = true;
        try {
            if (conducted != null) {
                poller.open().forEach(conducted::leftOpen);
            }
            poller.close();
        } catch (Throwable e) {
            report(log, Level.WARNING, "the poller failed to close", e);
        }
        refuseLane();
        runQueue.drain(entry -> {
            if (entry instanceof Turn turn) {
                refuse("a turn", turn::refused);
            }
        });
        termination.countDown(); // from here on, who has waited for it may touch what was the shard's
        if (conducted != null) {
            timers.forEachCounted((timer, dueNanos) -> conducted.left(timer.toString(), dueNanos, timer::isMoot));
            conducted.ended();
        }
    }

    /// In a thread of its own, since the lock of a log handler may belong to a function that never goes on. Not a
    /// virtual one: that would live on the shard of the caller, if that is another one. Where the shard is
    /// conducted it is done at once, since no thread of the machine has a place there.
    private void logElsewhere(Report report) {
        if (conductor == null) {
            Thread.ofPlatform().daemon().name("rouse-report").start(() -> report.log(0));
        } else {
            report.log(0);
        }
    }

    private void refuseLane() {
        for (Object entry = pollRefused(); entry != null; entry = pollRefused()) {
            if (entry instanceof Command command) {
                refuse("a command", command::refused);
            }
        }
    }

    /// Several threads may find entries after the end; the lane allows one consumer, hence the monitor. It is not
    /// held while a command is refused: that may submit to another shard that has ended, and the other way round.
    private synchronized @Nullable Object pollRefused() {
        return conducted == null ? lane.poll() : conducted.nextEntry();
    }

    private void refuse(String what, Runnable refusal) {
        try {
            refusal.run();
        } catch (Throwable e) {
            logElsewhere(
                    new Report(log, Level.ERROR, what + " threw when it was refused; this is a defect of Rouse", e));
        }
    }

    private void execute(Command command) {
        try {
            command.execute();
        } catch (Throwable e) {
            report("a command threw; this is a defect of Rouse", e);
        }
    }

    private final class Report extends Turn {
        private final System.Logger log;
        private final Level level;
        private final String what;
        private final @Nullable Throwable failure;

        Report(System.Logger log, Level level, String what, @Nullable Throwable failure) {
            this.log = log;
            this.level = level;
            this.what = what;
            this.failure = failure;
        }

        @Override
        protected void run() {
            int others = unreported;
            unreported = 0;
            reports--;
            log(others);
        }

        @Override
        protected void refused() {
            logElsewhere(this);
        }

        private void log(int others) {
            log.log(level, what + ": shard=" + name + (others == 0 ? "" : ", reports left out=" + others), failure);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
