package dev.rouse.testkit;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Task;
import dev.rouse.actor.spi.Effect;
import dev.rouse.actor.spi.Witness;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One message actor by itself, step by step: it is sent a message, has handled it when that call returns, and what it
/// has done stands there as [Effect]s, in order.
///
/// ```java
/// try (ActorHarness<Door> porter = ActorHarness.of(Porter::new)) {
///     TestInbox<String> visitor = porter.inbox("visitor");
///     porter.tell(new Door.Knock(visitor.ref()));
///     porter.expect(new Effect.Told(visitor.ref(), "come in"));
///     porter.expect(Effect.TimerStarted.class);
///     porter.advance(Duration.ofMinutes(1)); // the timer fires
///     assertThat(porter.isStopped()).isTrue();
/// }
/// ```
///
/// It is the real actor in the real runtime, on the one shard of a [Simulation] in which time stands still: its
/// mailbox, supervision, stash, timers and waits are those that it has in production. After each call of the harness
/// everything has run that can run **without time passing**. A handler that awaits a reply or sleeps is suspended then,
/// and goes on when the test has replied, or has let time pass.
///
/// **Its children are stand-ins**: actors that it spawns do not run; each is a [TestInbox] that keeps what it is told,
/// and that the test may stop or have fail. Functions that it spawns are part of it, and run.
///
/// Used by the thread that has made it. [#close] fails if something does not end.
public final class ActorHarness<M> implements AutoCloseable {
    /// The resolution of timers, to which time is rounded up: after so long they have fired. In nanoseconds.
    private static final long TICK_NANOS = 1L << 20;

    /// What one call may set going; more are taken for a loop without end. A guess: some seconds.
    private static final long MOST_TURNS = 100_000;

    /// Effects that nobody has looked at; the actor fails at one more. A guess.
    private static final int CAPACITY = 10_000;

    private static final String FAILED = "an actor failed";

    private final ArrayDeque<Effect> effects = new ArrayDeque<>();
    private final Map<String, TestInbox.Keeper> expected = new HashMap<>();
    private final Map<String, TestInbox<?>> children = new HashMap<>();
    private final Map<ActorRef<?>, TestInbox<?>> childrenByRef = new HashMap<>();
    private final Simulation simulation;
    private final ActorRef<M> actor;

    private ActorHarness(ActorOptions options, Supplier<? extends Actor<M>> behavior) {
        Observer observer = new Observer();
        simulation = observer.call(() -> new Simulation(0, Exploration.replay(new int[0]), system -> system.shards(1)));
        simulation.logs().allow(Level.ERROR, FAILED); // that is an effect
        simulation.logs().allow(Level.WARNING, FAILED);
        actor = simulation.system().spawnActor("actor", options, behavior);
        observer.watched = actor;
        settle();
    }

    /// Of an actor with the default [ActorOptions], which has been started.
    public static <M> ActorHarness<M> of(Supplier<? extends Actor<M>> behavior) {
        return of(ActorOptions.defaults(), behavior);
    }

    public static <M> ActorHarness<M> of(ActorOptions options, Supplier<? extends Actor<M>> behavior) {
        return new ActorHarness<>(options, behavior);
    }

    /// The actor under test, for others to tell.
    public ActorRef<M> ref() {
        return actor;
    }

    /// Sends it a message, and runs all that can run at this moment.
    public void tell(M message) {
        actor.tell(message);
        settle();
    }

    /// Asks it, and runs all that can run at this moment. The task is done if it has replied; `join` lets time pass
    /// until it is.
    public <R> Task<R> ask(Function<ReplyTo<R>, ? extends M> message) {
        Task<R> reply = actor.ask(message);
        settle();
        return reply;
    }

    /// Stops it from outside, as its parent or another actor would.
    public void stop() {
        actor.stop();
        settle();
    }

    /// Lets so much time pass, in which its timers fire and what sleeps goes on. Time is rounded up to the
    /// resolution of timers, about a millisecond.
    public void advance(Duration time) {
        Objects.requireNonNull(time, "time");
        long now = simulation.elapsed().toNanos();
        long then = Math.ceilDiv(Math.addExact(now, time.toNanos()), TICK_NANOS) * TICK_NANOS;
        pass(Duration.ofNanos(then - now));
    }

    private void settle() {
        pass(Duration.ZERO);
    }

    private void pass(Duration time) {
        if (!simulation.pass(time, MOST_TURNS)) {
            throw new AssertionError("the actor does not come to rest: turns=" + MOST_TURNS
                    + "; it tells itself more and more, or has a timer with a very short period\n"
                    + simulation.trace());
        }
    }

    /// Another actor, to be told by the one under test.
    public <T> TestInbox<T> inbox(String name) {
        TestInbox<T> inbox = TestInbox.of(simulation.system(), name, this::settle);
        settle();
        return inbox;
    }

    /// What stands in for this child of the actor, of which an [Effect.Spawned] tells.
    ///
    /// @throws AssertionError if it has spawned no such one
    @SuppressWarnings("unchecked") // whoever calls knows the type of the child
    public <C> TestInbox<C> child(ActorRef<?> ref) {
        settle();
        TestInbox<?> child = childrenByRef.get(ref);
        if (child == null) {
            throw new AssertionError("the actor has spawned no such child: ref=" + ref);
        }
        return (TestInbox<C>) child;
    }

    /// What stands in for a child of the actor; for the last one if it has spawned several of this name.
    ///
    /// @throws AssertionError if it has spawned none
    @SuppressWarnings("unchecked") // whoever calls knows the type of the child
    public <C> TestInbox<C> child(String name) {
        settle();
        TestInbox<?> child = children.get(name);
        if (child == null) {
            throw new AssertionError("the actor has spawned no such child: name=" + name + ", children="
                    + children.keySet().stream().sorted().toList());
        }
        return (TestInbox<C>) child;
    }

    /// The oldest effect that nobody has looked at.
    ///
    /// @throws AssertionError if there is none
    public Effect next() {
        Effect next = poll();
        if (next == null) {
            throw failure("an effect", null);
        }
        return next;
    }

    private @Nullable Effect poll() {
        settle();
        return effects.poll();
    }

    /// The oldest effect is equal to this one.
    public void expect(Effect effect) {
        Effect next = poll();
        if (!effect.equals(next)) {
            throw failure(effect.toString(), next);
        }
    }

    /// The oldest effect is of this type.
    public <E extends Effect> E expect(Class<E> type) {
        Effect next = poll();
        if (!type.isInstance(next)) {
            throw failure("an effect of type " + type.getSimpleName(), next);
        }
        return type.cast(next);
    }

    /// There is no effect that nobody has looked at.
    public void expectNone() {
        Effect next = poll();
        if (next != null) {
            throw failure("no effect", next);
        }
    }

    /// All that nobody has looked at, the oldest first.
    public List<Effect> effects() {
        settle();
        List<Effect> all = new ArrayList<>(effects);
        effects.clear();
        return all;
    }

    /// With what came next, as far as nobody has looked at it.
    private AssertionError failure(String expected, @Nullable Effect actual) {
        String rest = effects.isEmpty() ? "" : "\n and then: " + effects;
        return new AssertionError("expected: " + expected + "\n but was: " + (actual == null ? "none" : actual) + rest);
    }

    /// What the runtime logs beside failures of the actor, which are effects: each warning and error of that is
    /// expected or allowed, or fails [#close].
    public LogExpectations logs() {
        return simulation.logs();
    }

    /// Whether it has ended.
    public boolean isStopped() {
        settle();
        return actor.terminated().isDone();
    }

    /// Stops the actor and accounts for it, as [Simulation#close] does.
    @Override
    public void close() {
        simulation.close();
    }

    /// Sees what the actor under test does; called on its shard, while the test stands still.
    private final class Observer implements Witness {
        private @Nullable ActorRef<?> watched;

        @Override
        public <C> Supplier<? extends Actor<C>> standIn(ActorRef<?> parent, String name, ActorOptions options) {
            TestInbox.Keeper keeper = new TestInbox.Keeper();
            expected.put(name, keeper);
            return typed(keeper);
        }

        @SuppressWarnings("unchecked") // it takes everything
        private static <C> Supplier<Actor<C>> typed(TestInbox.Keeper keeper) {
            return () -> (Actor<C>) (Actor<?>) keeper;
        }

        @Override
        @SuppressWarnings("unchecked") // a keeper takes everything
        public void saw(ActorRef<?> by, Effect effect) {
            if (!by.equals(watched)) {
                return;
            }
            if (effect instanceof Effect.Spawned(String name, var _, ActorRef<?> child)) {
                TestInbox.Keeper keeper = Objects.requireNonNull(expected.remove(name));
                TestInbox<?> standIn = new TestInbox<>((ActorRef<Object>) child, keeper, ActorHarness.this::settle);
                children.put(name, standIn);
                childrenByRef.put(child, standIn);
            }
            if (effects.size() == CAPACITY) {
                throw new IllegalStateException(
                        "a harness holds no more effects that nobody has looked at: limit=" + CAPACITY);
            }
            effects.add(effect);
        }
    }
}
