package dev.rouse.testkit;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.spi.FaultSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/// What goes wrong in a [Simulation]: on demand, where and when a test says, or by seed, at a rate.
///
/// ```java
/// simulation.faults().failAt("/account", 3);                // its third message from now
/// simulation.faults().draw(Fault.LOST_REPLY, 0.01);         // one reply in a hundred, by seed
/// ```
///
/// Faults are for what a test runs. The runtime's own actors, the functions that a test starts at the root, and the end
/// of a system know none, and what is drawn spares each [TestProbe] and [TestInbox]. Nor does an exhaustive search draw
/// any, but for what always happens. What was drawn belongs to the run: the same seed has the same faults, and a run
/// that is made plainer has fewer. What was asked for and has not come about fails [Simulation#close].
///
/// Used by the thread that has made the simulation, or in its functions. An actor is named by its path, on whatever
/// host it is; it needs not have been spawned yet.
public final class Faults {
    /// A rate is rounded to a multiple of one in so many.
    private static final int RATE_STEPS = 1_000_000;

    /// Rather long, as a collection of garbage or a stopped machine may be. A guess.
    private static final Duration MOST_PAUSE = Duration.ofSeconds(2);

    /// A guess: longer than most timeouts of a test.
    private static final Duration MOST_JUMP = Duration.ofMinutes(1);

    private final SimulatedWorld world;
    private final Source source = new Source();
    private final EnumMap<Fault, Integer> rates = new EnumMap<>(Fault.class);
    private final EnumMap<Fault, Long> happened = new EnumMap<>(Fault.class);

    /// Each of them was asked for by a call, and goes when it has come about.
    private final List<PlannedFailure> failures = new ArrayList<>();

    private final Map<String, Integer> lostReplies = new TreeMap<>();
    private final Map<String, Integer> fullMailboxes = new TreeMap<>();
    private int refusedChildren;

    /// Actors of the test kit, of all simulations of this JVM, since one that has not started yet may be told
    /// already, and does not know its simulation by then. Any thread; held weakly, so that they are forgotten with
    /// their systems.
    private static final Set<ActorRef<?>> SPARED =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private boolean over;

    Faults(SimulatedWorld world) {
        this.world = world;
    }

    /// A failure of an actor that a test has asked for.
    private static final class PlannedFailure {
        final String path;
        final long nth;
        final Fault kind;
        final @Nullable RuntimeException failure;
        long messages;

        PlannedFailure(String path, long nth, Fault kind, @Nullable RuntimeException failure) {
            this.path = path;
            this.nth = nth;
            this.kind = kind;
            this.failure = failure;
        }

        @Override
        public String toString() {
            return kind + " of " + path + " at message " + nth;
        }
    }

    // On demand.

    /// Has an actor fail at the n-th message that it comes to from now on, by a [SimulatedFailure].
    public void failAt(String path, long nth) {
        plan(new PlannedFailure(path, nth, Fault.FAILURE, null));
    }

    /// As [#failAt(String, long)], by an exception of the test's choice.
    public void failAt(String path, long nth, RuntimeException failure) {
        plan(new PlannedFailure(path, nth, Fault.FAILURE, Objects.requireNonNull(failure, "failure")));
    }

    /// Has an actor find no memory at the n-th message that it comes to from now on.
    public void runOutOfMemoryAt(String path, long nth) {
        plan(new PlannedFailure(path, nth, Fault.OUT_OF_MEMORY, null));
    }

    private void plan(PlannedFailure failure) {
        requireSimulated();
        Objects.requireNonNull(failure.path, "path");
        requirePositive("nth", failure.nth);
        failures.add(failure);
    }

    /// Has the next so many replies of an actor get lost.
    public void loseReplies(String path, int number) {
        add(lostReplies, path, number);
    }

    /// Has the next so many messages to an actor find its mailbox full.
    public void fill(String path, int number) {
        add(fullMailboxes, path, number);
    }

    private void add(Map<String, Integer> counts, String path, int number) {
        requireSimulated();
        requirePositive("number", number);
        counts.merge(Objects.requireNonNull(path, "path"), number, Math::addExact);
    }

    /// Has the next so many functions and actors that others spawn refused.
    public void refuseChildren(int number) {
        requireSimulated();
        requirePositive("number", number);
        refusedChildren = Math.addExact(refusedChildren, number);
    }

    /// Has a shard stand still for so long: what it is in the middle of goes to the end of its pass, and then
    /// nothing on it goes on, while others do.
    ///
    /// @param shard as in the trace, such as `simulation-shard-0`, or with its host, such as `server/chat-shard-0`,
    ///     where its system is not named as that
    /// @throws IllegalArgumentException if no shard of that name is there, or several are
    public void pause(String shard, Duration time) {
        requireSimulated();
        pause(
                world.shardOf(Objects.requireNonNull(shard, "shard")),
                requirePositive(time).toNanos());
    }

    /// Has the time leap forward, for all hosts: what was due meanwhile is late. The timers of a shard end in their
    /// order, and so do the messages come that they send to one actor; which of several functions whose sleep is
    /// over goes on first is drawn, as always.
    public void jump(Duration time) {
        requireSimulated();
        jump(requirePositive(time).toNanos());
    }

    // By seed.

    /// Has a kind of fault come about by seed: of the times that it could, at this rate. Each message that is
    /// handled is such a time, each reply, each message that is sent, each child that is spawned and, for pauses
    /// and jumps, each time that a shard goes on.
    ///
    /// @param rate from 0, for never, to 1, for always
    public void draw(Fault kind, double rate) {
        requireSimulated();
        Objects.requireNonNull(kind, "kind");
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException(
                    "a rate is out of range: fault=" + kind + ", rate=" + rate + ", least=0, most=1");
        }
        rates.put(kind, (int) Math.round(rate * RATE_STEPS));
    }

    /// How many faults of a kind have come about so far.
    public long happened(Fault kind) {
        return happened.getOrDefault(kind, 0L);
    }

    private static void requirePositive(String what, long value) {
        if (value < 1) {
            throw new IllegalArgumentException("a fault needs a positive number: " + what + "=" + value);
        }
    }

    private static Duration requirePositive(Duration time) {
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("a fault needs a positive time: time=" + time);
        }
        return time;
    }

    private void requireSimulated() {
        if (world.isForeign()) {
            throw new IllegalStateException(
                    "faults are for the thread that has made a simulation and for its functions: thread="
                            + Thread.currentThread());
        }
    }

    // For the simulation.

    FaultSource source() {
        return source;
    }

    /// From here on nothing fails any more.
    ///
    /// @return what was asked for and has not come about
    List<String> end() {
        over = true;
        List<String> missed = new ArrayList<>();
        failures.forEach(each -> missed.add(each.toString()));
        lostReplies.forEach((path, left) -> missed.add(Fault.LOST_REPLY + " of " + path + ", left=" + left));
        fullMailboxes.forEach((path, left) -> missed.add(Fault.FULL_MAILBOX + " of " + path + ", left=" + left));
        if (refusedChildren > 0) {
            missed.add(Fault.REFUSED_CHILD + ", left=" + refusedChildren);
        }
        return missed;
    }

    /// A shard could go on.
    void beforePass(SimulatedShard shard) {
        if (isDrawn(Fault.PAUSE)) {
            pause(shard, world.time(1, MOST_PAUSE.toNanos()));
        }
        if (isDrawn(Fault.JUMP)) {
            jump(world.time(1, MOST_JUMP.toNanos()));
        }
    }

    private void pause(SimulatedShard shard, long nanos) {
        shard.pauseUntil(world.nanoTime() + nanos);
        happens(Fault.PAUSE, shard + " for " + Duration.ofNanos(nanos));
    }

    private void jump(long nanos) {
        world.jump(nanos);
        happens(Fault.JUMP, "by " + Duration.ofNanos(nanos));
    }

    private boolean isDrawnFor(ActorRef<?> actor, Fault kind) {
        return isAnyDrawn(kind) && !SPARED.contains(actor) && isDrawn(kind);
    }

    /// What is drawn is not for this actor, which belongs to the test and not to what it tests. Also in a system
    /// that is not simulated.
    ///
    /// @return the same actor
    static <M> ActorRef<M> spared(ActorRef<M> actor) {
        SPARED.add(actor);
        return actor;
    }

    private boolean isAnyDrawn(Fault kind) {
        return rates.containsKey(kind);
    }

    private boolean isDrawn(Fault kind) {
        int rate = over ? 0 : rates.getOrDefault(kind, 0);
        return rate > 0 && world.choices().amount(RATE_STEPS) >= RATE_STEPS - rate;
    }

    private void happens(Fault kind, String what) {
        happened.merge(kind, 1L, Long::sum);
        world.note("fault", kind + ": " + what);
    }

    /// On the shard that runs, or by the thread that does. What comes from outside of the simulation meets no
    /// fault, since it would take what is meant for others.
    private final class Source implements FaultSource {
        @Override
        public void onMessage(ActorRef<?> actor, Object message) {
            world.takes(message);
            if (over) {
                return;
            }
            PlannedFailure planned = nextPlanned(actor);
            if (planned != null) {
                fail(planned.kind, actor, planned.failure);
            } else if (isDrawnFor(actor, Fault.FAILURE)) {
                fail(Fault.FAILURE, actor, null);
            } else if (isDrawnFor(actor, Fault.OUT_OF_MEMORY)) {
                fail(Fault.OUT_OF_MEMORY, actor, null);
            }
        }

        @Override
        public void onSuspend(String awaited) {
            world.suspends(awaited);
        }

        /// The one that comes about at this message, which counts for all of the actor. Of several it is the
        /// first that was asked for; the others have come about with it.
        private @Nullable PlannedFailure nextPlanned(ActorRef<?> actor) {
            List<PlannedFailure> now = new ArrayList<>();
            for (PlannedFailure each : failures) {
                if (each.path.equals(actor.path()) && ++each.messages == each.nth) {
                    now.add(each);
                }
            }
            failures.removeAll(now);
            return now.isEmpty() ? null : now.getFirst();
        }

        private void fail(Fault kind, ActorRef<?> actor, @Nullable RuntimeException failure) {
            String path = actor.path();
            happens(kind, path);
            if (kind == Fault.OUT_OF_MEMORY) {
                throw new OutOfMemoryError("a fault of the simulation: actor=" + path);
            }
            throw failure == null ? new SimulatedFailure("a fault of the simulation: actor=" + path) : failure;
        }

        @Override
        public boolean losesReply(ActorRef<?> target) {
            return happensTo(target, lostReplies, Fault.LOST_REPLY);
        }

        @Override
        public boolean findsFull(ActorRef<?> target) {
            return happensTo(target, fullMailboxes, Fault.FULL_MAILBOX);
        }

        private boolean happensTo(ActorRef<?> actor, Map<String, Integer> counts, Fault kind) {
            boolean happens = !over && !world.isForeign() && (isPlanned(actor, counts) || isDrawnFor(actor, kind));
            if (happens) {
                happens(kind, actor.path());
            }
            return happens;
        }

        private static boolean isPlanned(ActorRef<?> actor, Map<String, Integer> counts) {
            if (counts.isEmpty() || !counts.containsKey(actor.path())) {
                return false;
            }
            counts.computeIfPresent(actor.path(), (_, left) -> left == 1 ? null : left - 1);
            return true;
        }

        @Override
        public boolean refusesChild(String parent) {
            boolean planned = !over && refusedChildren > 0;
            refusedChildren -= planned ? 1 : 0;
            boolean refused = planned || isDrawn(Fault.REFUSED_CHILD);
            if (refused) {
                happens(Fault.REFUSED_CHILD, "of " + parent);
            }
            return refused;
        }
    }
}
