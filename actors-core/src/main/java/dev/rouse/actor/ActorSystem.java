package dev.rouse.actor;

import dev.rouse.dispatch.Clock;
import dev.rouse.dispatch.DispatchOptions;
import dev.rouse.dispatch.Dispatcher;
import dev.rouse.dispatch.Engine;
import dev.rouse.dispatch.Shard;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
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
/// **Closing**, in this order: (1) new roots are refused; (2) on every shard all functions are cancelled and all actors
/// stopped, down the tree; (3) until [Limits#closeTimeout] they may end; (4) the shards' threads end, and functions
/// that have not ended never go on; (5) their tasks fail with [SystemClosedException], and what still waited for one of
/// their actors is a dead letter; (6) a shard whose turn does not end does this when it ends, and threads that wait for
/// it are told at once.
public final class ActorSystem implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.rouse.actor");

    /// How long a shard that is to end may take for the turn that it runs. A guess.
    private static final Duration LAST_TURNS = Duration.ofSeconds(1);

    private final String name;
    private final Limits limits;
    private final long seed;
    private final Clock clock;
    private final Dispatcher dispatcher;
    private final List<LocalSystem> locals;
    private final AtomicInteger nextShard = new AtomicInteger();
    private final Rules rules;
    private final Watchdog watchdog;
    private final DeadLetters deadLetters;
    private final Set<BlockedThread> blockedThreads = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean terminated;

    private ActorSystem(Builder builder) {
        this.name = builder.options.name();
        this.limits = builder.limits;
        this.seed = builder.seed;
        this.clock = builder.options.clock();
        this.deadLetters = new DeadLetters(clock, builder.deadLetterListener);
        DroppedReply.prepare();
        this.rules = new Rules(builder.policies, builder.halt);
        this.dispatcher = Dispatcher.start(builder.options.withTimersPerShard(limits.timersPerShard()));
        this.locals = dispatcher.shards().stream()
                .map(shard -> new LocalSystem(this, shard))
                .toList();
        locals.forEach(LocalSystem::start);
        this.watchdog = new Watchdog(this, dispatcher.shards());
        watchdog.start();
        LOG.log(
                Level.DEBUG,
                () -> "actor system started: name=" + name + ", engine=" + engine() + ", shards=" + shards() + ", "
                        + limits);
    }

    /// A system with one shard for each core and the default [Limits].
    public static ActorSystem create() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /// Starts a root function on one of the shards, in turn. Waits as [ActorRef#tell] does while that shard's spawn
    /// queue is full.
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
        return locals.get(Math.floorMod(nextShard.getAndIncrement(), locals.size()));
    }

    private static <C extends Cell> C startRoot(LocalSystem local, C cell) {
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

    Clock clock() {
        return clock;
    }

    Rules rules() {
        return rules;
    }

    DeadLetters deadLetterOffice() {
        return deadLetters;
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

    /// Ends everything, as described above, and returns when it has ended. A second call waits for nothing.
    ///
    /// @throws IllegalStateException if called on a shard of this or another system
    @Override
    public void close() {
        Shard shard = Shard.current();
        if (shard != null) {
            throw new IllegalStateException("a shard cannot wait for its own end: system=" + name + ", shard=" + shard
                    + "; call close() from an outside thread");
        }
        if (closing.compareAndSet(false, true)) {
            end();
        }
    }

    private void end() {
        long deadlineNanos = clock.nanoTime() + Durations.toNanos(limits.closeTimeout());
        boolean interrupted = false;
        locals.forEach(local -> local.guardian.cancel());
        for (LocalSystem local : locals) {
            interrupted |= awaitEnd(local, deadlineNanos);
        }
        interrupted |= terminate();
        locals.forEach(LocalSystem::cutOff);
        watchdog.close();
        terminated = true;
        blockedThreads.forEach(BlockedThread::onSystemClosed);
        deadLetters.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // An interrupt does not shorten the end, which has a deadline of its own; it is kept for the caller.

    /// Returns whether the calling thread was interrupted.
    private boolean awaitEnd(LocalSystem local, long deadlineNanos) {
        boolean interrupted = false;
        while (true) {
            try {
                local.guardian.join(Duration.ofNanos(Math.max(0, deadlineNanos - clock.nanoTime())));
                return interrupted;
            } catch (TimeoutException _) {
                LOG.log(
                        Level.WARNING,
                        "functions did not end in time: shard=" + local.shard + ", closeTimeout="
                                + local.limits.closeTimeout() + "; they are cut off");
                return interrupted;
            } catch (CancelledException _) {
                interrupted = Thread.interrupted();
            }
        }
    }

    /// Returns whether the calling thread was interrupted.
    private boolean terminate() {
        boolean interrupted = false;
        while (true) {
            try {
                Dispatcher.Termination end = dispatcher.terminate(LAST_TURNS);
                if (end.abandonedFunctions() > 0 || end.runningShards() > 0) {
                    LOG.log(Level.WARNING, "actor system was cut off: name=" + name + ", " + end);
                }
                return interrupted;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
    }

    /// Settings of a system; each has a default. Not safe for use by several threads.
    public static final class Builder {
        private DispatchOptions options = DispatchOptions.defaults();
        private Limits limits = Limits.defaults();
        private @Nullable Consumer<? super DeadLetter> deadLetterListener;
        private final Map<Violation, ViolationPolicy> policies = new EnumMap<>(Violation.class);
        private IntConsumer halt = status -> Runtime.getRuntime().halt(status);
        private long seed = System.nanoTime();

        private Builder() {}

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

        /// [Engine#preferred] if not set.
        public Builder engine(Engine value) {
            options = options.withEngine(value);
            return this;
        }

        public Builder limits(Limits value) {
            limits = Objects.requireNonNull(value, "limits");
            return this;
        }

        /// Begins what is random: the backoff of [Supervision]. Another one each time if not set.
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /// Who is told of each [DeadLetter]; nobody if not set.
        ///
        /// It is called on a thread of the common pool, with one letter at a time, and may block. A letter that
        /// comes while 1,024 wait for it is only [counted][ActorSystem#deadLetters]. What it throws is logged.
        public Builder deadLetterListener(Consumer<? super DeadLetter> value) {
            deadLetterListener = Objects.requireNonNull(value, "deadLetterListener");
            return this;
        }

        /// Where time is read; the system's clock if not set.
        public Builder clock(Clock value) {
            options = options.withClock(value);
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

        /// Starts the system.
        ///
        /// @throws IllegalStateException if this JVM does not allow the engine that was chosen
        public ActorSystem build() {
            return new ActorSystem(this);
        }
    }
}
