package dev.rouse.actor;

import dev.rouse.actor.spi.Witness;
import dev.rouse.dispatch.Clock;
import dev.rouse.dispatch.DispatchOptions;
import dev.rouse.dispatch.Dispatcher;
import dev.rouse.dispatch.Engine;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.spi.Conductor;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Shards with their functions and actors: the runtime as a whole. Safe for use by any thread.
///
/// ```java
/// try (ActorSystem system = ActorSystem.create()) {
///     int sum = system.spawn(() -> {
///         Task<Integer> a = spawn(() -> doWork(1));
///         Task<Integer> b = spawn(() -> doWork(2));
///         return await(a) + await(b);
///     }).join();
/// }
/// ```
///
/// **Closing**, in this order: (1) new roots are refused; (2) on every shard all functions are cancelled and all root
/// actors stopped, down the tree; (3) until [Limits#closeTimeout] they may end; (4) the shards' threads end, for which
/// they have another second, and functions that have not ended never go on (but for those that are pinned to their
/// thread by a native frame, which are unwound by an error); (5) the tasks of what has not ended fail with
/// [SystemClosedException], and what still waited for one of the actors is a dead letter; (6) a shard whose turn does
/// not end does this when it ends, and threads that wait for it are told at once; (7) who waits for the [CloseReport]
/// gets it. Virtual threads that functions have started themselves are not waited for: with the carrier engine they
/// live on a shard, and never go on after step 4.
public final class ActorSystem implements AutoCloseable {
    /// Whether this process was told that it lacks the JVM flag of the faster engine: once is enough.
    private static final AtomicBoolean TOLD_OF_FLAG = new AtomicBoolean();

    /// How long a shard that is to end may take for the turn that it runs. A guess.
    private static final Duration LAST_TURNS = Duration.ofSeconds(1);

    private final String name;
    private final Limits limits;
    private final long seed;
    private final Clock clock;
    private final System.Logger log;
    private final Dispatcher dispatcher;
    private final List<LocalSystem> locals;
    private final @Nullable Witness witness = Witness.current();
    private final AtomicInteger nextShard = new AtomicInteger();

    /// Null but in simulations.
    private final @Nullable Conductor conductor;

    private final Rules rules;
    private final Watchdog watchdog;
    private final LongAdder refusals = new LongAdder();
    private final DeadLetters deadLetters;
    private final Set<BlockedThread> blockedThreads = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<CloseReport> report = new CompletableFuture<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean terminated;

    /// Takes this system out of JMX; null unless it is there.
    private volatile @Nullable Runnable withdrawal;

    private ActorSystem(Builder builder) {
        Events.prepare();
        Dump.prepare();
        this.name = builder.options.name();
        this.limits = builder.limits;
        this.seed = builder.seed;
        this.clock = builder.options.clock();
        this.log = builder.options.loggers().apply("dev.rouse.actor");
        this.conductor = builder.options.conductor();
        this.deadLetters = new DeadLetters(
                clock, log, builder.deadLetterListener, conductor == null ? ForkJoinPool.commonPool() : Runnable::run);
        Dropped.prepare();
        this.rules = new Rules(log, builder.policies, builder.halt);
        this.dispatcher = Dispatcher.start(builder.options.withTimersPerShard(limits.timersPerShard()));
        try {
            this.locals = dispatcher.shards().stream()
                    .map(shard -> new LocalSystem(this, shard))
                    .toList();
            locals.forEach(LocalSystem::start);
            this.watchdog = new Watchdog(this, dispatcher.shards());
            if (!isConducted()) {
                watchdog.start();
            }
        } catch (Throwable e) {
            dispatcher.close(); // nobody else can
            throw e;
        }
        log.log(Level.DEBUG, this::description);
        if (engine() == Engine.PORTABLE && !builder.engineChosen && TOLD_OF_FLAG.compareAndSet(false, true)) {
            log.log(
                    Level.INFO,
                    "this JVM does not allow the faster engine: system=" + name + ", engine=" + engine()
                            + "; start it with " + Engine.carrierFlag()
                            + ", or choose Engine.PORTABLE and this is not said");
        }
    }

    private void register() {
        try {
            withdrawal = Management.register(this);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /// A system with one shard for each core and the default [Limits].
    public static ActorSystem create() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /// Starts a root function on one of the shards, in turn. Waits as [ActorRef#tell] does while that shard's spawn
    /// queue is full. When it fails before anybody awaits or joins it, that is reported, and thrown all the same to
    /// who does so later: see [Task].
    ///
    /// @throws SystemClosedException if the system is closed
    public <T> Task<T> spawn(Callable<T> body) {
        LocalSystem local = next();
        return Rouse.task(startRoot(local, new FunctionCell(local, Objects.requireNonNull(body, "body"))));
    }

    /// As [#spawn(Callable)], for a function without a result.
    public Task<Void> spawn(Action body) {
        return spawn(Rouse.callable(body));
    }

    /// Starts a root actor on one of the shards, in turn. The supplier is called on that shard.
    public <M> ActorRef<M> spawnActor(String actorName, Supplier<? extends Actor<M>> behavior) {
        return spawnActor(actorName, ActorOptions.defaults(), behavior);
    }

    public <M> ActorRef<M> spawnActor(String actorName, ActorOptions options, Supplier<? extends Actor<M>> behavior) {
        LocalSystem local = next();
        ActorCell<M> cell = Rouse.messageCell(local, local.guardian, actorName, options, behavior);
        startRoot(local, cell);
        return cell;
    }

    /// Starts a direct-style root actor on one of the shards, in turn.
    public <M> ActorRef<M> spawnActor(String actorName, DirectActor<M> body) {
        return spawnActor(actorName, ActorOptions.defaults(), body);
    }

    public <M> ActorRef<M> spawnActor(String actorName, ActorOptions options, DirectActor<M> body) {
        LocalSystem local = next();
        ActorCell<M> cell = Rouse.directCell(local, local.guardian, actorName, options, body);
        startRoot(local, cell);
        return cell;
    }

    private LocalSystem next() {
        if (closing.get()) {
            throw new SystemClosedException(name);
        }
        int inTurn = Math.floorMod(nextShard.getAndIncrement(), locals.size());
        return locals.get(conductor == null ? inTurn : conductor.shardOfRoot(inTurn, locals.size()));
    }

    static <C extends Cell> C startRoot(LocalSystem local, C cell) {
        cell.parent = local.guardian;
        local.guardian.tell(new LocalSystem.Root(cell));
        return cell;
    }

    public String name() {
        return name;
    }

    public Engine engine() {
        return dispatcher.engine();
    }

    public int shards() {
        return locals.size();
    }

    public Limits limits() {
        return limits;
    }

    long seed() {
        return seed;
    }

    /// Messages and replies that reached nobody, since the start: see [DeadLetter].
    public long deadLetters() {
        return deadLetters.count();
    }

    /// How often this rule was broken on this system, since the start; whether or not it was logged.
    public long violations(Violation violation) {
        return rules.count(violation);
    }

    System.Logger log() {
        return log;
    }

    Clock clock() {
        return clock;
    }

    Rules rules() {
        return rules;
    }

    @Nullable
    Witness witness() {
        return witness;
    }

    DeadLetters deadLetterOffice() {
        return deadLetters;
    }

    /// How often a limit has refused something, since the start: a function, a timer, too many tasks at once, a
    /// watch, a message for the stash or an executor, one that was offered with `tryTell`, or one that its target
    /// [rejects][Overflow#REJECT].
    public long refusals() {
        return refusals.sum();
    }

    void countRefusal() {
        refusals.increment();
    }

    /// What the sockets of all shards have counted since the start, and hold now: sums, by name, such as
    /// `connections`,
    /// `accepted`, `refused`, `bytesIn`. Empty while there are none. For each listener see [#dump()].
    public Map<String, Long> socketFigures() {
        Map<String, Long> sums = new LinkedHashMap<>();
        locals.stream()
                .map(local -> local.shard.pollerFigures())
                .filter(figures -> !figures.isEmpty())
                .forEach(figures ->
                        figures.getFirst().values().forEach((name, value) -> sums.merge(name, value, Long::sum)));
        return sums;
    }

    /// The functions and actors that are alive. A snapshot: the shards go on while they are counted.
    public long alive() {
        return locals.stream().mapToLong(LocalSystem::live).sum();
    }

    /// One line about this system: engine, shards, their poller, limits, and the memory that these allow at worst,
    /// in MiB.
    ///
    /// That is `shards x (functionsPerShard x (1 KiB + 4 bytes x mailbox) + timersPerShard x 64 bytes)`, where the
    /// mailbox is rounded up to a power of two: each function is suspended with a stack of ordinary depth, or an
    /// actor with a full mailbox of the default size. The messages themselves come on top.
    public String description() {
        return "actor system " + name + ": engine=" + engine() + ", shards=" + shards() + ", poller="
                + locals.getFirst().shard.pollerName() + ", worst case=" + (worstCaseBytes(shards(), limits) >> 20)
                + "MiB, " + limits;
    }

    /// In `double`, since it may be more than a `long` holds.
    static long worstCaseBytes(int shards, Limits limits) {
        double mailboxBytes = 4.0 * (Integer.highestOneBit(Math.max(4, limits.mailbox()) - 1) << 1);
        double functions = limits.functionsPerShard() * (1_024 + mailboxBytes);
        return (long) (shards * (functions + limits.timersPerShard() * 64.0));
    }

    @Override
    public String toString() {
        return description();
    }

    /// What all functions and actors do at the moment, in at most 1,000 lines: see [Dump].
    public Dump dump() {
        return dump(Dump.DEFAULT_LINES);
    }

    /// What the functions and actors do at the moment. Any thread, and also a function, which is suspended
    /// meanwhile.
    ///
    /// Each shard builds its own part while it works on: first the tree, then, in turns of about a millisecond
    /// between those of others, the places where functions wait. So the parts are not of the same instant. This
    /// waits for at most half a second; a shard that has not come to it by then is shown with the turn that holds
    /// it up. Each suspended function that is shown costs its shard some 10 to 50 us.
    ///
    /// @param lines how many functions and actors are shown, in equal parts for all shards; the rest is counted
    /// @throws IllegalArgumentException if that is below 1 or above 100,000
    /// @throws CancelledException if called by a function that is cancelled
    public Dump dump(int lines) {
        return Dump.take(this, locals, lines);
    }

    public boolean isClosed() {
        return closing.get();
    }

    boolean isTerminated() {
        return terminated;
    }

    /// Each is a thread of the user's, which is what bounds them.
    Set<BlockedThread> blockedThreads() {
        return blockedThreads;
    }

    /// Ends everything, as described above, and returns when it has ended, also if somebody else has begun that. On
    /// a shard, which cannot wait for its own end, and in a virtual thread that was started on one, it begins the
    /// end and returns at once.
    @Override
    public void close() {
        CompletableFuture<CloseReport> _ = shutdown();
        if (!Shard.carriesCaller()) {
            awaitReport();
        }
    }

    /// Begins to end everything, as described above, and returns at once. May be called anywhere, also in a
    /// function or actor of this system, and again: there is one end, and one report. A function of another system
    /// can await it.
    public CompletableFuture<CloseReport> shutdown() {
        if (closing.compareAndSet(false, true)) {
            try {
                dispatcher.start(name + "-close", this::end);
            } catch (OutOfMemoryError e) {
                closing.set(false); // no thread to close it: the caller may try again
                throw e;
            }
        }
        return report.copy();
    }

    /// However often the calling thread is interrupted meanwhile.
    private void awaitReport() {
        boolean interrupted = false;
        boolean over = false;
        while (!over) {
            try {
                over = await(ended, Long.MAX_VALUE);
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        try {
            CloseReport _ = report.join(); // it comes at once
        } catch (CompletionException e) {
            throw new IllegalStateException("the end of an actor system failed; this is a defect of Rouse", e);
        }
    }

    /// Whether threads and time are those of a simulation.
    boolean isConducted() {
        return dispatcher.isConducted();
    }

    /// As [CountDownLatch#await(long, java.util.concurrent.TimeUnit)], for a thread that is on no shard.
    boolean await(CountDownLatch latch, long atMostNanos) throws InterruptedException {
        return dispatcher.await(latch, atMostNanos);
    }

    private void end() {
        CloseReport whole = null;
        Throwable failure = null;
        try {
            whole = endInOrder();
        } catch (Throwable e) {
            failure = e;
        }
        ended.countDown(); // first: what depends on the report runs here, and may close the system, too
        if (failure == null) {
            report.complete(whole);
        } else {
            report.completeExceptionally(failure);
        }
    }

    private CloseReport endInOrder() throws InterruptedException {
        long deadlineNanos = Durations.deadlineNanos(clock.nanoTime(), Durations.toNanos(limits.closeTimeout()));
        locals.forEach(local -> local.guardian.cancel());
        for (LocalSystem local : locals) {
            awaitEnd(local, deadlineNanos);
        }
        Dispatcher.Termination end = dispatcher.terminate(LAST_TURNS);
        List<CloseReport.CutOff> cutOff = locals.stream()
                .map(LocalSystem::cutOff)
                .flatMap(Optional::stream)
                .toList();
        watchdog.close();
        terminated = true;
        Runnable withdraw = withdrawal;
        if (withdraw != null) {
            withdraw.run();
        }
        blockedThreads.forEach(BlockedThread::onSystemClosed);
        deadLetters.close();
        if (!cutOff.isEmpty() || end.runningShards() > 0) {
            SafeLog.log(log, Level.WARNING, "actor system was cut off: name=" + name + ", " + cutOff, null);
        }
        return new CloseReport(cutOff);
    }

    private void awaitEnd(LocalSystem local, long deadlineNanos) {
        try {
            local.guardian.join(Duration.ofNanos(Math.max(0, deadlineNanos - clock.nanoTime())));
        } catch (SystemClosedException _) {
            // the shard has ended before, as it does on a simulated host that crashes
        } catch (TimeoutException _) {
            SafeLog.log(
                    log,
                    Level.WARNING,
                    "functions did not end in time: shard=" + local.shard + ", closeTimeout=" + limits.closeTimeout()
                            + "; they are cut off",
                    null);
        }
    }

    /// Settings of a system; each has a default. Not safe for use by several threads.
    public static final class Builder {
        private DispatchOptions options = DispatchOptions.defaults();
        private Limits limits = Limits.defaults();
        private boolean jmx;
        private boolean engineChosen;
        private @Nullable Consumer<? super DeadLetter> deadLetterListener;
        private final Map<Violation, ViolationPolicy> policies = new EnumMap<>(Violation.class);
        private IntConsumer halt = status -> Runtime.getRuntime().halt(status);
        private long seed;

        private Builder() {
            Conductor conductor = options.conductor();
            seed = conductor == null ? ThreadLocalRandom.current().nextLong() : conductor.seed();
        }

        /// The beginning of its threads' names; `rouse` if not set.
        public Builder name(String value) {
            options = options.withName(value);
            return this;
        }

        /// How many shards; as many as cores if not set.
        public Builder shards(int value) {
            options = options.withShards(value);
            return this;
        }

        /// [Engine#preferred] if not set; where that is the slower one, the first such system of a process logs
        /// it at INFO, with the remedy.
        public Builder engine(Engine value) {
            options = options.withEngine(value);
            engineChosen = true;
            return this;
        }

        public Builder limits(Limits value) {
            limits = Objects.requireNonNull(value, "limits");
            return this;
        }

        /// Begins what is random: the backoff of [Supervision]. Another one each time if not set, and in a
        /// simulation the seed of that.
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /// Who is told of each [DeadLetter]; nobody if not set.
        ///
        /// It is called on a thread of the common pool, with one letter at a time, and may block. In a
        /// simulation it is called where the letter arises, on the shard or by the thread that sent the
        /// message, and must not wait. A letter that comes while 1,024 wait for it is only
        /// [counted][ActorSystem#deadLetters]. What it throws is logged.
        public Builder deadLetterListener(Consumer<? super DeadLetter> value) {
            deadLetterListener = Objects.requireNonNull(value, "deadLetterListener");
            return this;
        }

        /// Where time is read; the system's clock if not set. In a simulation always the clock of that.
        public Builder clock(Clock value) {
            options = options.withClock(value);
            return this;
        }

        /// Where it logs: the logger of each name, all of which begin with `dev.rouse`; `System.getLogger` if
        /// not set, and in a simulation what that keeps.
        ///
        /// @param value called when the system is built, and when it opens its first socket
        public Builder loggers(Function<String, System.Logger> value) {
            options = options.withLoggers(value);
            return this;
        }

        /// What happens when a rule is broken; [Violation#defaultPolicy] if not set.
        ///
        /// @throws IllegalArgumentException if the policy does not suit the violation
        public Builder onViolation(Violation violation, ViolationPolicy policy) {
            violation.requireAllowed(Objects.requireNonNull(policy, "policy"));
            policies.put(violation, policy);
            return this;
        }

        /// What ends the process for [ViolationPolicy#HALT]; `Runtime.halt` if not set.
        Builder halt(IntConsumer value) {
            halt = value;
            return this;
        }

        /// Registers the system with the JVM's JMX server as an [ActorSystemMXBean], until it is closed. Not
        /// done if this is not called: the server takes some 0.1 s to start.
        ///
        /// @throws IllegalStateException if the module `java.management` is not there
        public Builder jmx() {
            if (ModuleLayer.boot().findModule("java.management").isEmpty()) {
                throw new IllegalStateException(
                        "JMX is not there: module=java.management; start the JVM with --add-modules"
                                + " java.management, or leave out jmx()");
            }
            jmx = true;
            return this;
        }

        /// Starts the system.
        ///
        /// @throws IllegalStateException if this JVM does not allow the engine that was chosen, or a system of
        ///     this name is registered with JMX already
        public ActorSystem build() {
            ActorSystem system = new ActorSystem(this);
            if (jmx) {
                system.register();
            }
            return system;
        }
    }
}
