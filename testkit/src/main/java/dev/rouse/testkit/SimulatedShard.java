package dev.rouse.testkit;

import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.Turn;
import dev.rouse.dispatch.spi.ConductedShard;
import dev.rouse.dispatch.spi.Poller;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// One shard of a simulated system: what it does next, and what others have handed to it.
final class SimulatedShard extends Member implements ConductedShard {
    /// What a pass of a shard takes, so that time goes on for those who measure it while they work. A guess.
    private static final long PASS_NANOS = 1_000;

    /// Turns of a pass are drawn up to this, so that a shard is left in the middle of what is ready. A guess.
    private static final int TURNS_PER_PASS = 4;

    /// What a pass takes in from other shards is drawn below this, so that a shard does something between the time
    /// that another one hands it something and the time that it sees it. A guess.
    private static final int ENTRIES_PER_PASS = 4;

    private final SimulatedWorld world;
    private boolean ends;

    /// When the first timer is due that does not only look after others.
    private long timerAtNanos = Timeline.FOREVER;

    /// What others have handed to it, by their numbers; no list is empty. Under the lock. Its bound is that of a
    /// shard's lane, in whose place it stands.
    private final TreeMap<Integer, ArrayDeque<Object>> handed = new TreeMap<>();

    SimulatedShard(SimulatedWorld world, String name, int number, Timeline time, Condition turn) {
        super(name, number, null, time, turn);
        this.world = world;
    }

    @Override
    public int beforePass() {
        world.lock();
        try {
            world.begin(this);
            if (ends) {
                return THE_END;
            }
            world.passTakes(PASS_NANOS);
            return 1 + choices().amount(TURNS_PER_PASS);
        } finally {
            world.unlock();
        }
    }

    private Choices choices() {
        return world.choices();
    }

    @Override
    public int entriesInPass() {
        return choices().amount(2) == 1 ? choices().amount(ENTRIES_PER_PASS) : Integer.MAX_VALUE;
    }

    @Override
    public int pick(int ready) {
        return choices().order(ready);
    }

    @Override
    public void taken(Object turn) {
        world.taken(name, turn instanceof Turn || turn instanceof Driver ? turn.toString() : "a blocked call goes on");
    }

    @Override
    public Blocked blocked(Driver driver, long nanos) {
        Blocked becomes = world.escapes().blocked(name, driver, nanos);
        if (becomes == Blocked.IS_GIVEN_UP) {
            world.leave(this);
        }
        return becomes;
    }

    /// What is left on a shard that was killed is no wonder.
    @Override
    public void left(String timer, long dueNanos, BooleanSupplier isMoot) {
        if (!ends) {
            world.left(
                    "a timer was left: shard=" + name + ", timer=" + timer + ", due in="
                            + Duration.ofNanos(dueNanos - world.nanoTime()),
                    isMoot);
        }
    }

    @Override
    public void leftOpen(String socket) {
        if (!ends) {
            world.left("a socket was not closed: " + socket, () -> false);
        }
    }

    @Override
    public void hand(Object entry) {
        world.lock();
        try {
            handed.computeIfAbsent(world.handsOver(this), _ -> new ArrayDeque<>())
                    .add(entry);
        } finally {
            world.unlock();
        }
    }

    @Override
    public void lookedAt() {
        world.lock();
        try {
            if (!world.isForeign()) {
                choices().looked(number);
            }
        } finally {
            world.unlock();
        }
    }

    /// Whose comes next is drawn: of what several shards did at the same time, one came first.
    @Override
    public @Nullable Object nextEntry() {
        world.lock();
        try {
            if (handed.isEmpty()) {
                return null;
            }
            List<Integer> sources = List.copyOf(handed.keySet());
            int source = sources.get(choices().order(sources.size()));
            ArrayDeque<Object> entries = Objects.requireNonNull(handed.get(source));
            Object entry = entries.remove();
            if (entries.isEmpty()) {
                handed.remove(source);
            }
            return entry;
        } finally {
            world.unlock();
        }
    }

    @Override
    public boolean hasEntries() {
        world.lock();
        try {
            return !handed.isEmpty();
        } finally {
            world.unlock();
        }
    }

    @Override
    public Poller poller() {
        return new WaitingPoller(this);
    }

    @Override
    public void waits(long timerNanos) {
        timerAtNanos = world.after(timerNanos);
    }

    @Override
    long goesOnForItselfAtNanos() {
        return goesOnAtNanos(timerAtNanos);
    }

    /// Waits for this long, or to be [woken][#wakeUp]; not at all if it has been since it waited last.
    void await(long timeoutNanos) {
        world.lock();
        try {
            waitUntil(timeoutNanos);
            world.handOver(this);
        } finally {
            world.unlock();
        }
    }

    /// Any thread.
    void wakeUp() {
        world.lock();
        try {
            wake();
        } finally {
            world.unlock();
        }
    }

    /// Has it end as if its machine had: nothing more runs on it.
    void kill() {
        ends = true;
        wakeUp();
    }

    @Override
    public void ended() {
        world.leave(this);
    }

    @Override
    public String toString() {
        return name;
    }

    /// Waits for time, or to be woken.
    private record WaitingPoller(SimulatedShard shard) implements Poller {
        @Override
        public int poll(long timeoutNanos) {
            if (timeoutNanos > 0) {
                shard.await(timeoutNanos);
            }
            return 0;
        }

        @Override
        public void wakeup() {
            shard.wakeUp();
        }

        @Override
        public void close() {}
    }
}
