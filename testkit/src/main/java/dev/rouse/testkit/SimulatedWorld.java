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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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

    private static final long FOREVER = Long.MAX_VALUE;

    private final ReentrantLock lock = new ReentrantLock();
    private final List<Member> members = new ArrayList<>();
    private final SplittableRandom random;
    private final Trace trace;
    private final Member maker;
    private Member running;

    /// Written by the running thread; volatile for threads that are not simulated.
    private volatile long nowNanos;

    private boolean stuck;
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

    /// Thrown where the maker waits for what never comes.
    static final class NothingGoesOn extends RuntimeException {
        private static final long serialVersionUID = 1L;
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
        if (ready.isEmpty()) {
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
        long first = FOREVER;
        for (Member each : members) {
            if (!each.ended && each.waits) {
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
    public Poller poller(int shard) {
        Member added = new Member("shard-" + shard, null);
        members.add(added);
        return new WaitingPoller(added);
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
        members.add(new Member("thread " + name, thread));
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
        Member me = callerOrNull();
        if (me == null) {
            return latch.await(atMostNanos, TimeUnit.NANOSECONDS);
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        lock.lock();
        try {
            if (latch.getCount() > 0 && atMostNanos > 0) {
                me.latch = latch;
                me.waitUntil(atMostNanos);
                handOver(me);
            }
            if (stuck && me == maker) {
                stuck = false;
                throw new NothingGoesOn();
            }
            return latch.getCount() == 0;
        } finally {
            lock.unlock();
        }
    }

    private Member caller() {
        Member me = callerOrNull();
        if (me == null) {
            throw new IllegalStateException("not a thread of the simulation: thread=" + Thread.currentThread());
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
                if (escape == null && isForeign()) {
                    escape = "a thread that is not simulated has acted on " + shard.name + ": thread="
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
        public void close() {}
    }
}
