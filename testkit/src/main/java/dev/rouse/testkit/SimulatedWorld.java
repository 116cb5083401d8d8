package dev.rouse.testkit;

import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Turn;
import dev.rouse.dispatch.spi.ConductedShard;
import dev.rouse.dispatch.spi.Poller;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The machine that simulated systems run on: only one of their threads runs at any moment, and which one, when several
/// could, is drawn from the seed.
///
/// Its threads are the shards, the thread that made the simulation, and those that a system starts beside its shards.
/// One of them is *running*: it alone draws, reads and moves the time, and writes the log, so that all of that is the
/// same whenever the seed is. It hands over at the begin of a pass, and when it waits. When all wait, time jumps to
/// where the first of them goes on, or to the next event of the network.
///
/// All state belongs to the running thread; `lock` guards the hand-over, and what foreign threads may do: wake a shard.
final class SimulatedWorld {
    /// What a pass of a shard takes, so that time goes on for those who measure it while they work. A guess.
    private static final long PASS_NANOS = 1_000;

    /// How finely a time is drawn.
    private static final int TIME_STEPS = 1_024;

    /// Turns of a pass are drawn up to this, so that a shard is left in the middle of what is ready. A guess.
    private static final int TURNS_PER_PASS = 4;

    /// What a pass takes in from other shards is drawn below this, so that a shard does something between the time
    /// that another one hands it something and the time that it sees it. A guess.
    private static final int ENTRIES_PER_PASS = 4;

    /// Jumps of the time after which no turn has run: from here on only the timers of the runtime itself go on,
    /// such as the look for cycles. A guess.
    private static final int IDLE_JUMPS = 1_000;

    /// Turns for one wait of the maker; more are taken for a loop without end. A guess: some minutes.
    private static final long MOST_TURNS = 20_000_000;

    private static final long FOREVER = Long.MAX_VALUE;

    private final ReentrantLock lock = new ReentrantLock();
    private final List<Member> members = new ArrayList<>();
    /// One for each delivery under way, which windows bound, and each timer of TCP. Datagrams take no more than is
    /// sent within a latency.
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Choices choices;
    private final Trace trace;
    private final Member maker;
    private Member running;

    /// Written by the running thread; volatile for threads that are not simulated.
    private volatile long nowNanos;

    private long eventsMade;
    private int idleJumps;
    private long turnsBefore;
    private long mostTurns = MOST_TURNS;
    private boolean timeStands;
    private boolean stuck;
    private boolean explains;
    private Supplier<String> explanation = () -> "";
    private @Nullable String escape;
    private final List<Invariant> invariants = new ArrayList<>();

    /// The first failure of an invariant, until the maker has thrown it.
    private @Nullable AssertionError broken;

    SimulatedWorld(Choices choices, Trace trace) {
        this.choices = choices;
        this.trace = trace;
        this.maker = new Member("test", Thread.currentThread());
        this.running = maker;
        members.add(maker);
    }

    /// Something that comes about without a thread; those of one moment in the order in which they were made.
    private record Event(long atNanos, long number, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private record Invariant(String what, BooleanSupplier holds) {}

    /// One thread of the simulation.
    class Member {
        final String name;

        /// Its position among the members.
        final int number = members.size();

        /// Null for a shard, which any of its threads may have.
        final @Nullable Thread thread;

        private final Condition turn = lock.newCondition();
        private boolean granted;
        private boolean waits;
        private boolean ended;
        private long wakeNanos;
        private @Nullable CountDownLatch latch;
        boolean woken;

        private Member(String name, @Nullable Thread thread) {
            this.name = name;
            this.thread = thread;
        }

        private boolean canGoOn() {
            return !ended
                    && (!waits
                            || woken
                            || (latch != null && latch.getCount() == 0)
                            || (wakeNanos != FOREVER && nowNanos - wakeNanos >= 0));
        }

        private void waitUntil(long timeoutNanos) {
            waits = true;
            wakeNanos = timeoutNanos >= FOREVER - nowNanos ? FOREVER : nowNanos + timeoutNanos;
        }

        private void goesOn() {
            waits = false;
            woken = false;
            latch = null;
        }
    }

    // The hand-over.

    /// By the running thread, when it could go on or has said what it waits for: another one may go first.
    private void handOver(Member me) {
        grantNext();
        awaitGrant(me);
    }

    private void grantNext() {
        Member next = choose();
        running = next;
        next.granted = true;
        next.turn.signalAll();
    }

    private void awaitGrant(Member me) {
        while (!me.granted) {
            me.turn.awaitUninterruptibly();
        }
        me.granted = false;
        me.goesOn();
    }

    private Member choose() {
        fireDueEvents();
        List<Member> ready = ready();
        while (ready.isEmpty() && !timeStands && jump()) {
            fireDueEvents();
            ready = ready();
        }
        if (broken != null) {
            return maker;
        }
        if (ready.isEmpty() || trace.turns() - turnsBefore > mostTurns) {
            stuck = true;
            return maker;
        }
        int[] numbers = new int[ready.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = ready.get(i).number;
        }
        return ready.get(choices.thread(numbers));
    }

    /// Those that can go on; the running one comes last.
    private List<Member> ready() {
        List<Member> ready = new ArrayList<>(members.size());
        int first = members.indexOf(running) + 1;
        for (int i = 0; i < members.size(); i++) {
            Member each = members.get((first + i) % members.size());
            if (each.canGoOn()) {
                ready.add(each);
            }
        }
        return ready;
    }

    private void fireDueEvents() {
        for (Event next = events.peek(); next != null && nowNanos >= next.atNanos; next = events.peek()) {
            events.remove();
            next.action.run();
        }
    }

    /// To the first moment at which somebody goes on or something comes about; false if there is none.
    private boolean jump() {
        Event event = events.peek();
        long first = event == null ? FOREVER : event.atNanos;
        boolean shardsToo = idleJumps < IDLE_JUMPS;
        for (Member each : members) {
            if (!each.ended && each.waits && (shardsToo || each.thread != null) && each.wakeNanos < first) {
                first = each.wakeNanos;
                event = null;
            }
        }
        if (first == FOREVER) {
            return false;
        }
        if (event == null) {
            idleJumps++;
        }
        nowNanos = Math.max(nowNanos, first);
        return true;
    }

    // By the running thread.

    long nanoTime() {
        return nowNanos;
    }

    Choices choices() {
        return choices;
    }

    /// A time between the two.
    long time(long leastNanos, long mostNanos) {
        long range = mostNanos - leastNanos;
        return range == 0 ? leastNanos : leastNanos + range * choices.amount(TIME_STEPS + 1) / TIME_STEPS;
    }

    /// Has something come about then.
    void at(long nanos, Runnable action) {
        events.add(new Event(nanos, eventsMade++, action));
    }

    /// A line in the log for something that no turn does.
    void note(String who, String what) {
        trace.note(nowNanos, who, what);
    }

    // Shards.

    SimulatedShard shard(String name) {
        SimulatedShard added = new SimulatedShard(name);
        add(added);
        return added;
    }

    /// The running one.
    ///
    /// @throws IllegalStateException if it is none
    SimulatedShard runningShard() {
        if (running instanceof SimulatedShard shard) {
            return shard;
        }
        throw new IllegalStateException("only a shard waits for sockets: thread=" + running.name);
    }

    /// Under the lock, since foreign threads look for themselves among the members.
    private void add(Member member) {
        lock.lock();
        try {
            members.add(member);
        } finally {
            lock.unlock();
        }
    }

    /// One shard of a system.
    final class SimulatedShard extends Member implements ConductedShard {
        private boolean ends;

        /// What others have handed to it, by their numbers; no list is empty. Under the lock. Its bound is that
        /// of a shard's lane, in whose place it stands.
        private final TreeMap<Integer, ArrayDeque<Object>> handed = new TreeMap<>();

        private SimulatedShard(String name) {
            super(name, null);
        }

        @Override
        public int beforePass() {
            lock.lock();
            try {
                if (running == this && !super.granted) {
                    handOver(this);
                } else {
                    awaitGrant(this);
                }
                checkInvariants();
                if (ends) {
                    return THE_END;
                }
                long passNanos = nowNanos + (choices.isTimeTaken() ? PASS_NANOS : 0);
                nowNanos = passNanos; // the running thread alone writes it
                return 1 + choices.amount(TURNS_PER_PASS);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public int entriesInPass() {
            return choices.amount(2) == 1 ? choices.amount(ENTRIES_PER_PASS) : Integer.MAX_VALUE;
        }

        @Override
        public int pick(int ready) {
            return choices.order(ready);
        }

        @Override
        public void taken(Object turn) {
            checkInvariants();
            idleJumps = 0;
            String what = turn instanceof Turn || turn instanceof Driver ? turn.toString() : "a blocked call goes on";
            trace.add(nowNanos, name, what);
        }

        @Override
        public void hand(Object entry) {
            lock.lock();
            try {
                handed.computeIfAbsent(running.number, _ -> new ArrayDeque<>()).add(entry);
                choices.handed(number);
                if (escape == null && isForeign()) {
                    escape = "a thread that is not simulated has acted on " + name + ": thread="
                            + Thread.currentThread();
                }
            } finally {
                lock.unlock();
            }
        }

        /// Whose comes next is drawn: of what several shards did at the same time, one came first.
        @Override
        public @Nullable Object nextEntry() {
            lock.lock();
            try {
                if (handed.isEmpty()) {
                    return null;
                }
                List<Integer> sources = List.copyOf(handed.keySet());
                int source = sources.get(choices.order(sources.size()));
                ArrayDeque<Object> entries = Objects.requireNonNull(handed.get(source));
                Object entry = entries.remove();
                if (entries.isEmpty()) {
                    handed.remove(source);
                }
                return entry;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public boolean hasEntries() {
            lock.lock();
            try {
                return !handed.isEmpty();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public Poller poller() {
            return new WaitingPoller(this);
        }

        /// Waits for this long, or to be [woken][#wake]; not at all if it has been since it waited last.
        void await(long timeoutNanos) {
            lock.lock();
            try {
                super.waitUntil(timeoutNanos);
                handOver(this);
            } finally {
                lock.unlock();
            }
        }

        /// Any thread.
        void wake() {
            lock.lock();
            try {
                woken = true;
            } finally {
                lock.unlock();
            }
        }

        /// Has it end as if its machine had: nothing more runs on it.
        void kill() {
            ends = true;
            wake();
        }

        boolean hasEnded() {
            return super.ended;
        }

        @Override
        public void ended() {
            leave(this);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /// On a shard the running one is a shard; else it is the thread that calls.
    private boolean isForeign() {
        Thread expected = running.thread;
        return expected == null ? Shard.current() == null : !expected.equals(Thread.currentThread());
    }

    private void leave(Member me) {
        lock.lock();
        try {
            me.ended = true;
            grantNext();
        } finally {
            lock.unlock();
        }
    }

    // Invariants.

    void keep(String what, BooleanSupplier holds) {
        invariants.add(new Invariant(what, holds));
    }

    /// Between two turns. What fails once is not looked at again.
    private void checkInvariants() {
        for (int i = 0; i < invariants.size() && broken == null; i++) {
            Invariant each = invariants.get(i);
            Throwable cause = null;
            try {
                if (each.holds.getAsBoolean()) {
                    continue;
                }
            } catch (Throwable e) {
                cause = e;
            }
            broken = new AssertionError(
                    "an invariant does not hold: " + each.what + ", after the turns\n" + trace, cause);
            invariants.clear();
        }
    }

    // Other threads.

    void start(String name, Runnable work) {
        Thread thread = Thread.ofPlatform().name(name).daemon().unstarted(() -> join(work));
        add(new Member("thread " + name, thread));
        thread.start();
    }

    private void join(Runnable work) {
        Member me = caller();
        lock.lock();
        try {
            awaitGrant(me);
        } finally {
            lock.unlock();
        }
        try {
            work.run();
        } finally {
            leave(me);
        }
    }

    boolean await(CountDownLatch latch, long atMostNanos) throws InterruptedException {
        Member me = caller();
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (latch.getCount() > 0 && atMostNanos > 0 && !isWaitedFor(me, latch, atMostNanos)) {
            throw new StuckException(explain());
        }
        AssertionError failure = broken;
        if (failure != null && me.equals(maker)) {
            broken = null;
            throw failure;
        }
        return latch.getCount() == 0;
    }

    /// Returns false if the caller is the maker, and nothing can go on or is ever done.
    private boolean isWaitedFor(Member me, CountDownLatch latch, long atMostNanos) {
        lock.lock();
        try {
            if (me.equals(maker)) {
                turnsBefore = trace.turns();
                idleJumps = 0;
            }
            me.latch = latch;
            me.waitUntil(atMostNanos);
            handOver(me);
            boolean inVain = stuck && me.equals(maker) && !explains;
            stuck &= !me.equals(maker);
            return !inVain;
        } finally {
            lock.unlock();
        }
    }

    /// Looks at the system, which goes on meanwhile; not a second time if it is stuck in that.
    private String explain() {
        explains = true;
        try {
            return explanation.get();
        } finally {
            explains = false;
        }
    }

    /// What is said when nothing can go on.
    void explainBy(Supplier<String> text) {
        explanation = text;
    }

    /// Has everything run, by the maker, until nothing goes on.
    void settle() {
        lock.lock();
        try {
            idleJumps = IDLE_JUMPS;
            maker.waitUntil(FOREVER);
            handOver(maker);
            stuck = false;
        } finally {
            lock.unlock();
        }
    }

    /// Has everything run, by the maker, for so long, and then whatever goes on without more time.
    ///
    /// @return false, and everything stands still, if that would take more turns
    boolean pass(long nanos, long turns) {
        lock.lock();
        try {
            turnsBefore = trace.turns();
            mostTurns = turns;
            idleJumps = 0;
            maker.waitUntil(nanos);
            handOver(maker);
            timeStands = true;
            maker.waitUntil(FOREVER);
            handOver(maker);
            stuck = false;
            return trace.turns() - turnsBefore <= turns;
        } finally {
            timeStands = false;
            mostTurns = MOST_TURNS;
            lock.unlock();
        }
    }

    /// @throws IllegalStateException if the caller is another thread than the one that made this
    void requireMaker() {
        if (!maker.equals(callerOrNull())) {
            throw new IllegalStateException("a simulation is for the thread that has made it: thread="
                    + Thread.currentThread() + ", made by=" + maker.thread);
        }
    }

    private Member caller() {
        Member me = callerOrNull();
        if (me == null) {
            throw new IllegalStateException("only the thread that has made a simulation waits for it: thread="
                    + Thread.currentThread() + ", made by=" + maker.thread);
        }
        return me;
    }

    private @Nullable Member callerOrNull() {
        lock.lock();
        try {
            for (Member each : members) {
                if (Thread.currentThread().equals(each.thread)) {
                    return each;
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /// What a thread that does not belong to the simulation has done first; null if there was none.
    @Nullable
    String escape() {
        lock.lock();
        try {
            return escape;
        } finally {
            lock.unlock();
        }
    }

    /// Waits for time, or to be woken.
    private static final class WaitingPoller implements Poller {
        private final SimulatedShard shard;

        WaitingPoller(SimulatedShard shard) {
            this.shard = shard;
        }

        @Override
        public int poll(long timeoutNanos) {
            if (timeoutNanos > 0) {
                shard.await(timeoutNanos);
            }
            return 0;
        }

        @Override
        public void wakeup() {
            shard.wake();
        }

        @Override
        public void close() {}
    }
}
