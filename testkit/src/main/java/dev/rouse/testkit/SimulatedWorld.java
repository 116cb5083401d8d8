package dev.rouse.testkit;

import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Turn;
import dev.rouse.dispatch.spi.Conductor;
import dev.rouse.dispatch.spi.Poller;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The machine that a simulated system runs on: only one of its threads runs at any moment, and which one, when several
/// could, is drawn from the seed.
///
/// Its threads are the shards, the thread that made the simulation, and those that the system starts beside the shards.
/// One of them is *running*: it alone draws, reads and moves the time, and writes the log, so that all of that is the
/// same whenever the seed is. It hands over at the begin of a pass, and when it waits. When all wait, time jumps to
/// where the first of them goes on.
///
/// All state belongs to the running thread; `lock` guards the hand-over, and what foreign threads may do: wake a shard.
final class SimulatedWorld implements Conductor {
    /// What a pass of a shard takes, so that time goes on for those who measure it while they work. A guess.
    private static final long PASS_NANOS = 1_000;

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
    private final SplittableRandom random;
    private final Trace trace;
    private final Member maker;
    private Member running;

    /// Written by the running thread; volatile for threads that are not simulated.
    private volatile long nowNanos;

    private int idleJumps;
    private long turnsBefore;
    private boolean stuck;
    private boolean explains;
    private Supplier<String> explanation = () -> "";
    private @Nullable String escape;

    SimulatedWorld(long seed, Trace trace) {
        this.random = new SplittableRandom(seed);
        this.trace = trace;
        this.maker = new Member("test", Thread.currentThread());
        this.running = maker;
        members.add(maker);
    }

    /// One thread of the simulation or, of a shard, whichever thread has it.
    private final class Member {
        final String name;
        final @Nullable Thread thread;
        final Condition turn = lock.newCondition();
        boolean granted;
        boolean waits;
        boolean woken;
        boolean ended;
        long wakeNanos;

        @Nullable
        CountDownLatch latch;

        Member(String name, @Nullable Thread thread) {
            this.name = name;
            this.thread = thread;
        }

        boolean canGoOn() {
            return !ended
                    && (!waits
                            || woken
                            || (latch != null && latch.getCount() == 0)
                            || (wakeNanos != FOREVER && nowNanos - wakeNanos >= 0));
        }

        void waitUntil(long timeoutNanos) {
            waits = true;
            wakeNanos = timeoutNanos >= FOREVER - nowNanos ? FOREVER : nowNanos + timeoutNanos;
        }

        void goesOn() {
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
        List<Member> ready = ready();
        if (ready.isEmpty() && jump()) {
            ready = ready();
        }
        if (ready.isEmpty() || trace.turns() - turnsBefore > MOST_TURNS) {
            stuck = true;
            return maker;
        }
        return ready.get(ready.size() == 1 ? 0 : random.nextInt(ready.size()));
    }

    private List<Member> ready() {
        return members.stream().filter(Member::canGoOn).toList();
    }

    /// To the first moment at which somebody goes on; false if there is none.
    private boolean jump() {
        boolean shardsToo = idleJumps++ < IDLE_JUMPS;
        long first = FOREVER;
        for (Member each : members) {
            if (!each.ended && each.waits && (shardsToo || each.thread != null)) {
                first = Math.min(first, each.wakeNanos);
            }
        }
        if (first == FOREVER) {
            return false;
        }
        nowNanos = Math.max(nowNanos, first);
        return true;
    }

    // Conductor.

    @Override
    public long nanoTime() {
        return nowNanos;
    }

    @Override
    public int pick(int ready) {
        return random.nextInt(ready);
    }

    @Override
    public void taken(Object turn) {
        idleJumps = 0;
        String name = turn instanceof Turn || turn instanceof Driver ? turn.toString() : "a blocked call goes on";
        trace.add(nowNanos, running.name, name);
    }

    @Override
    public int beforePass(int shard) {
        lock.lock();
        try {
            Member me = shard(shard);
            if (running == me && !me.granted) {
                handOver(me);
            } else {
                awaitGrant(me);
            }
            long passNanos = nowNanos + PASS_NANOS;
            nowNanos = passNanos; // the running thread alone writes it
            return 1 + random.nextInt(TURNS_PER_PASS);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int entriesInPass() {
        return random.nextInt(ENTRIES_PER_PASS);
    }

    @Override
    public void entered(int shard) {
        lock.lock();
        try {
            if (escape == null && isForeign()) {
                escape = "a thread that is not simulated has acted on shard-" + shard + ": thread="
                        + Thread.currentThread();
            }
        } finally {
            lock.unlock();
        }
    }

    /// On a shard the running one is a shard; else it is the thread that calls.
    private boolean isForeign() {
        Thread expected = running.thread;
        return expected == null ? Shard.current() == null : !expected.equals(Thread.currentThread());
    }

    @Override
    public Poller poller(int shard) {
        Member added = new Member("shard-" + shard, null);
        add(added);
        return new WaitingPoller(added);
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

    /// The maker is the first member, and the shards come next.
    private Member shard(int index) {
        return members.get(1 + index);
    }

    @Override
    public void ended(int shard) {
        leave(shard(shard));
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

    @Override
    public void start(String name, Runnable work) {
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

    @Override
    public boolean await(CountDownLatch latch, long atMostNanos) throws InterruptedException {
        Member me = caller();
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (latch.getCount() > 0 && atMostNanos > 0 && !isWaitedFor(me, latch, atMostNanos)) {
            throw new StuckException(explain());
        }
        return latch.getCount() == 0;
    }

    /// Returns false if the caller is the maker, and nothing can go on or is ever done.
    private boolean isWaitedFor(Member me, CountDownLatch latch, long atMostNanos) {
        lock.lock();
        try {
            if (me == maker) {
                turnsBefore = trace.turns();
                idleJumps = 0;
            }
            me.latch = latch;
            me.waitUntil(atMostNanos);
            handOver(me);
            boolean inVain = stuck && me == maker && !explains;
            stuck &= me != maker;
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

    /// @throws IllegalStateException if the caller is another thread than the one that made this
    void requireMaker() {
        if (callerOrNull() != maker) {
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
    private final class WaitingPoller implements Poller {
        private final Member shard;

        WaitingPoller(Member shard) {
            this.shard = shard;
        }

        @Override
        public int poll(long timeoutNanos) {
            if (timeoutNanos > 0) {
                lock.lock();
                try {
                    shard.waitUntil(timeoutNanos);
                    handOver(shard);
                } finally {
                    lock.unlock();
                }
            }
            return 0;
        }

        @Override
        public void wakeup() {
            lock.lock();
            try {
                shard.woken = true;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {}
    }
}
